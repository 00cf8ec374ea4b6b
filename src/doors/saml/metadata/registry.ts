import { type Application, MEMBER_SEPARATOR } from '../../../core/application.ts';
import type { Asker } from '../../../core/strangers.ts';
import { minute, type Trouble } from '../../../core/trouble.ts';
import {
  createSource,
  MetadataFault,
  type ServiceProvider,
  type Source,
  type SourceHealth,
} from '../../../saml/index.ts';
import type { Absence } from '../absent.ts';
import type { Party } from '../party.ts';
import { type AttributeTable, attributeTable } from '../response/attribute-table.ts';
import type { ConfiguredApplication, RegistryPorts } from './configured.ts';
import { Members } from './members.ts';
import { missingFrom } from './missing.ts';
import { Owners } from './owners.ts';
import { createPins } from './pins.ts';
import { type Standing, troublesOf } from './troubles.ts';
import { unmatchedTrouble } from './unmatched.ts';

/** How the source of an application stands. */
export type ApplicationHealth = SourceHealth & { application: string };

/** Service providers that may sign in here, wherever their metadata comes from. */
export interface Parties {
  party(entityId: string, by?: Asker): Promise<Party | undefined>;
  /** The same of whoever's metadata is at hand: it isn't asked for. */
  held(entityId: string): Promise<Party | undefined>;
  ofApplication(application: string): Promise<Party | undefined>;
  /** The application of a federation's member, `<configured>:<entityID>`; configured ones aren't found here. */
  application(id: string): Promise<Application | undefined>;
  health(): ApplicationHealth[];
  /** What is wrong with the metadata of applications, or soon will be. Asks nobody. */
  troubles(): Trouble[];
  /** Why `party` finds nobody, where that is an entity of ours. */
  absence(entityId: string): Absence | undefined;
  /** The same by the id of an application. */
  absenceOf(application: string): Absence | undefined;
  /** Looks at every source now. */
  refresh(): Promise<void>;
  /** Forgets what was read of who stands for which entity, and reads it again, though no document has changed. */
  reread(): Promise<void>;
  /**
   * Takes what the source of an application describes now, whatever it was pinned to; or, for a federation's member,
   * makes that federation the one that answers for the entity. Answers before and after.
   *
   * @throws MetadataFault where that can't be done; everything stays as it was
   */
  repin(application: string): Promise<{ from: string | undefined; to: string }>;
  close(): Promise<void>;
}

interface Entry {
  application: ConfiguredApplication;
  source: Source;
}

export interface PartyOptions {
  applications: readonly ConfiguredApplication[];
  ports: RegistryPorts;
  /** How long before an end it is told, milliseconds. */
  warnBefore?: number;
  /** Attributes that can be sent; the built-in ones by default. */
  table?: AttributeTable;
}

/** Opens the sources of all applications of this door. What is wrong with a document of others is no reason not to. */
export async function createParties(options: PartyOptions): Promise<Parties> {
  const { applications, ports } = options;
  const owners = new Owners(applications, createPins(ports), ports.now);
  const members = new Members(ports);
  const forSources = { ...ports, about: (application: string) => ({ application }) };
  const entries = applications.map((application) => ({
    application,
    source: createSource(application.id, application.settings.metadata, forSources, owners.admit(application.id)),
  }));
  const parties = new Registry(entries, owners, members, ports, options);
  await parties.start();
  return parties;
}

class Registry implements Parties {
  readonly #entries: readonly Entry[];
  readonly #owners: Owners;
  readonly #members: Members;
  readonly #ports: RegistryPorts;
  readonly #warnBefore: number;
  readonly #table: AttributeTable;
  readonly #singles: ReadonlyMap<string, Entry>;
  /** In the order of the configuration. */
  readonly #federations: readonly Entry[];
  readonly #applications = new WeakMap<ServiceProvider, Application>();

  constructor(
    entries: readonly Entry[],
    owners: Owners,
    members: Members,
    ports: RegistryPorts,
    options: PartyOptions,
  ) {
    this.#entries = entries;
    this.#owners = owners;
    this.#members = members;
    this.#ports = ports;
    this.#warnBefore = options.warnBefore ?? 0;
    this.#table = options.table ?? attributeTable({});
    const singles = entries.filter(({ application }) => !application.settings.federation);
    this.#singles = new Map(singles.map((entry) => [entry.application.id, entry]));
    this.#federations = entries.filter(({ application }) => application.settings.federation);
  }

  async start(): Promise<void> {
    await this.#owners.start();
    const [near, far] = [this.#entries.filter(isFile), this.#entries.filter((entry) => !isFile(entry))];
    // Of two files that claim the same, the first in the configuration has it.
    for (const { source } of near) await source.start();
    await Promise.all(far.map(({ source }) => source.start()));
  }

  async party(entityId: string, by?: Asker): Promise<Party | undefined> {
    // Whoever asks may be anybody: entity ids are of at most 1024 characters (saml-metadata section 2.2.1).
    if (entityId.length > 1024 || !entityId.isWellFormed()) return undefined;
    const owner = this.#owners.ownerOf(entityId);
    if (owner !== undefined) {
      // Also where its metadata isn't there: no federation's may stand in for what the operator named.
      const provider = await this.#singles.get(owner)?.source.find(entityId, by);
      return provider && { application: owner, provider };
    }
    return this.#member(entityId, by);
  }

  async held(entityId: string): Promise<Party | undefined> {
    const owner = this.#owners.ownerOf(entityId);
    const entry = owner === undefined ? undefined : this.#singles.get(owner);
    const sources = owner === undefined ? this.#federations : entry ? [entry] : [];
    return sources.some(({ source }) => source.held(entityId)) ? this.party(entityId) : undefined;
  }

  async ofApplication(id: string): Promise<Party | undefined> {
    const member = memberOf(id);
    const entityId = member?.entityId ?? this.#owners.entityOf(id);
    const party = entityId === undefined ? undefined : await this.party(entityId);
    return party?.application === id ? party : undefined;
  }

  async application(id: string): Promise<Application | undefined> {
    const member = memberOf(id);
    const configured = this.#federations.find(({ application }) => application.id === member?.configured);
    if (member === undefined || configured === undefined) return undefined;
    const party = await this.ofApplication(id);
    if (party === undefined) return undefined;
    const known = this.#applications.get(party.provider);
    if (known !== undefined) return known;
    const made = memberApplication(id, configured.application, party.provider);
    this.#applications.set(party.provider, made);
    return made;
  }

  health(): ApplicationHealth[] {
    return this.#entries.map(({ application: { id }, source }) => ({ application: id, ...source.health() }));
  }

  troubles(): Trouble[] {
    const now = this.#ports.now();
    return this.#entries.flatMap((entry) => {
      const standing = this.#standing(entry);
      const { provider } = standing;
      const { settings } = entry.application;
      const gaps = provider && unmatchedTrouble(entry.application.id, provider, settings, this.#table);
      return [...troublesOf(standing, now, this.#warnBefore), ...(gaps ?? [])];
    });
  }

  absence(entityId: string): Absence | undefined {
    const owner = this.#owners.ownerOf(entityId) ?? this.#lapsedOwner(entityId);
    const single = owner === undefined ? undefined : this.#singles.get(owner);
    if (single !== undefined) {
      const [trouble] = troublesOf(this.#standing(single), this.#ports.now(), 0);
      if (trouble?.state !== 'unavailable') return undefined;
      const { application, reason, until } = trouble;
      return { application, reason, ...(until !== undefined && { ended: until }) };
    }
    for (const { application, source } of this.#federations) {
      const ended = source.endedAt(entityId);
      const id = `${application.id}${MEMBER_SEPARATOR}${entityId}`;
      if (ended !== undefined) return { application: id, ended, reason: `its metadata expired on ${minute(ended)}` };
    }
    return undefined;
  }

  absenceOf(id: string): Absence | undefined {
    const entityId = memberOf(id)?.entityId ?? this.#owners.entityOf(id);
    return entityId === undefined ? undefined : this.absence(entityId);
  }

  async refresh(): Promise<void> {
    await Promise.all(this.#entries.map(({ source }) => source.refresh()));
  }

  async reread(): Promise<void> {
    this.#members.forget();
    await Promise.all([...this.#singles.values()].map(({ source }) => source.refresh({ anew: true })));
  }

  async repin(id: string): Promise<{ from: string | undefined; to: string }> {
    const member = memberOf(id);
    return member ? this.#moveMember(member.configured, member.entityId) : this.#repinSingle(id);
  }

  async close(): Promise<void> {
    await Promise.all(this.#entries.map(({ source }) => source.close()));
  }

  /** Of one that never had metadata in force: what came had ended by then, and says of itself whose it is. */
  #lapsedOwner(entityId: string): string | undefined {
    const lapsed = [...this.#singles.values()].find(({ application, source }) => {
      const known = this.#owners.entityOf(application.id) !== undefined;
      return !known && source.health().failure?.lapsed?.entityId === entityId;
    });
    return lapsed?.application.id;
  }

  #standing({ application: { id, settings }, source }: Entry): Standing {
    const health = source.health();
    const entityId = this.#owners.entityOf(id);
    const provider = entityId === undefined ? undefined : source.held(entityId);
    const endedAt = entityId === undefined ? undefined : source.endedAt(entityId);
    const { certificate } = settings.metadata;
    return {
      ...{ application: id, health, federation: settings.federation },
      ...(entityId !== undefined && { entityId }),
      ...(provider !== undefined && { provider }),
      ...(endedAt !== undefined && { endedAt }),
      ...(certificate !== undefined && { certificate }),
    };
  }

  /** A federation's member. Where there are several, the one at which it was first met answers for it from then on. */
  async #member(entityId: string, by?: Asker): Promise<Party | undefined> {
    const owner = this.#federations.length > 1 ? await this.#members.of(entityId) : undefined;
    const isThere = this.#federations.some(({ application }) => application.id === owner);
    for (const { application, source } of this.#federations) {
      if (isThere && application.id !== owner) continue;
      const provider = await source.find(entityId, by);
      if (provider === undefined) continue;
      if (this.#federations.length > 1 && !isThere) await this.#members.settle(entityId, application.id, owner);
      return { application: `${application.id}${MEMBER_SEPARATOR}${entityId}`, provider };
    }
    return undefined;
  }

  async #repinSingle(id: string): Promise<{ from: string | undefined; to: string }> {
    const entry = this.#singles.get(id);
    if (entry === undefined) throw new MetadataFault(`there is no SAML application ${id} of its own`);
    const { entityId } = entry.application.settings;
    if (entityId !== undefined) throw new MetadataFault(`its entityID is configured (${entityId}): change it there`);
    const pin = await this.#owners.release(id);
    await entry.source.refresh({ anew: true });
    const to = this.#owners.entityOf(id);
    if (to !== undefined) {
      await this.#ports.audit.commit({
        event: 'metadata.repinned',
        application: id,
        by: 'cli',
        ...(pin && { from: pin.entityId }),
        to,
      });
      return { from: pin?.entityId, to };
    }
    if (pin) await this.#owners.restore(id, pin);
    throw new MetadataFault(entry.source.health().failure?.reason ?? 'its metadata describes no service provider');
  }

  async #moveMember(federation: string, entityId: string): Promise<{ from: string | undefined; to: string }> {
    const entry = this.#federations.find(({ application }) => application.id === federation);
    if (entry === undefined) throw new MetadataFault(`there is no federation ${federation}`);
    if ((await entry.source.find(entityId)) === undefined) {
      throw new MetadataFault(`${federation} ${missingFrom(0, entityId)}`);
    }
    const from = await this.#members.of(entityId);
    await this.#members.settle(entityId, federation, from);
    await this.#ports.audit.commit({
      event: 'metadata.repinned',
      application: `${federation}${MEMBER_SEPARATOR}${entityId}`,
      by: 'cli',
      ...(from !== undefined && { from }),
      to: federation,
    });
    return { from, to: federation };
  }
}

const isFile = ({ application }: Entry): boolean => 'file' in application.settings.metadata;

/** An entityID may hold the separator, an application's id never does. */
function memberOf(id: string): { configured: string; entityId: string } | undefined {
  const at = id.indexOf(MEMBER_SEPARATOR);
  if (at === -1) return undefined;
  return { configured: id.slice(0, at), entityId: id.slice(at + MEMBER_SEPARATOR.length) };
}

/** A member inherits what is configured for its federation; what it is called it says itself. */
function memberApplication(id: string, configured: ConfiguredApplication, provider: ServiceProvider): Application {
  const { displayName, description, informationUrl, logo } = provider;
  const { homepage: _homepage, description: _description, icon: _icon, ...inherited } = configured;
  const [homepage] = typeof informationUrl === 'object' ? Object.values(informationUrl) : [informationUrl];
  return {
    ...inherited,
    id,
    name: displayName ?? provider.entityId,
    ...(description !== undefined && { description }),
    ...(homepage !== undefined && { homepage }),
    ...(logo !== undefined && { icon: logo }),
  };
}
