import type { AdapterPayload } from 'oidc-provider';
import { readRecord, writeRecord } from '../adapter.ts';
import { PolledAdapter } from '../polled.ts';
import { type CountingPorts, countKept } from '../strangers.ts';

/** So long after its end a client that still asks is told `expired_token`, milliseconds. */
const TOLD = 60_000;

export interface Decision {
  grantId?: string;
  acr?: string;
  amr?: string[];
  /** Seconds. */
  authTime?: number;
  error?: 'access_denied' | 'expired_token';
}

export type Standing = 'open' | 'now' | 'decided' | 'gone';

/** What the adapter asks about a request that nobody has decided yet, as far as this node knows. */
export type Look = (id: string, payload: AdapterPayload) => Promise<Decision | undefined>;

/** oidc-provider's storage for requests by CIBA. What a phone has said meanwhile is found when the client asks. */
export class BackchannelAdapter extends PolledAdapter {
  readonly #look: Look;

  constructor(ports: CountingPorts, look: Look) {
    super(ports, 'BackchannelAuthenticationRequest', 'backchannel');
    this.#look = look;
  }

  async upsert(id: string, { params: _, ...payload }: AdapterPayload, expiresIn: number): Promise<void> {
    // Among its parameters is what the client is told by, which only this node needs, and has at hand.
    const kept = { key: this.key(id), value: writeRecord(payload, id), ttl: expiresIn * 1000 + TOLD };
    await countKept(this.ports, kept);
    await this.store.add(kept.key, kept.value, kept.ttl);
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    const found = await super.find(id);
    return found && isOpen(found) ? { ...found, ...(await this.decide(id)) } : found;
  }

  /** Whether its client is still to be told: undecided, decided by this very call or by another, or gone, as what was redeemed. */
  async standing(id: string): Promise<Standing> {
    const found = await super.find(id);
    if (found === undefined || found.consumed !== undefined) return 'gone';
    if (!isOpen(found)) return 'decided';
    return (await this.decide(id)) === undefined ? 'open' : 'now';
  }

  /** Looks what was decided, and keeps it; undefined where nothing was, or another call was first. */
  async decide(id: string): Promise<Decision | undefined> {
    const stored = await this.store.get(this.key(id));
    const payload = stored === undefined ? undefined : readRecord(stored, id);
    if (stored === undefined || payload === undefined || !isOpen(payload)) return undefined;
    const decision = await this.#look(id, payload);
    if (decision === undefined) return undefined;
    const won = await this.store.swap(this.key(id), stored, writeRecord({ ...payload, ...decision }, id));
    return won ? decision : undefined;
  }
}

const isOpen = ({ grantId, error }: AdapterPayload): boolean => grantId === undefined && error === undefined;
