import { type Application, MEMBER_SEPARATOR } from '../../../core/application.ts';
import type { Party, ServiceProvider } from '../model.ts';
import { MetadataFault, missingFrom } from './fault.ts';
import { Members } from './members.ts';
import { type Admit, Owners } from './owners.ts';
import { createPins } from './pins.ts';
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
  /** Looks at every source now. */
  refresh(): Promise<void>;
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

/** Opens the sources of all applications of this door. What is wrong with a document of others is no reason not to. */
export async function createParties(options: {
  applications: readonly ConfiguredApplication[];
  ports: MetadataPorts;
}): Promise<Parties> {
  const { applications, ports } = options;
  const owners = new Owners(applications, createPins(ports), ports.now);
  const members = new Members(ports);
  const entries = applications.map((application) => ({
    application,
    source: sourceOf(application, ports, owners.admit(application.id)),
  }));
  const parties = new Registry(entries, owners, members, ports);
  await parties.start();
  return parties;
}

function sourceOf({ id, settings: { metadata } }: ConfiguredApplication, ports: MetadataPorts, admit: Admit): Source {
  if ('file' in metadata) return createFileSource(id, metadata, ports, admit);
  return 'url' in metadata ? createUrlSource(id, metadata, ports, admit) : createMdqSource(id, metadata, ports);
}

class Registry implements Parties {
  readonly #entries: readonly Entry[];
  readonly #owners: Owners;
  readonly #members: Members;
  readonly #ports: MetadataPorts;
  readonly #singles: ReadonlyMap<string, Entry>;
  /** In the order of the configuration. */
  readonly #federations: readonly Entry[];
  readonly #applications = new WeakMap<ServiceProvider, Application>();

  constructor(entries: readonly Entry[], owners: Owners, members: Members, ports: MetadataPorts) {
    this.#entries = entries;
    this.#owners = owners;
    this.#members = members;
    this.#ports = ports;
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

  async party(entityId: string): Promise<Party | undefined> {
    // Whoever asks may be anybody: entity ids are of at most 1024 characters (saml-metadata section 2.2.1).
    if (entityId.length > 1024 || !entityId.isWellFormed()) return undefined;
    const owner = this.#owners.ownerOf(entityId);
    if (owner !== undefined) {
      // Also where its metadata isn't there: no federation's may stand in for what the operator named.
      const provider = await this.#singles.get(owner)?.source.find(entityId);
      return provider && { application: owner, provider };
    }
    return this.#member(entityId);
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

  health(): SourceHealth[] {
    return this.#entries.map(({ source }) => source.health());
  }

  async refresh(): Promise<void> {
    await Promise.all(this.#entries.map(({ source }) => source.refresh()));
  }

  async repin(id: string): Promise<{ from: string | undefined; to: string }> {
    const member = memberOf(id);
    return member ? this.#moveMember(member.configured, member.entityId) : this.#repinSingle(id);
  }

  async close(): Promise<void> {
    await Promise.all(this.#entries.map(({ source }) => source.close()));
  }

  /** A federation's member. Where there are several, the one at which it was first met answers for it from then on. */
  async #member(entityId: string): Promise<Party | undefined> {
    const owner = this.#federations.length > 1 ? await this.#members.of(entityId) : undefined;
    const isThere = this.#federations.some(({ application }) => application.id === owner);
    for (const { application, source } of this.#federations) {
      if (isThere && application.id !== owner) continue;
      const provider = await source.find(entityId);
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
