import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Settings } from './settings.ts';

/** How long a request can be answered, milliseconds; and how long what was approved is kept for the page to fetch. */
export const LIFE = 60_000;
const FETCHED_WITHIN = 60_000;
/** The longest wait, and how long it is remembered that nobody approved, milliseconds. */
const LONGEST_WAIT = 3_600_000;
const REMEMBERED = 86_400_000;
/** Rounds of compare-and-set before giving up. */
const ROUNDS = 20;

const outcome = z.enum(['approved', 'wrong-number', 'cancelled', 'reported']);
export type RequestOutcome = z.output<typeof outcome>;

const request = z.object({
  id: z.string(),
  /** Names the sign-in that asks. */
  signIn: z.string(),
  /** Two digits, shown where the sign-in is and typed on the phone. */
  number: z.string(),
  at: z.int(),
  expires: z.int(),
  application: z.union([z.string(), z.record(z.string(), z.string())]),
  applicationId: z.string().optional(),
  username: z.string(),
  ip: z.string().optional(),
  userAgent: z.string().optional(),
  place: z.string().optional(),
  decided: z.object({ outcome, by: z.string(), at: z.int() }).optional(),
});
export type PushRequest = z.output<typeof request>;

/** How it stands with an account: its one request, and how many in a row nobody approved. */
const standing = z.object({ misses: z.int(), request: request.optional() });
type Standing = z.output<typeof standing>;

export type Asked = Pick<
  PushRequest,
  'signIn' | 'application' | 'applicationId' | 'username' | 'ip' | 'userAgent' | 'place'
>;

/** `same`: this sign-in's own is under way, and nothing is sent for it again. `other`: another sign-in's is. */
export type Begun =
  | { kind: 'fresh' | 'same'; request: PushRequest; resendAfter: number }
  | { kind: 'other' }
  | { kind: 'wait'; until: number };

export type Decision = 'approve' | 'cancel' | 'not-me';

/** What has become of a request: `by` is the credential that approved it, and of all who ask one is told. */
export type Settled =
  | { kind: 'waiting' | 'expired' | 'gone' }
  | { kind: 'approved'; by: string; at: number }
  | { kind: Exclude<RequestOutcome, 'approved'>; at: number };

const keyOf = (account: string) => `account:${account}`;
/** What the page of a request waits for. */
export const requestKey = (id: string): string => `request:${id}`;

/**
 * One record for each account, changed by compare-and-set alone: so there is one live request, one answer to it, and
 * one page that gets what was approved, however many ask at once.
 */
export function createRequests(
  { wait }: Pick<Settings, 'wait'>,
  ports: Pick<FactorPorts, 'exchange' | 'sealer' | 'now' | 'random'>,
) {
  const { exchange, sealer, now } = ports;

  /** Doubled with each one that nobody approved. */
  const pauseAfter = (misses: number) => (misses === 0 ? 0 : Math.min(LONGEST_WAIT, wait * 1000 * 2 ** (misses - 1)));

  const isLive = ({ expires, decided }: PushRequest) => decided === undefined && now() < expires;
  /** Approved, and the page hasn't fetched it yet. */
  const isDue = ({ decided }: PushRequest) => decided?.outcome === 'approved' && now() < decided.at + FETCHED_WITHIN;

  /** When the next may be sent: counted from the end of the one before, or from its beginning while it may be replaced. */
  function nextAfter({ misses, request: last }: Standing): number {
    if (last === undefined) return 0;
    const since = last.decided?.at ?? (now() < last.expires ? last.at : last.expires);
    return since + pauseAfter(misses);
  }

  async function read(account: string): Promise<{ stored?: string; standing: Standing }> {
    const stored = await exchange.get(keyOf(account));
    if (stored === undefined) return { standing: { misses: 0 } };
    return { stored, standing: standing.parse(JSON.parse(sealer.open(stored, keyOf(account)))) };
  }

  function write(account: string, stored: string | undefined, next: Standing): Promise<boolean> {
    const key = keyOf(account);
    const value = sealer.seal(JSON.stringify(next), key);
    return stored === undefined ? exchange.add(key, value, REMEMBERED) : exchange.swap(key, stored, value, REMEMBERED);
  }

  /** Changes how it stands, again from what is there now where somebody else was first. */
  async function change<T>(account: string, step: (now: Standing) => { result: T; next?: Standing }): Promise<T> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { stored, standing } = await read(account);
      const { result, next } = step(standing);
      if (next === undefined || (await write(account, stored, next))) return result;
    }
    throw new Error('others keep changing the requests of this account');
  }

  /** 10 to 99: of the 2^48 values a remainder favours none that anybody could notice. */
  function newNumber(): string {
    return String(10 + (Buffer.from(ports.random(6)).readUIntBE(0, 6) % 90));
  }

  function fresh(asked: Asked): PushRequest {
    const id = Buffer.from(ports.random(24)).toString('base64url');
    return { ...asked, id, number: newNumber(), at: now(), expires: now() + LIFE };
  }

  return {
    /** A request for this sign-in. `anew` ends the one that it has. */
    begin(account: string, asked: Asked, anew: boolean): Promise<Begun> {
      return change<Begun>(account, (standing) => {
        const { request: last, misses } = standing;
        const busy = last !== undefined && (isLive(last) || isDue(last));
        const mine = last?.signIn === asked.signIn;
        if (busy && !mine) return { result: { kind: 'other' } };
        const after = nextAfter(standing);
        if (busy && (!anew || isDue(last))) return { result: { kind: 'same', request: last, resendAfter: after } };
        if (now() < after) return { result: { kind: 'wait', until: after } };
        // Counted when it is sent: what is never answered can't be counted afterwards.
        const request = fresh(asked);
        const next: Standing = { misses: misses + 1, request };
        return { result: { kind: 'fresh', request, resendAfter: nextAfter(next) }, next };
      });
    },

    /** The live one, for the account's devices. */
    async live(account: string): Promise<PushRequest | undefined> {
      const { request: last } = (await read(account)).standing;
      return last && isLive(last) ? last : undefined;
    },

    /** Takes one answer; undefined where there is no such request any more. A wrong number ends it. */
    answer(
      account: string,
      answered: { id: string; decision: Decision; number: string; by: string },
    ): Promise<{ outcome: RequestOutcome; request: PushRequest } | undefined> {
      return change(account, (standing) => {
        const { request: last, misses } = standing;
        if (last?.id !== answered.id || !isLive(last)) return { result: undefined };
        const outcome = outcomeOf(answered, last.number);
        const decided: PushRequest = { ...last, decided: { outcome, by: answered.by, at: now() } };
        const next = { misses: outcome === 'approved' ? 0 : misses, request: decided };
        return { result: { outcome, request: decided }, next };
      });
    },

    /** Undoes an answer whose consequences could not be brought about: it can be given again. */
    reopen(account: string, id: string): Promise<void> {
      return change(account, (standing) => {
        const { request: last, misses } = standing;
        if (last?.id !== id) return { result: undefined };
        const { decided: _, ...open } = last;
        return { result: undefined, next: { misses, request: open } };
      });
    },

    /** What has become of it, for the sign-in that asked. What was approved is there once. */
    settle(account: string, id: string): Promise<Settled> {
      return change<Settled>(account, (standing) => {
        const { request: last, misses } = standing;
        if (last?.id !== id) return { result: { kind: 'gone' } };
        const { decided } = last;
        if (decided === undefined) return { result: { kind: isLive(last) ? 'waiting' : 'expired' } };
        if (decided.outcome !== 'approved') return { result: { kind: decided.outcome, at: decided.at } };
        if (!isDue(last)) return { result: { kind: 'gone' } };
        return { result: { kind: 'approved', by: decided.by, at: decided.at }, next: { misses } };
      });
    },

    /** The owner proved the phone in another way: nothing is asked any more, and nothing is to be waited for. */
    forget(account: string): Promise<void> {
      return change(account, () => ({ result: undefined, next: { misses: 0 } }));
    },

    /** When the next can be sent. */
    async nextAfter(account: string): Promise<number> {
      return nextAfter((await read(account)).standing);
    },
  };
}

function outcomeOf({ decision, number }: { decision: Decision; number: string }, expected: string): RequestOutcome {
  if (decision === 'cancel') return 'cancelled';
  if (decision === 'not-me') return 'reported';
  const [given, right] = [Buffer.from(number), Buffer.from(expected)];
  return given.length === right.length && timingSafeEqual(given, right) ? 'approved' : 'wrong-number';
}

export type Requests = ReturnType<typeof createRequests>;
