import { statSync } from 'node:fs';
import type { Trouble } from '../../../core/trouble.ts';
import { Holding, load, MetadataFault, reasonOf, type SourceHealth } from '../../../saml/index.ts';
import { attributeTable } from '../response/attribute-table.ts';
import type { SamlSettings } from '../settings.ts';
import type { ConfiguredApplication } from './configured.ts';
import { type Standing, troublesOf } from './troubles.ts';
import { unmatchedTrouble } from './unmatched.ts';

/**
 * What can be said before a start of metadata in files: what others wrote is no fault of the configuration, and an
 * operator wants to know of it all the same. Nothing is fetched; `now` is epoch milliseconds.
 */
export async function reviewApplications(
  applications: readonly ConfiguredApplication[],
  settings: Pick<SamlSettings, 'attributes' | 'warnBefore'>,
  now: number,
): Promise<Trouble[]> {
  const table = attributeTable(settings.attributes);
  const owners = new Map(applications.flatMap(({ id, settings: { entityId } }) => (entityId ? [[entityId, id]] : [])));
  const found: Trouble[] = [];
  for (const application of applications) {
    const standing = await standingOf(application, now);
    const { provider } = standing;
    const owner = provider && owners.get(provider.entityId);
    if (provider) owners.set(provider.entityId, owner ?? application.id);
    const { id, settings: own } = application;
    if (owner !== undefined && owner !== id) {
      const reason = `it is ${provider?.entityId}, which is applications.${owner}’s`;
      found.push({ application: id, state: 'unavailable', about: 'metadata', reason });
      continue;
    }
    found.push(...troublesOf(standing, now, settings.warnBefore));
    if (provider) found.push(...unmatchedTrouble(id, provider, own, table));
  }
  return found;
}

async function standingOf({ id, settings }: ConfiguredApplication, now: number): Promise<Standing> {
  const { metadata, federation } = settings;
  const { certificate } = metadata;
  const common = { application: id, federation, ...(certificate !== undefined && { certificate }) };
  // Of what is to be fetched nothing is known yet.
  if (!('file' in metadata)) return { ...common, health: { kind: 'mdq', location: '' } };
  const health: SourceHealth = { kind: 'file', location: metadata.file };
  try {
    const compiled = await load({ file: metadata.file, ...(certificate !== undefined && { certificate }), now });
    const holding = new Holding(compiled, () => now);
    const entityId = settings.entityId ?? holding.soleId();
    const provider = entityId === undefined ? undefined : holding.find(entityId);
    const { validUntil, refused, count: providers } = compiled;
    return {
      ...common,
      health: { ...health, providers, refused, ...(validUntil !== undefined && { validUntil }) },
      ...(entityId !== undefined && { entityId }),
      ...(provider !== undefined && !federation && { provider }),
    };
  } catch (error) {
    const lapsed = error instanceof MetadataFault && error.lapsed;
    const failure = { at: now, since: changedAt(metadata.file) ?? now, reason: explained(error, metadata.file) };
    return { ...common, health: { ...health, failure: { ...failure, ...(lapsed && { lapsed }) } } };
  }
}

function changedAt(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

function explained(error: unknown, file: string): string {
  const { code } = error as NodeJS.ErrnoException;
  return error instanceof MetadataFault || code === undefined
    ? reasonOf(error)
    : `the file ${file} can't be read: ${code}`;
}
