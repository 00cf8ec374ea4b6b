import { createHash } from 'node:crypto';
import type { Browser } from '../core/browser.ts';
import type { Message } from '../core/prompt.ts';
import { budgetKey } from '../policy/networks.ts';
import type { SignInDeps } from './deps.ts';

/** How long a browser stays known to an account's budget. */
const KNOWN_FOR = 180 * 86_400_000;

/** What a person is told who has to wait. */
export function lockedFor(retryAfter: number): Message {
  const minutes = Math.max(1, Math.ceil(retryAfter / 60_000));
  return { key: 'locked', values: { count: minutes, minutes } };
}

/** What is attempted. */
export interface Attempt {
  /** The account's id, or a hash of the name typed where nobody goes by it: a lock must not tell which names exist. */
  subject: string;
  factor: string;
  /** It opens the sign-in, before anything is proven. */
  opening: boolean;
}

export interface Lock {
  factor: string;
  until: number;
}

export type Verdict = { allowed: true } | { allowed: false; retryAfter: number };

const hash = (value: string): string => createHash('sha256').update(value).digest('base64url');

/**
 * Budgets of attempts, counted before an answer is looked at, across all sessions and applications.
 *
 * Strangers share one budget per account, so their guessing locks strangers out; a browser on which the
 * account has signed in before has its own, so they can't lock the owner out. That is for the first factor
 * alone: whoever knows the password can make browsers known, and would get a new budget of codes with each.
 */
export function createAttempts(deps: Pick<SignInDeps, 'now' | 'ephemeral' | 'random' | 'lockout'>) {
  const { ephemeral, lockout } = deps;
  const knownKey = (value: string) => `known-browser:${hash(value)}`;
  const sharedKey = (subject: string, factor: string) => `attempts:{${subject}}:${factor}`;
  /** Budgets of single browsers that were spent: else nobody could say which there are. */
  const spentKey = (subject: string) => `attempts-spent:{${subject}}`;

  async function isKnown(subject: string, browser: Browser): Promise<boolean> {
    if (browser.known === undefined) return false;
    return (await ephemeral.members(knownKey(browser.known))).includes(subject);
  }

  /** The budgets that one attempt is counted against. */
  async function budgets({ subject, factor, opening }: Attempt, browser: Browser) {
    const { failures, duration, perAddress } = lockout;
    if (opening && browser.known !== undefined && (await isKnown(subject, browser))) {
      return [{ key: `${sharedKey(subject, factor)}:known:${hash(browser.known)}`, max: failures, ttl: duration }];
    }
    return [
      { key: `attempts:address:${budgetKey(browser.ip)}`, max: perAddress.failures, ttl: perAddress.window },
      { key: sharedKey(subject, factor), max: failures, ttl: duration },
    ];
  }

  return {
    /** Counts one attempt. */
    async count(attempt: Attempt, browser: Browser): Promise<Verdict> {
      const counted: string[] = [];
      for (const { key, max, ttl } of await budgets(attempt, browser)) {
        const { allowed, retryAfter } = await ephemeral.attempt(key, max, ttl);
        if (!allowed) {
          // It isn't looked at: an address that has spent its budget must not lock accounts, nor a locked account it.
          for (const other of counted) await ephemeral.refund(other);
          if (key.includes(':known:')) await ephemeral.addMember(spentKey(attempt.subject), key, lockout.duration);
          return { allowed: false, retryAfter };
        }
        counted.push(key);
      }
      return { allowed: true };
    },

    /** It was right: the account's budget starts anew, and the address gets its attempt back. */
    async succeeded(attempt: Attempt, browser: Browser): Promise<void> {
      for (const { key } of await budgets(attempt, browser)) {
        if (key.startsWith('attempts:address:')) await ephemeral.refund(key);
        else await ephemeral.delete(key);
      }
    },

    /** It was neither right nor wrong, as a choice: the attempt is given back, and earlier ones stay counted. */
    async returned(attempt: Attempt, browser: Browser): Promise<void> {
      for (const { key } of await budgets(attempt, browser)) await ephemeral.refund(key);
    },

    /** Remembers that this account signed in on this browser; grants nothing. */
    async recognise(subject: string, browser: Browser): Promise<void> {
      const value = browser.known ?? Buffer.from(deps.random(32)).toString('base64url');
      await ephemeral.addMember(knownKey(value), subject, KNOWN_FOR);
      if (browser.known === undefined) browser.setKnown(value, KNOWN_FOR);
    },

    /** What is locked now, and until when, epoch milliseconds: of a factor, the longest. */
    async locks(subject: string, factors: readonly string[]): Promise<Lock[]> {
      const spent = await ephemeral.members(spentKey(subject));
      const found = factors.map(async (factor) => {
        const shared = sharedKey(subject, factor);
        const keys = [shared, ...spent.filter((key) => key.startsWith(`${shared}:`))];
        // A budget of none is always spent: nothing is counted, and the answer says how much there is.
        const budgets = await Promise.all(keys.map((key) => ephemeral.attempt(key, 0, lockout.duration)));
        const locked = budgets.filter(({ count }) => count >= lockout.failures).map(({ retryAfter }) => retryAfter);
        return locked.length === 0 ? [] : [{ factor, until: deps.now() + Math.max(...locked) }];
      });
      return (await Promise.all(found)).flat();
    },

    /** Every budget of the account starts anew; those of addresses stay, for they are everybody's there. */
    async unlock(subject: string, factors: readonly string[]): Promise<void> {
      const spent = await ephemeral.members(spentKey(subject));
      for (const key of [...factors.map((factor) => sharedKey(subject, factor)), ...spent]) await ephemeral.delete(key);
      await ephemeral.delete(spentKey(subject));
    },

    /** The subject for a name that nobody goes by. */
    stranger: (login: string): string => `name-${hash(login.normalize('NFKC').toLowerCase())}`,
  };
}

export type Attempts = ReturnType<typeof createAttempts>;
