import { type Admit, ClaimFault, MetadataFault, originOf } from '../../../saml/index.ts';
import type { ConfiguredApplication } from './configured.ts';
import { missingFrom } from './missing.ts';
import type { Pin, Pins } from './pins.ts';

/**
 * One entity, one owner. A configured entityID is its application's, whatever any document says. An application without
 * one belongs to the entity that its metadata describes when it is first loaded, and to no other afterwards: else
 * whoever writes that document could begin to answer in another application's place, with its assertions.
 */
export class Owners {
  readonly #pins: Pins;
  readonly #now: () => number;
  /** Applications that stand for an entity each: the one configured, and where their metadata comes from (`originOf`). */
  readonly #singles: ReadonlyMap<string, { entityId: string | undefined; origin: string }>;
  /** EntityIDs by application, and the other way: configured ones, and those pinned as far as this node knows. */
  readonly #entities = new Map<string, string>();
  readonly #owners = new Map<string, string>();
  /** One admission at a time: two that claim the same must not both find it free. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(applications: readonly ConfiguredApplication[], pins: Pins, now: () => number) {
    this.#pins = pins;
    this.#now = now;
    const singles = applications.filter(({ settings }) => !settings.federation);
    this.#singles = new Map(
      singles.map(({ id, settings: { entityId, metadata } }) => [id, { entityId, origin: originOf(metadata) }]),
    );
    for (const { id, settings } of singles) if (settings.entityId !== undefined) this.#own(id, settings.entityId);
  }

  /** Reads what is pinned; forgets it of applications that aren't there any more, or have an entityID configured now. */
  async start(): Promise<void> {
    for (const application of await this.#pins.applications()) {
      if (this.#isPinned(application)) await this.#pinOf(application);
      else await this.#pins.remove(application);
    }
  }

  /** The entity of an application, if that is known. */
  entityOf(application: string): string | undefined {
    return this.#entities.get(application);
  }

  /** The application that stands for an entity alone. */
  ownerOf(entityId: string): string | undefined {
    return this.#owners.get(entityId);
  }

  /**
   * Whether a document may stand for an application; the first one that may pins it.
   *
   * @throws ClaimFault, or MetadataFault where it doesn't say which entity is meant
   */
  admit(application: string): Admit {
    return (document) => this.#inTurn(() => this.#admit(application, document));
  }

  /** Forgets what an application is pinned to, so that the next document pins it anew; answers what it was. */
  async release(application: string): Promise<Pin | undefined> {
    return this.#inTurn(async () => {
      const before = await this.#pins.of(application);
      await this.#pins.remove(application);
      this.#disown(application);
      return before;
    });
  }

  /** Takes back what `release` answered, if nothing took its place. */
  async restore(application: string, pin: Pin): Promise<void> {
    await this.#inTurn(async () => {
      if (await this.#pins.add(application, pin)) this.#own(application, pin.entityId);
    });
  }

  #isPinned(application: string): boolean {
    const single = this.#singles.get(application);
    return single !== undefined && single.entityId === undefined;
  }

  /**
   * As it is kept, not as it was: another node or a command may have moved it. From another source than the configured
   * one it counts no more: the operator has changed it, and loads it for the first time.
   */
  async #pinOf(application: string): Promise<{ pin?: Pin; former: boolean }> {
    const kept = await this.#pins.of(application);
    this.#disown(application);
    if (kept === undefined || kept.origin !== this.#singles.get(application)?.origin) {
      return { former: kept !== undefined };
    }
    if (!this.#owners.has(kept.entityId)) this.#own(application, kept.entityId);
    return { pin: kept, former: false };
  }

  async #admit(application: string, document: Parameters<Admit>[0]): Promise<void> {
    if (!this.#isPinned(application)) return;
    const { pin, former } = await this.#pinOf(application);
    const entityId = pin ? pinned(pin, document) : sole(document);
    const owner = this.#owners.get(entityId) ?? application;
    if (owner !== application) throw new ClaimFault(`it is ${entityId}, which is applications.${owner}’s`, entityId);
    if (pin) return;
    const origin = this.#singles.get(application)?.origin ?? '';
    await this.#pin(application, { entityId, origin, at: this.#now() }, former);
    this.#own(application, entityId);
  }

  async #pin(application: string, pin: Pin, replaces: boolean): Promise<void> {
    if (replaces) await this.#pins.remove(application);
    if (await this.#pins.add(application, pin)) return;
    const holder = await this.#pins.ownerOf(pin.entityId);
    // Another node was first, with the same.
    if (holder === application) return;
    throw new ClaimFault(`it is ${pin.entityId}, which is applications.${holder}’s`, pin.entityId);
  }

  #own(application: string, entityId: string): void {
    this.#entities.set(application, entityId);
    this.#owners.set(entityId, application);
  }

  #disown(application: string): void {
    const entityId = this.#entities.get(application);
    this.#entities.delete(application);
    if (entityId !== undefined && this.#owners.get(entityId) === application) this.#owners.delete(entityId);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function pinned({ entityId }: Pin, document: Parameters<Admit>[0]): string {
  if (document.has(entityId)) return entityId;
  const claimed = document.soleId();
  const what = claimed ?? `${document.count} other service providers`;
  throw new ClaimFault(
    `it describes ${what} in the place of ${entityId}: if that is meant, run sallyport saml repin`,
    claimed,
  );
}

function sole(document: Parameters<Admit>[0]): string {
  const entityId = document.soleId();
  if (entityId === undefined) throw new MetadataFault(missingFrom(document.count, undefined));
  return entityId;
}
