import type { Account } from '../../core/account.ts';
import type { PasswordProfile } from './profile.ts';
import type { PasswordStanding, PasswordStates } from './state.ts';

/**
 * How near its end a password is. `soon`: its owner is reminded; `overdue`: it is past it, and nothing is enforced;
 * `expired`: it opens nothing but the page for a new one; `disabled`: nothing else does, either.
 */
export type ExpiryStage = 'good' | 'soon' | 'overdue' | 'expired' | 'disabled';

export interface Expiry {
  stage: ExpiryStage;
  /** Epoch milliseconds. */
  expires: number;
}

/** Undefined: it doesn't expire. */
export function expiryAt(
  { expires, profile: { expiry } }: Pick<PasswordStanding, 'expires' | 'profile'>,
  now: number,
): Expiry | undefined {
  if (expires === undefined || expiry === undefined) return undefined;
  if (now < expires - expiry.remind) return { stage: 'good', expires };
  if (now < expires) return { stage: 'soon', expires };
  if (!expiry.enforced) return { stage: 'overdue', expires };
  return { stage: expiry.disable ? 'disabled' : 'expired', expires };
}

const disables = ({ expiry }: PasswordProfile): boolean => expiry?.enforced === true && expiry.disable;

/** How near people's passwords are to their end. Nothing is looked up of people whose passwords don't expire. */
export function createPasswordExpiry(
  { now }: { now(): number },
  { passwordStates }: { passwordStates: Pick<PasswordStates, 'profileOf' | 'standing'> },
) {
  async function of(account: Account): Promise<Expiry | undefined> {
    if (passwordStates.profileOf(account).expiry === undefined) return undefined;
    return expiryAt(await passwordStates.standing(account), now());
  }

  return {
    of,

    /** Whether the account opens nothing before its password is another one, whatever it is opened with. */
    async disabled(account: Account): Promise<boolean> {
      return disables(passwordStates.profileOf(account)) && (await of(account))?.stage === 'disabled';
    },
  };
}

export type PasswordExpiryOf = ReturnType<typeof createPasswordExpiry>;
