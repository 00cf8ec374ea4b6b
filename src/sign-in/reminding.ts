import type { PasswordExpiryOf, PasswordStates } from '../accounts/passwords/index.ts';
import type { FullEvaluation } from '../assurance/evaluate.ts';
import type { Account } from '../core/account.ts';
import { isOwnPage } from '../core/application.ts';
import type { Passwords } from '../methods/passwords.ts';
import type { SignInNeeds } from './needs.ts';
import type { Stage, State } from './steps.ts';

/** How long "Later" holds, milliseconds: till the next day, wherever in it somebody signs in. */
const LATER = 16 * 3_600_000;

interface Parts {
  passwordExpiry: PasswordExpiryOf;
  passwordStates: Pick<PasswordStates, 'profileOf' | 'reached'>;
  passwords: Passwords;
}

/** That a password expires: of the reminder once a sign-in is complete, and of the page for a new one. */
export function createReminding(
  { ephemeral, now }: Pick<SignInNeeds, 'ephemeral' | 'now'>,
  { passwordExpiry, passwordStates, passwords }: Parts,
) {
  const laterKey = (account: string) => `password-later:{${account}}`;

  return {
    async due(account: Account, application: string, state: State, authTime: number): Promise<Stage | undefined> {
      if (passwordStates.profileOf(account).expiry === undefined) return undefined;
      await passwordStates.reached(account);
      // The account's own pages say so themselves.
      if (state.reminded || isOwnPage(application)) return undefined;
      const { stage, expires = 0 } = (await passwordExpiry.of(account)) ?? {};
      if (stage !== 'soon' && stage !== 'overdue') return undefined;
      if ((await ephemeral.get(laterKey(account.id))) !== undefined) return undefined;
      const here = passwords.changeable(account);
      return { at: 'remind', expires, authTime, ...(stage === 'overdue' ? { overdue: true } : {}), here };
    },

    /** All is proven, and nothing opens before the password is a new one; or its owner said so, and may think better of it. */
    newPassword({ account, hold, due, begun: authTime = now() }: FullEvaluation): Stage {
      if (account && passwords.changeable(account)) {
        const optional = due === 'expiring' ? { optional: { authTime } } : {};
        return { at: 'new-password', ...(hold || !due ? {} : { due, ...optional }) };
      }
      return { at: 'refused', message: hold ? 'held.not-here' : 'due.not-here', error: 'access_denied' };
    },

    /** Until the next day there is no reminder. */
    async later(account: string): Promise<void> {
      await ephemeral.set(laterKey(account), '1', LATER);
    },
  };
}

export type Reminding = ReturnType<typeof createReminding>;
