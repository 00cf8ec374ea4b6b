import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';
import { taggedKey } from '../../core/keys.ts';
import { grantKey, hashOf, readRecord } from './adapter.ts';
import type { CountingPorts } from './strangers.ts';

/** How long a client must wait between two questions, seconds (RFC 8628 section 3.2, CIBA Core 1.0 section 7.3). */
export const INTERVAL = 5;
/** A question that comes by so much sooner is no fault: networks don't keep time. Milliseconds. */
const SLACK = 1_000;

/**
 * Storage for what a client asks after until a person has decided: of the id that it asks by the hash alone is kept,
 * it may ask every so often, and redeems what was decided once, whatever comes at the same moment.
 */
export abstract class PolledAdapter implements Adapter {
  protected readonly ports: CountingPorts;
  protected readonly store: CountingPorts['ephemeral'];
  readonly #kind: string;
  readonly #mark: string;

  /** `mark`: how the keys beside its record begin. */
  constructor(ports: CountingPorts, kind: string, mark: string) {
    this.ports = ports;
    this.store = ports.ephemeral;
    this.#kind = kind;
    this.#mark = mark;
  }

  abstract upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void>;

  /** @throws SlowDown where a client asks more often than it may (RFC 8628 section 3.5, CIBA Core 1.0 section 11) */
  async find(id: string): Promise<AdapterPayload | undefined> {
    const [stored, used] = await this.store.getMany([this.key(id), this.#beside('used', id)]);
    if (stored === undefined) return undefined;
    if (Provider.ctx?.oidc?.route === 'token') await this.#pace(id);
    return { ...readRecord(stored, id), ...(used === undefined ? {} : { consumed: Number(used) }) };
  }

  async #pace(id: string): Promise<void> {
    if (!(await this.store.add(this.#beside('asked', id), '1', INTERVAL * 1000 - SLACK))) throw new errors.SlowDown();
  }

  /** Of any number of callers one redeems it; the others end what it gave. */
  async consume(id: string): Promise<void> {
    const now = Math.floor(this.ports.now() / 1000);
    const found = await this.store.get(this.key(id));
    const payload = found === undefined ? undefined : readRecord(found, id);
    const ttl = Math.max(1, (payload?.exp ?? 0) - now) * 1000;
    if (payload && (await this.store.add(this.#beside('used', id), String(now), ttl))) return;
    if (payload?.grantId) await this.revokeByGrantId(payload.grantId);
    throw new errors.InvalidGrant('already used');
  }

  async destroy(id: string): Promise<void> {
    await this.store.delete(this.key(id));
    await this.ports.strangers.release(this.key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.store.delete(grantKey(grantId));
  }

  async findByUid(): Promise<undefined> {}

  async findByUserCode(_userCode: string): Promise<AdapterPayload | undefined> {
    return undefined;
  }

  protected key(id: string): string {
    return taggedKey(`oidc:${this.#kind}`, hashOf(id));
  }

  #beside(what: 'used' | 'asked', id: string): string {
    return taggedKey(`oidc:${this.#mark}-${what}`, hashOf(id));
  }
}
