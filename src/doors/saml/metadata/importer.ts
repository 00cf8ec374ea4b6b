import { readFile } from 'node:fs/promises';
import type { DoorPorts } from '../../../core/door.ts';
import { type Compiled, load, loadOnce, MetadataFault, type ServiceProvider, Snapshot } from '../../../saml/index.ts';
import { meantBy } from '../response/attribute-names.ts';
import { type AttributeTable, attributeTable } from '../response/attribute-table.ts';
import { unmatchedIn } from '../response/release.ts';

/** What a metadata document holds, without anything being changed. */
export interface Found extends Pick<Compiled, 'refused' | 'refusedCount' | 'others' | 'validUntil'> {
  count: number;
  /** The first of them. */
  providers: ServiceProvider[];
  /** Whether its signature was checked. */
  verified: boolean;
  /** Of each of those, by entityID: what it requests that is known here, by FriendlyName, and what isn't. */
  requests: ReadonlyMap<string, Requests>;
}

export interface Requests {
  known: readonly string[];
  unmatched: readonly string[];
}

/** What `saml import` asks of the door. */
export interface Importer {
  /**
   * Reads metadata from an absolute path or an http(s) address. `certificate`: absolute path of a PEM file.
   *
   * @throws MetadataFault with the reason why it can't be read or used
   */
  read(location: string, certificate: string | undefined, most: number): Promise<Found>;
}

export function createImporter(
  { fetch, now }: Pick<DoorPorts, 'fetch' | 'now'>,
  table: AttributeTable = attributeTable({}),
): Importer {
  return {
    async read(location, certificateFile, most) {
      const certificate = certificateFile === undefined ? undefined : await pemOf(certificateFile);
      const task = { now: now(), ...(certificate !== undefined && { certificate }) };
      const compiled = await (isAddress(location)
        ? loadOnce(fetch, location, task)
        : load({ ...task, file: location }).catch(explained(location)));
      const { bytes, count, refused, refusedCount, others, validUntil } = compiled;
      const snapshot = new Snapshot(bytes, count);
      const rows = Array.from({ length: Math.min(count, most) }, (_, row) => snapshot.at(row));
      const providers = rows.filter((row) => row !== undefined);
      const requests = new Map(providers.map((provider) => [provider.entityId, requestsOf(provider, table)]));
      const facts = { requests, count, providers, refused, refusedCount, others, verified: certificate !== undefined };
      return { ...facts, ...(validUntil !== undefined && { validUntil }) };
    },
  };
}

function requestsOf(provider: ServiceProvider, table: AttributeTable): Requests {
  const requested = provider.attributeConsumingServices.flatMap(({ attributes }) => attributes);
  const known = new Set(requested.map((wish) => meantBy(wish, table)).filter((name) => name !== undefined));
  return { known: [...known], unmatched: unmatchedIn(provider, table) };
}

export function isAddress(location: string): boolean {
  return /^https?:\/\//i.test(location);
}

async function pemOf(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(explained(file));
}

function explained(file: string): (error: unknown) => never {
  return (cause) => {
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof MetadataFault || code === undefined) throw cause;
    throw new MetadataFault(`${file} can't be read: ${code}`, { cause });
  };
}
