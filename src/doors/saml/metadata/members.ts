import { createHash } from 'node:crypto';
import type { SealedPlace } from '../../../core/sealed.ts';
import type { MetadataPorts } from '../../../saml/index.ts';

const NAMESPACE = 'saml-members';
/** Entities whose federation this process has read. */
const KEPT = 10_000;
/** How long it doesn't read it again: a command may have moved it, on another node. Milliseconds. */
const FRESH = 60_000;

const contextOf = (key: string): string => `${NAMESPACE} ${key}`;

export const sealedMembers: SealedPlace = {
  ...{ what: 'federations of members', table: 'state', namespace: NAMESPACE },
  contextOf,
};

interface Read {
  federation: string | undefined;
  at: number;
}

/**
 * At which federation a service provider was first met, durably, where there are several: another that begins to
 * describe it as well doesn't take it over, with its own keys and endpoints under its own rules.
 */
export class Members {
  readonly #ports: Pick<MetadataPorts, 'durable' | 'sealer' | 'now'>;
  readonly #read = new Map<string, Read>();

  constructor(ports: Pick<MetadataPorts, 'durable' | 'sealer' | 'now'>) {
    this.#ports = ports;
  }

  /** The id of the federation, if it was met at one. */
  async of(entityId: string): Promise<string | undefined> {
    const known = this.#read.get(entityId);
    if (known !== undefined && known.at + FRESH > this.#ports.now()) return known.federation;
    const key = keyOf(entityId);
    const row = await this.#state().get(key);
    const federation = row && this.#ports.sealer.open(row.value, contextOf(key));
    // What isn't kept isn't remembered either: anybody can name an entity.
    if (federation !== undefined) this.#keep(entityId, federation);
    return federation;
  }

  /** Makes it the one, in the place of `former`; of several nodes at once the first one's choice stays. */
  async settle(entityId: string, federation: string, former: string | undefined): Promise<void> {
    if (former === federation) return;
    const key = keyOf(entityId);
    const row = await this.#state().get(key);
    await this.#state().set(key, this.#ports.sealer.seal(federation, contextOf(key)), row?.version ?? 0);
    this.#read.delete(entityId);
  }

  /** What was read is read again: another node has moved one. */
  forget(): void {
    this.#read.clear();
  }

  #state() {
    return this.#ports.durable.state(NAMESPACE);
  }

  #keep(entityId: string, federation: string): void {
    this.#read.delete(entityId);
    this.#read.set(entityId, { federation, at: this.#ports.now() });
    const [oldest] = this.#read.keys();
    if (this.#read.size > KEPT && oldest !== undefined) this.#read.delete(oldest);
  }
}

const keyOf = (entityId: string): string => createHash('sha256').update(entityId).digest('base64url');
