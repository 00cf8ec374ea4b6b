import type { Accounts } from '../accounts/accounts.ts';
import type { Contacts } from '../accounts/contacts.ts';
import type { Delays } from '../accounts/delays.ts';
import type { Hold } from '../accounts/holds.ts';
import type { PasswordRules } from '../accounts/passwords/rule-book.ts';
import { normalPassword } from '../accounts/passwords/rules.ts';
import type { PasswordStates } from '../accounts/passwords/state.ts';
import { openerOf } from '../accounts/strength.ts';
import type { Account } from '../core/account.ts';
import { isRight } from '../core/directory.ts';
import { PasswordRefusedError } from '../core/errors.ts';
import type { Message } from '../core/prompt.ts';
import { type Attempt, lockedFor, lookedAt } from '../lockout/attempt.ts';
import type { Ended } from './ending.ts';
import type { MethodsNeeds } from './needs.ts';
import { createRevocation, type PasswordChange, type RevocationParts } from './revocation.ts';

/** How long one change keeps others of the account waiting at most, milliseconds. */
const CLAIM = 60_000;

const SAME: Message = { key: 'new-password.same' };

/** A change of password. The caller has made sure who asks, and how that was proven. */
export interface Change extends PasswordChange {
  next: string;
  /** The present password, where it has to be given. */
  current?: string;
  /** The new one works only after so many milliseconds, and the old one no more at once. */
  effectiveAfter?: number;
  /** Asked in the moment of changing it, which nobody else does then. */
  right(): Promise<boolean>;
}

/** `lost`: the right to change it is gone. */
export type Changed = Ended | { error: Message } | { lost: true };

interface Parts extends RevocationParts {
  accounts: Accounts;
  contacts: Pick<Contacts, 'ofAccount'>;
  passwordRules: PasswordRules;
  delays: Delays;
  passwordStates: PasswordStates;
}

/** Changes passwords in the directories that people come from. Nothing of a password is kept or told here. */
export function createPasswords(
  deps: Pick<MethodsNeeds, 'now' | 'ephemeral' | 'audit' | 'log' | 'directories' | 'factors'>,
  { accounts, contacts, delays, passwordRules, passwordStates, attempts, ...resting }: Parts,
) {
  const revoke = createRevocation(deps, { attempts, ...resting });

  const opener = openerOf(deps.factors)?.module.id;

  /** Counted as a sign-in's guesses are, of the same budget; without the present password there is little to guess. */
  function attemptOf({ account, current }: Change): Attempt {
    if (current === undefined || opener === undefined) {
      return { subject: account.id, factor: 'new-password', opening: false };
    }
    return { subject: account.id, factor: opener, opening: true, against: [opener] };
  }

  /** What is wrong with the present password; undefined where it is right, or needn't be given. */
  async function wrong({ account, current }: Change): Promise<Message | undefined> {
    if (current === undefined) return undefined;
    const verdict = await accounts.verifyPassword(account, current);
    if (isRight(verdict)) return undefined;
    return { key: verdict === 'unavailable' ? 'new-password.unavailable' : 'new-password.wrong' };
  }

  /** `reason`: the message's key. */
  function refused(reason: string, { account, facts }: Change): void {
    deps.audit.note({ ...facts, event: 'password.refused', account: account.id, reason });
    deps.log.info({ account: account.id, reason, reference: facts.reference }, 'a change of password was refused');
  }

  /** What is wrong with the new one. */
  async function fault({ account, next, current }: Change): Promise<Message | undefined> {
    const owner = { ...account, contacts: await contacts.ofAccount(account.id) };
    const [first] = await passwordRules.faults(next, owner);
    if (first) return first;
    if (current !== undefined) return normalPassword(next) === normalPassword(current) ? SAME : undefined;
    // A directory that locks accounts would count the question as a failure.
    if (deps.directories.get(account.directory)?.lockout) return undefined;
    const verdict = await accounts.verifyPassword(account, next);
    if (verdict === 'unavailable') return { key: 'new-password.unavailable' };
    return isRight(verdict) ? SAME : undefined;
  }

  async function set(change: Change, hold: Hold | undefined): Promise<Ended | { error: Message }> {
    const { account, next, current, effectiveAfter = 0 } = change;
    const directory = deps.directories.get(account.directory);
    if (directory?.changePassword === undefined) return { error: { key: 'new-password.not-here' } };
    const takeBack = await delays.begin(account.id, effectiveAfter);
    try {
      const { history } = passwordRules.profileOf(account);
      await directory.changePassword(account.directoryKey, normalPassword(next), current, { history });
    } catch (error) {
      // Whether it was changed nobody knows otherwise: then the delay stays.
      if (!(error instanceof PasswordRefusedError)) throw error;
      await takeBack();
      const key = `new-password.refused.${error.rule}`;
      refused(key, change);
      return { error: { key } };
    }
    const ended = await revoke(change, hold);
    await passwordStates.changed(account, ended.at);
    // Bound anew, it counts anew (NIST SP 800-63B-4 section 3.2.2): else whoever has no other method waits for the desk.
    if (opener !== undefined) await attempts.release(account.id, [opener], change.facts);
    return ended;
  }

  return {
    /** What a new one of theirs must be, in words. */
    rulesOf: (account: Account): Message[] => passwordRules.wordsOf(account),

    /** Whether the account's directory changes passwords. */
    changeable: ({ directory }: Account): boolean => deps.directories.get(directory)?.changePassword !== undefined,

    /**
     * Changes it, and ends sessions, grants and remembered devices from before `at` but for `session`; a hold ends
     * with it. Of any number at once one changes it.
     */
    async change(change: Change): Promise<Changed> {
      const attempt = attemptOf(change);
      const turn = await attempts.count(attempt, change.browser);
      if (!turn.allowed) {
        refused('locked', change);
        return { error: lockedFor(turn, attempt, deps.now()) };
      }
      const claim = `new-password:{${change.account.id}}`;
      if (!(await deps.ephemeral.add(claim, '1', CLAIM))) {
        await turn.returned();
        return { error: { key: 'already-answered' } };
      }
      try {
        // Before the right is asked for: a hold that is placed from here on isn't what this change is to lift.
        const hold = await resting.holds.of(change.account.id);
        if (!(await change.right())) {
          await turn.returned();
          return { lost: true };
        }
        const error = await lookedAt(turn, () => wrong(change));
        if (error) {
          await turn.failed({ ...change.facts, account: change.account.id });
          refused(error.key, change);
          return { error };
        }
        await (change.current === undefined ? turn.returned() : turn.succeeded());
        const unfit = await fault(change);
        return unfit ? { error: unfit } : await set(change, hold);
      } finally {
        await deps.ephemeral.delete(claim);
      }
    },
  };
}

export type Passwords = ReturnType<typeof createPasswords>;
