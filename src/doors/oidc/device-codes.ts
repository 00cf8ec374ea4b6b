import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';
import { taggedKey } from '../../core/keys.ts';
import type { Sealer } from '../../core/seal.ts';
import { grantKey, hashOf, readRecord, writeRecord } from './adapter.ts';
import { type CountingPorts, countKept } from './strangers.ts';

/** How long a device must wait between two questions, seconds (RFC 8628 section 3.2). */
export const INTERVAL = 5;
/** A question that comes by so much sooner is no fault: networks don't keep time. Milliseconds. */
const SLACK = 1_000;

const keyOf = (id: string): string => taggedKey('oidc:DeviceCode', hashOf(id));
const usedKey = (id: string): string => taggedKey('oidc:device-used', hashOf(id));
const askedKey = (id: string): string => taggedKey('oidc:device-asked', hashOf(id));
const userCodeKey = (userCode: string): string => `oidc:user-code:${hashOf(userCode)}`;

/**
 * oidc-provider's storage for device codes (RFC 8628). Of both codes the hash alone is kept. Each is confirmed by one
 * browser, decided once and redeemed once, whatever comes at the same moment.
 */
export class DeviceCodeAdapter implements Adapter {
  readonly #ports: CountingPorts;
  readonly #store: CountingPorts['ephemeral'];
  readonly #sealer: Sealer;

  constructor(ports: CountingPorts & { sealer: Sealer }) {
    this.#ports = ports;
    this.#store = ports.ephemeral;
    this.#sealer = ports.sealer;
  }

  /** @throws InvalidRequest where another browser was there before */
  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    const { userCode, ...rest } = payload as AdapterPayload & { userCode?: string };
    const [key, value, ttl] = [keyOf(id), writeRecord(rest, id), expiresIn * 1000];
    const stored = await this.#store.get(key);
    if (stored === undefined) return this.#begin(id, String(userCode), { key, value, ttl });
    const before = readRecord(stored, id);
    const isDecision = payload.accountId !== undefined || payload.error !== undefined;
    if (before.accountId !== undefined || before.error !== undefined || (before.inFlight && !isDecision)) throw taken();
    if (!(await this.#store.swap(key, stored, value, ttl))) throw taken();
    if (isDecision) await this.#ports.strangers.release(key);
  }

  async #begin(id: string, userCode: string, kept: { key: string; value: string; ttl: number }): Promise<void> {
    await countKept(this.#ports, kept);
    const index = userCodeKey(userCode);
    // Nobody is shown a code that leads to another one's device.
    if (!(await this.#store.add(index, this.#sealer.seal(id, index), kept.ttl))) throw taken();
    await this.#store.set(kept.key, kept.value, kept.ttl);
  }

  /** @throws SlowDown where a device asks more often than it may (RFC 8628 section 3.5) */
  async find(id: string): Promise<AdapterPayload | undefined> {
    const [stored, used] = await this.#store.getMany([keyOf(id), usedKey(id)]);
    if (stored === undefined) return undefined;
    if (Provider.ctx?.oidc?.route === 'token') await this.#pace(id);
    return { ...readRecord(stored, id), ...(used === undefined ? {} : { consumed: Number(used) }) };
  }

  async #pace(id: string): Promise<void> {
    if (!(await this.#store.add(askedKey(id), '1', INTERVAL * 1000 - SLACK))) throw new errors.SlowDown();
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const index = userCodeKey(userCode);
    const sealed = await this.#store.get(index);
    if (sealed === undefined) return undefined;
    const found = await this.find(this.#sealer.open(sealed, index));
    return found && { ...found, userCode };
  }

  /** Of any number of callers one redeems it; the others end what it gave. */
  async consume(id: string): Promise<void> {
    const now = Math.floor(this.#ports.now() / 1000);
    const found = await this.#store.get(keyOf(id));
    const payload = found === undefined ? undefined : readRecord(found, id);
    const ttl = Math.max(1, (payload?.exp ?? 0) - now) * 1000;
    if (payload && (await this.#store.add(usedKey(id), String(now), ttl))) return;
    if (payload?.grantId) await this.revokeByGrantId(payload.grantId);
    throw new errors.InvalidGrant('already used');
  }

  async destroy(id: string): Promise<void> {
    await this.#store.delete(keyOf(id));
    await this.#ports.strangers.release(keyOf(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#store.delete(grantKey(grantId));
  }

  async findByUid(): Promise<undefined> {}
}

const taken = () => new errors.InvalidRequest('the code was used already');
