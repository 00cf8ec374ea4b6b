import { createHash } from 'node:crypto';
import type { Browser } from '../core/browser.ts';
import type { Message } from '../core/prompt.ts';
import { budgetKey } from '../policy/networks.ts';
import { type Counted, createFailures, strangerSubject } from './failures.ts';
import type { LockoutNeeds } from './needs.ts';

/** How long a browser stays known to an account's budget. */
const KNOWN_FOR = 180 * 86_400_000;

/** What is attempted. */
export interface Attempt {
  /** The account's id, or a hash of the name typed where nobody goes by it: a lock must not tell which names exist. */
  subject: string;
  factor: string;
  /** It opens the sign-in, before anything is proven. */
  opening: boolean;
  /**
   * What could be guessed by it: ids of the credentials that the answer is held against, or the factor's own where it
   * stores none. Failures in a row of each are counted for good.
   */
  against?: readonly string[];
  /** The subject of the name typed, where it is somebody's: of a person's names each tells of its own lock alone. */
  name?: string;
}

export interface Lock {
  factor: string;
  /** Epoch milliseconds; absent: until somebody releases it. */
  until?: number;
}

/** An attempt that isn't looked at; without `retryAfter`, milliseconds, it is stopped for good. */
export interface Locked {
  allowed: false;
  retryAfter?: number;
  /**
   * Another of the person's names was used up: to say so under this one would tell that both are one person's. It is
   * answered as a wrong one is.
   */
  silent?: true;
}

/** An attempt that is looked at. One of the three says what came of it. */
export interface Turn {
  allowed: true;
  /** Of `Attempt.against`, what isn't stopped: nothing else may be looked at. */
  against: readonly string[];
  /** It was right: the account's budget starts anew, and the address gets its attempt back. */
  succeeded(): Promise<void>;
  /** It was neither right nor wrong, as a choice: the attempt is given back, and earlier ones stay counted. */
  returned(): Promise<void>;
  /** It was the right password, or what else opens: the account knows this browser from now on, which grants nothing. */
  recognised(): Promise<void>;
  /** It was wrong: it stays counted, and whoever has to know is told once. `facts`: for the audit, with the account. */
  failed(facts: Readonly<Record<string, unknown>> & { account?: string }): Promise<void>;
}

/** What a person is told who has to wait, or for whom waiting is no use. */
export function lockedFor({ retryAfter }: Locked, { opening }: { opening: boolean }, now: number): Message {
  if (retryAfter === undefined) return { key: opening ? 'stopped.here' : 'stopped.method' };
  const minutes = Math.max(1, Math.ceil(retryAfter / 60_000));
  // To the minute after it, or trying at the time shown would be too early.
  const lockedUntil = Math.ceil((now + retryAfter) / 60_000) * 60_000;
  return { key: 'locked', values: { count: minutes, minutes, lockedUntil } };
}

/** The row of one of a person's names, beside that of what is guessed at. */
const nameRow = (name: string): string => `as:${name}`;
const isName = (of: string): boolean => of.startsWith('as:');

const hash = (value: string): string => createHash('sha256').update(value).digest('base64url');

interface Budget {
  kind: 'address' | 'known' | 'name' | 'shared';
  key: string;
  max: number;
  ttl: number;
}

/**
 * Budgets of attempts, counted before an answer is looked at, across all sessions and applications.
 *
 * Strangers share one budget per account, so their guessing locks strangers out, for a while and after enough in a
 * row for good; a browser on which the account has signed in before has its own, so they can't lock the owner out.
 * That is for the first factor alone: whoever knows the password can make browsers known, and would get a new budget
 * of codes with each.
 */
export function createAttempts(
  deps: Pick<LockoutNeeds, 'now' | 'ephemeral' | 'durable' | 'random' | 'lockout'> & {
    audit: Pick<LockoutNeeds['audit'], 'commit'>;
  },
) {
  const { ephemeral, lockout } = deps;
  const failures = createFailures(deps);
  const knownKey = (value: string) => `known-browser:${hash(value)}`;
  const eraKey = (subject: string) => `known-era:{${subject}}`;
  const sharedKey = (subject: string, factor: string) => `attempts:{${subject}}:${factor}`;
  /** Budgets of single browsers that were spent: else nobody could say which there are. */
  const spentKey = (subject: string) => `attempts-spent:{${subject}}`;

  /** The account as browsers know it, until its password is another one. */
  async function eraOf(subject: string): Promise<string> {
    const era = await ephemeral.get(eraKey(subject));
    return era === undefined ? subject : `${subject} ${era}`;
  }

  async function isKnown(era: string, browser: Browser): Promise<boolean> {
    if (browser.known === undefined) return false;
    return (await ephemeral.members(knownKey(browser.known))).includes(era);
  }

  async function recognise(subject: string, era: string, browser: Browser): Promise<void> {
    const value = browser.known ?? Buffer.from(deps.random(32)).toString('base64url');
    await ephemeral.addMember(knownKey(value), era, KNOWN_FOR);
    await ephemeral.expire(eraKey(subject), KNOWN_FOR);
    if (browser.known === undefined) browser.setKnown(value, KNOWN_FOR);
  }

  /** The budgets that one attempt is counted against. */
  async function budgetsOf(
    { subject, factor, opening, name }: Attempt,
    browser: Browser,
    era: string,
  ): Promise<Budget[]> {
    const { failures: max, duration: ttl, perAddress } = lockout;
    const shared = sharedKey(subject, factor);
    if (opening && browser.known !== undefined && (await isKnown(era, browser))) {
      return [{ kind: 'known', key: `${shared}:known:${hash(browser.known)}`, max, ttl }];
    }
    const address = `attempts:address:${budgetKey(browser.ip)}`;
    return [
      { kind: 'address', key: address, max: perAddress.failures, ttl: perAddress.window },
      ...(name === undefined ? [] : [{ kind: 'name' as const, key: sharedKey(name, factor), max, ttl }]),
      { kind: 'shared', key: shared, max, ttl },
    ];
  }

  const refund = async (budgets: readonly Budget[]) => {
    for (const { key } of budgets) await ephemeral.refund(key);
  };

  /** Told once: of any number at the same moment one takes the last of a budget, and the failure of a given place. */
  async function tell(
    { factor, opening }: Attempt,
    spent: Budget | undefined,
    counted: readonly Counted[],
    facts: Readonly<Record<string, unknown>> & { account?: string },
  ): Promise<void> {
    if (facts.account === undefined) return;
    const placed = (place: number) =>
      counted.filter(({ of, count }) => count === place && !isName(of)).map(({ of }) => of);
    const about = (of: readonly string[]) => ({ ...facts, factor, ...(opening ? {} : { credentials: of }) });
    const [stopped, many] = [placed(failures.most), placed(failures.warnAt)];
    if (stopped.length > 0) {
      await deps.audit.commit({ ...about(stopped), event: 'attempts.stopped', failures: failures.most });
    } else if (many.length > 0) {
      await deps.audit.commit({ ...about(many), event: 'attempts.many', failures: failures.warnAt });
    }
    if (spent === undefined) return;
    const from = spent.kind === 'known' ? 'known-browser' : 'anywhere';
    await deps.audit.commit({ ...facts, event: 'attempts.locked', factor, from, until: deps.now() + spent.ttl });
  }

  function turn(
    attempt: Attempt,
    { budgets, spent, counted }: { budgets: readonly Budget[]; spent: Budget | undefined; counted: Counted[] },
    recognised: () => Promise<void>,
  ): Turn {
    const { subject } = attempt;
    const all = counted.map(({ of }) => of);
    const against = all.filter((of) => !isName(of));
    return {
      allowed: true,
      against,
      async succeeded() {
        for (const { kind, key } of budgets) await (kind === 'address' ? ephemeral.refund(key) : ephemeral.delete(key));
        await failures.end(subject, all);
      },
      async returned() {
        await refund(budgets);
        await failures.giveBack(subject, all);
      },
      recognised,
      failed: (facts) => tell(attempt, spent, counted, facts),
    };
  }

  return {
    /** Counts one attempt. */
    async count(attempt: Attempt, browser: Browser): Promise<Turn | Locked> {
      const { subject, name, against = [] } = attempt;
      // Of now: by the time that a password is found right, it may be the former one.
      const era = attempt.opening ? await eraOf(subject) : subject;
      const budgets = await budgetsOf(attempt, browser, era);
      let spent: Budget | undefined;
      for (const [at, budget] of budgets.entries()) {
        const { key, max, ttl, kind } = budget;
        const { allowed, count, retryAfter } = await ephemeral.attempt(key, max, ttl);
        if (!allowed) {
          if (kind === 'shared' && name !== undefined) return { allowed: false, silent: true };
          // It isn't looked at: an address that has spent its budget must not lock accounts, nor a locked account it.
          await refund(budgets.slice(0, at));
          if (kind === 'known') await ephemeral.addMember(spentKey(subject), key, lockout.duration);
          return { allowed: false, retryAfter };
        }
        if ((kind === 'known' || kind === 'shared') && count === max) spent = budget;
      }
      const mine = budgets.some(({ kind }) => kind === 'known');
      const as = name === undefined || against.length === 0 ? [] : [nameRow(name)];
      const counted = mine ? [] : await failures.count(subject, [...against, ...as]);
      if (mine || against.length === 0 || counted.some(({ of }) => !isName(of))) {
        return turn(attempt, { budgets, spent, counted }, () => recognise(subject, era, browser));
      }
      if (counted.length > 0) return { allowed: false, silent: true };
      await refund(budgets);
      return { allowed: false };
    },

    /** What was bound anew counts anew. */
    async bound(subject: string, credential: string): Promise<void> {
      await failures.end(subject, [credential]);
    },

    /** What is stopped for good of an account: ids of credentials, and of factors that store none. */
    stopped: failures.stopped,

    /** The account knows this browser from now on; grants nothing. */
    recognise: async (subject: string, browser: Browser) => recognise(subject, await eraOf(subject), browser),

    /**
     * The password is another one. Whoever knew the former one may have made any number of browsers known, and would
     * guess the next one's likeness from each: all are strangers again.
     */
    async forgetBrowsers(subject: string): Promise<void> {
      await ephemeral.set(eraKey(subject), Buffer.from(deps.random(9)).toString('base64url'), KNOWN_FOR);
    },

    /** What is locked now: of a factor, the longest. Credentials that are stopped, by the factors that `of` names. */
    async locks(
      subject: string,
      factors: readonly string[],
      of: readonly { id: string; factor: string }[] = [],
    ): Promise<Lock[]> {
      const stopped = await failures.stopped(subject);
      const ended = new Set([...factors.filter((factor) => stopped.has(factor))]);
      for (const { id, factor } of of) if (stopped.has(id)) ended.add(factor);
      const spent = await ephemeral.members(spentKey(subject));
      const found = factors.map(async (factor): Promise<Lock[]> => {
        if (ended.has(factor)) return [{ factor }];
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
    async unlock(subject: string, factors: readonly string[], names: readonly string[] = []): Promise<void> {
      const spent = await ephemeral.members(spentKey(subject));
      for (const key of [...factors.map((factor) => sharedKey(subject, factor)), ...spent]) await ephemeral.delete(key);
      for (const name of names) for (const factor of factors) await ephemeral.delete(sharedKey(name, factor));
      await ephemeral.delete(spentKey(subject));
      await failures.end(subject);
    },

    /**
     * The owner has shown more than strangers could guess: what these factors were stopped for begins anew. `facts`:
     * for the audit, where anything was stopped.
     */
    async release(
      subject: string,
      factors: readonly string[],
      facts: Readonly<Record<string, unknown>>,
    ): Promise<void> {
      const names = (await failures.rows(subject)).filter(isName);
      const stopped = await failures.end(subject, [...factors, ...names]);
      for (const factor of stopped.filter((of) => !isName(of))) {
        await deps.audit.commit({ ...facts, event: 'attempts.released', account: subject, factor, by: 'owner' });
      }
    },

    /** The subject for a name that nobody goes by. */
    stranger: (login: string): string => strangerSubject(hash(login.normalize('NFKC').toLowerCase())),
  };
}

export type Attempts = ReturnType<typeof createAttempts>;
