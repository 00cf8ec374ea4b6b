import { type AdapterPayload, errors } from 'oidc-provider';
import type { Sealer } from '../../core/seal.ts';
import { hashOf, readRecord, writeRecord } from './adapter.ts';
import { PolledAdapter } from './polled.ts';
import { type CountingPorts, countKept } from './strangers.ts';

const userCodeKey = (userCode: string): string => `oidc:user-code:${hashOf(userCode)}`;

/** oidc-provider's storage for device codes (RFC 8628). Each is confirmed by one browser, and decided once. */
export class DeviceCodeAdapter extends PolledAdapter {
  readonly #sealer: Sealer;

  constructor(ports: CountingPorts & { sealer: Sealer }) {
    super(ports, 'DeviceCode', 'device');
    this.#sealer = ports.sealer;
  }

  /** @throws InvalidRequest where another browser was there before */
  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    const { userCode, ...rest } = payload as AdapterPayload & { userCode?: string };
    const [key, value, ttl] = [this.key(id), writeRecord(rest, id), expiresIn * 1000];
    const stored = await this.store.get(key);
    if (stored === undefined) return this.#begin(id, String(userCode), { key, value, ttl });
    const before = readRecord(stored, id);
    const isDecision = payload.accountId !== undefined || payload.error !== undefined;
    if (before.accountId !== undefined || before.error !== undefined || (before.inFlight && !isDecision)) throw taken();
    if (!(await this.store.swap(key, stored, value, ttl))) throw taken();
    if (isDecision) await this.ports.strangers.release(key);
  }

  async #begin(id: string, userCode: string, kept: { key: string; value: string; ttl: number }): Promise<void> {
    await countKept(this.ports, kept);
    const index = userCodeKey(userCode);
    // Nobody is shown a code that leads to another one's device.
    if (!(await this.store.add(index, this.#sealer.seal(id, index), kept.ttl))) throw taken();
    await this.store.set(kept.key, kept.value, kept.ttl);
  }

  override async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const index = userCodeKey(userCode);
    const sealed = await this.store.get(index);
    if (sealed === undefined) return undefined;
    const found = await this.find(this.#sealer.open(sealed, index));
    return found && { ...found, userCode };
  }
}

const taken = () => new errors.InvalidRequest('the code was used already');
