import { type Application, MEMBER_SEPARATOR } from '../../../core/application.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { Party, ServiceProvider } from '../model.ts';
import type { MetadataSource } from '../settings.ts';
import { missingFrom, reasonOf } from './fault.ts';
import type { ConfiguredApplication, MetadataPorts, Source, SourceHealth } from './ports.ts';
import { createFileSource } from './sources/file.ts';
import { createMdqSource } from './sources/mdq.ts';
import { createUrlSource } from './sources/url.ts';

/** Service providers that may sign in here, wherever their metadata comes from. */
export interface Parties {
  party(entityId: string): Promise<Party | undefined>;
  ofApplication(application: string): Promise<Party | undefined>;
  /** The application of a federation's member, `<configured>:<entityID>`; configured ones aren't found here. */
  application(id: string): Promise<Application | undefined>;
  health(): SourceHealth[];
  /** Looks at every source now, as a reload does. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** Between the id of a federation and the entityID of its member, as `configuredId` takes it apart. */

interface Entry {
  application: ConfiguredApplication;
  source: Source;
}

/**
 * Opens the sources of all applications of this door.
 *
 * @throws SallyportError ERR_CONFIG with all faults that only the operator can put right, one per line
 */
export async function createParties(options: {
  applications: readonly ConfiguredApplication[];
  ports: MetadataPorts;
}): Promise<Parties> {
  const entries = options.applications.map((application) => ({
    application,
    source: sourceOf(application.id, application.settings.metadata, options.ports),
  }));
  const parties = new Registry(entries);
  try {
    await parties.start();
  } catch (error) {
    await parties.close();
    throw error;
  }
  return parties;
}

function sourceOf(application: string, source: MetadataSource, ports: MetadataPorts): Source {
  if ('file' in source) {
    const { file, certificate } = source;
    return createFileSource(application, { file, ...(certificate !== undefined && { certificate }) }, ports);
  }
  return 'url' in source ? createUrlSource(application, source, ports) : createMdqSource(application, source, ports);
}

class Registry implements Parties {
  readonly #entries: readonly Entry[];
  /** Configured one by one, in that order; and federations. */
  readonly #singles: readonly Entry[];
  readonly #federations: readonly Entry[];
  #byEntity = new Map<string, Entry>();
  /** Of the sources, when that was made. */
  #revision = -1;
  readonly #members = new WeakMap<ServiceProvider, Application>();

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    this.#singles = entries.filter(({ application }) => !application.settings.federation);
    this.#federations = entries.filter(({ application }) => application.settings.federation);
  }

  async start(): Promise<void> {
    const results = await Promise.allSettled(this.#entries.map(({ source }) => source.start()));
    const faults = results.flatMap((result, at) =>
      result.status === 'rejected' ? [faultLine(this.#entries[at], reasonOf(result.reason))] : [],
    );
    if (faults.length === 0) faults.push(...(await this.#singleFaults()));
    if (faults.length > 0) throw new SallyportError('ERR_CONFIG', faults.join('\n'));
  }

  async party(entityId: string): Promise<Party | undefined> {
    // Whoever asks may be anybody: entity ids are of at most 1024 characters (saml-metadata section 2.2.1).
    if (entityId.length > 1024 || !entityId.isWellFormed()) return undefined;
    const single = this.#single(entityId);
    if (single !== undefined) {
      // Also where its metadata isn't there: no federation's may stand in for what the operator named.
      const provider = await single.source.find(entityId);
      return provider && { application: single.application.id, provider };
    }
    for (const { application, source } of this.#federations) {
      const provider = await source.find(entityId);
      if (provider !== undefined) return { application: `${application.id}${MEMBER_SEPARATOR}${entityId}`, provider };
    }
    return undefined;
  }

  async ofApplication(id: string): Promise<Party | undefined> {
    const member = memberOf(id);
    if (member !== undefined) {
      const party = await this.party(member.entityId);
      return party?.application === id ? party : undefined;
    }
    const entry = this.#singles.find(({ application }) => application.id === id);
    const provider = entry && (await providerOf(entry));
    return provider && { application: id, provider };
  }

  async application(id: string): Promise<Application | undefined> {
    const member = memberOf(id);
    const configured = this.#federations.find(({ application }) => application.id === member?.configured);
    if (member === undefined || configured === undefined) return undefined;
    const party = await this.ofApplication(id);
    if (party === undefined) return undefined;
    const known = this.#members.get(party.provider);
    if (known !== undefined) return known;
    const made = memberApplication(id, configured.application, party.provider);
    this.#members.set(party.provider, made);
    return made;
  }

  health(): SourceHealth[] {
    return this.#entries.map(({ source }) => source.health());
  }

  async refresh(): Promise<void> {
    await Promise.all(this.#entries.map(({ source }) => source.refresh()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#entries.map(({ source }) => source.close()));
  }

  /** The application that is configured for this entity alone, as far as that is known. */
  #single(entityId: string): Entry | undefined {
    const revision = this.#singles.reduce((sum, { source }) => sum + source.revision(), 0);
    if (revision !== this.#revision) {
      this.#revision = revision;
      // The first of two that claim the same comes last, and so stays.
      const known = this.#singles.toReversed().flatMap((entry): [string, Entry][] => {
        const id = entry.application.settings.entityId ?? entry.source.soleId();
        return id === undefined ? [] : [[id, entry]];
      });
      this.#byEntity = new Map(known);
    }
    return this.#byEntity.get(entityId);
  }

  /** What can be seen once files are read: a service provider that isn't there, or that two applications claim. */
  async #singleFaults(): Promise<string[]> {
    const faults: string[] = [];
    const claimed = new Map<string, string>();
    for (const entry of this.#singles) {
      const { id, settings } = entry.application;
      const provider = await providerOf(entry);
      // A file is the operator's; what the network doesn't bring today it may bring tomorrow. Which of several is
      // meant only the operator can say.
      const several = (entry.source.health().providers ?? 0) > 1 && settings.entityId === undefined;
      if (provider === undefined && ('file' in settings.metadata || several)) {
        faults.push(faultLine(entry, missing(entry)));
      }
      const entityId = provider?.entityId ?? settings.entityId;
      if (entityId === undefined) continue;
      const other = claimed.get(entityId);
      if (other !== undefined) faults.push(faultLine(entry, `is ${entityId}, as applications.${other} is`, 'entityId'));
      claimed.set(entityId, id);
    }
    return faults;
  }
}

function faultLine(entry: Entry | undefined, message: string, path = 'metadata'): string {
  return `applications.${entry?.application.id}.saml.${path}: ${message}`;
}

function missing({ application: { settings }, source }: Entry): string {
  return missingFrom(source.health().providers ?? 0, settings.entityId);
}

async function providerOf({ application: { settings }, source }: Entry): Promise<ServiceProvider | undefined> {
  return settings.entityId === undefined ? source.sole() : source.find(settings.entityId);
}

/** An entityID may hold the separator, an application's id never does. */
function memberOf(id: string): { configured: string; entityId: string } | undefined {
  const at = id.indexOf(MEMBER_SEPARATOR);
  if (at === -1) return undefined;
  return { configured: id.slice(0, at), entityId: id.slice(at + MEMBER_SEPARATOR.length) };
}

/** A member inherits what is configured for its federation; what it is called it says itself. */
function memberApplication(id: string, configured: ConfiguredApplication, provider: ServiceProvider): Application {
  const { displayName, description, informationUrl } = provider;
  const { homepage: _homepage, description: _description, ...inherited } = configured;
  const [homepage] = typeof informationUrl === 'object' ? Object.values(informationUrl) : [informationUrl];
  return {
    ...inherited,
    id,
    name: displayName ?? provider.entityId,
    ...(description !== undefined && { description }),
    ...(homepage !== undefined && { homepage }),
  };
}
