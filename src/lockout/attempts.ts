import type { Browser } from '../core/browser.ts';
import type { Attempt, Lock, Locked, Turn } from './attempt.ts';
import { createBudgets } from './budgets.ts';
import { createFailures, isName, nameRow, strangerSubject } from './failures.ts';
import { createKnownBrowsers } from './known-browsers.ts';
import type { LockoutNeeds } from './needs.ts';
import { createTurns } from './turns.ts';

/**
 * Budgets of attempts, counted before an answer is looked at, across all sessions and applications.
 *
 * Strangers share one budget per account, so their guessing locks strangers out, for a while and after enough in a
 * row for good; a browser on which the account has signed in before has its own, so they can't lock the owner out.
 * That is for the first factor alone: whoever knows the password can make browsers known, and would get a new budget
 * of codes with each.
 */
export function createAttempts(
  deps: Pick<LockoutNeeds, 'now' | 'ephemeral' | 'durable' | 'random' | 'lockout' | 'audit' | 'bound'>,
) {
  const failures = createFailures(deps);
  const browsers = createKnownBrowsers(deps);
  const budgets = createBudgets(deps);
  const turn = createTurns({ ...deps, budgets, failures });

  return {
    /** Counts one attempt. */
    async count(attempt: Attempt, browser: Browser): Promise<Turn | Locked> {
      const { subject, opening, name, against = [] } = attempt;
      // Of now: by the time that a password is found right, it may be the former one.
      const address = browser.speaker === undefined ? browser.ip : undefined;
      const asked = budgets.counts(attempt, address);
      // Whoever is known is counted elsewhere, and asks for that.
      asked.catch(() => undefined);
      const era = opening ? await browsers.eraOf(subject) : subject;
      const known = opening ? await browsers.known(era, browser) : undefined;
      const taken = await budgets.take(attempt, address, { known, counts: await asked });
      if (!taken.allowed) return taken;
      const mine = known !== undefined;
      const as = name === undefined || against.length === 0 ? [] : [nameRow(name)];
      const counted = mine ? [] : await failures.count(subject, [...against, ...as]);
      if (mine || against.length === 0 || counted.some(({ of }) => !isName(of))) {
        return turn(attempt, taken, counted, () => browsers.recognise(subject, era, browser));
      }
      if (counted.length > 0) return { allowed: false, silent: true };
      await budgets.refund(taken.budgets);
      return { allowed: false };
    },

    /** What was bound anew counts anew. */
    async bound(subject: string, credential: string): Promise<void> {
      await failures.end(subject, [credential]);
    },

    /** What is stopped for good of an account: ids of credentials, and of factors that store none. */
    stopped: failures.stopped,

    /** Whether the account has signed in on this browser before; grants nothing. */
    knows: async (subject: string, browser: Browser): Promise<boolean> =>
      (await browsers.known(await browsers.eraOf(subject), browser)) !== undefined,

    /** The account knows this browser from now on; grants nothing. */
    async recognise(subject: string, browser: Browser): Promise<void> {
      await browsers.recognise(subject, await browsers.eraOf(subject), browser);
    },

    /**
     * The password is another one. Whoever knew the former one may have made any number of browsers known, and would
     * guess the next one's likeness from each: all are strangers again.
     */
    forgetBrowsers: browsers.forget,

    /** What is locked now: of a factor, the longest. Credentials that are stopped, by the factors that `of` names. */
    async locks(
      subject: string,
      factors: readonly string[],
      of: readonly { id: string; factor: string }[] = [],
    ): Promise<Lock[]> {
      const stopped = await failures.stopped(subject);
      const ended = new Set([...factors.filter((factor) => stopped.has(factor))]);
      for (const { id, factor } of of) if (stopped.has(id)) ended.add(factor);
      const waits = await budgets.waits(
        subject,
        factors.filter((factor) => !ended.has(factor)),
      );
      return factors.flatMap((factor): Lock[] => {
        const wait = waits.get(factor);
        if (ended.has(factor)) return [{ factor }];
        return wait === undefined ? [] : [{ factor, until: deps.now() + wait }];
      });
    },

    /** Every budget of the account starts anew; those of addresses stay, for they are everybody's there. */
    async unlock(subject: string, factors: readonly string[], names: readonly string[] = []): Promise<void> {
      await budgets.clear(subject, factors, names);
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
    stranger: strangerSubject,
  };
}

export type Attempts = ReturnType<typeof createAttempts>;
