import { timingSafeEqual } from 'node:crypto';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Settings } from './settings.ts';
import { createStandings, type PushRequest, type RequestOutcome, type Standing } from './standing.ts';

/** How long a request can be answered, milliseconds; and how long what was approved is kept for the page to fetch. */
export const LIFE = 60_000;
const FETCHED_WITHIN = 60_000;
/** The longest wait, milliseconds. */
const LONGEST_WAIT = 3_600_000;

export type Asked = Pick<
  PushRequest,
  'signIn' | 'application' | 'applicationId' | 'username' | 'ip' | 'userAgent' | 'place' | 'shown'
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

/** What the page of a request waits for. */
export const requestKey = (id: string): string => `request:${id}`;

/**
 * Each account has one record, changed by compare-and-set alone: so there is one live request, one answer to it, and
 * one page that gets what was approved, however many ask at once.
 */
export function createRequests(
  { wait }: Pick<Settings, 'wait'>,
  ports: Pick<FactorPorts, 'exchange' | 'sealer' | 'now' | 'random'>,
) {
  const { now } = ports;
  const standings = createStandings(ports);

  /** Doubled with each one that nobody approved. */
  const pauseAfter = (misses: number) => (misses === 0 ? 0 : Math.min(LONGEST_WAIT, wait * 1000 * 2 ** (misses - 1)));

  const isLive = ({ expires, decided }: PushRequest) => decided === undefined && now() < expires;
  /** The same device says once more that it wasn't them. */
  const isSaidAgain = ({ expires, decided }: PushRequest, { decision, by }: { decision: Decision; by: string }) =>
    decision === 'not-me' && decided?.outcome === 'reported' && decided.by === by && now() < expires;
  /** Approved, and the page hasn't fetched it yet. */
  const isDue = ({ decided }: PushRequest) => decided?.outcome === 'approved' && now() < decided.at + FETCHED_WITHIN;

  /** When the next may be sent: counted from the end of the one before, or from its beginning while it may be replaced. */
  function nextAfter({ misses, request: last }: Standing): number {
    if (last === undefined) return 0;
    const since = last.decided?.at ?? (now() < last.expires ? last.at : last.expires);
    return since + pauseAfter(misses);
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
      return standings.change<Begun>(account, (standing) => {
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
      const { request: last } = await standings.of(account);
      return last && isLive(last) ? last : undefined;
    },

    /** Takes one answer; undefined where there is no such request any more. A wrong number ends it. */
    answer(
      account: string,
      answered: { id: string; decision: Decision; number: string; by: string },
    ): Promise<{ outcome: RequestOutcome; request: PushRequest } | undefined> {
      return standings.change(account, (standing) => {
        const { request: last, misses } = standing;
        if (last?.id !== answered.id) return { result: undefined };
        // What it leads to may not have come about, as where the process ended; nothing else can be said any more.
        if (isSaidAgain(last, answered)) return { result: { outcome: 'reported', request: last } };
        if (!isLive(last)) return { result: undefined };
        const outcome = outcomeOf(answered, last.number);
        const decided: PushRequest = { ...last, decided: { outcome, by: answered.by, at: now() } };
        const next = { misses: outcome === 'approved' ? 0 : misses, request: decided };
        return { result: { outcome, request: decided }, next };
      });
    },

    /** Undoes an answer whose consequences could not be brought about: it can be given again. */
    reopen(account: string, id: string): Promise<void> {
      return standings.change(account, (standing) => {
        const { request: last, misses } = standing;
        if (last?.id !== id) return { result: undefined };
        const { decided: _, ...open } = last;
        return { result: undefined, next: { misses, request: open } };
      });
    },

    /** What has become of it, for the sign-in that asked. What was approved is there once. */
    settle(account: string, id: string): Promise<Settled> {
      return standings.change<Settled>(account, (standing) => {
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
      return standings.change(account, () => ({ result: undefined, next: { misses: 0 } }));
    },

    /** When the next can be sent. */
    async nextAfter(account: string): Promise<number> {
      return nextAfter(await standings.of(account));
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
