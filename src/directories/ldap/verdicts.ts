import type { PasswordPolicyValue } from 'ldapts';
import type { PasswordVerdict } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import { causeOf, RESULT, resultOf } from './errors.ts';

/** What a server says of a password policy (draft-behera-ldap-password-policy-10 section 6.2). */
const POLICY = {
  expired: 0,
  changeAfterReset: 2,
  notAllowed: 3,
  oldNeeded: 4,
  quality: 5,
  short: 6,
  young: 7,
  history: 8,
} as const;

/** Active Directory's own reasons, hexadecimal behind `data`: only these come with the right password alone. */
const EXPIRED = '532';
const MUST_CHANGE = '773';

/** Whether a password was right. `error`: of the bind, undefined where it was taken. */
export function verdictOf(error: unknown, policy: PasswordPolicyValue | undefined): PasswordVerdict {
  if (error === undefined) {
    if (policy?.error === POLICY.changeAfterReset) return 'must-change';
    return policy?.graceAuthNsRemaining === undefined ? 'ok' : 'expired';
  }
  const result = resultOf(error);
  if (result === RESULT.invalidCredentials) {
    const [, data] = /\bdata ([0-9a-f]+)\b/i.exec(causeOf(error)) ?? [];
    if (data === EXPIRED || policy?.error === POLICY.expired) return 'expired';
    return data === MUST_CHANGE ? 'must-change' : 'wrong';
  }
  return result !== undefined && REFUSES.has(result) ? 'wrong' : 'unavailable';
}

/** 53: 389-DS and FreeIPA answer so for an account that is locked. */
const REFUSES: ReadonlySet<number> = new Set([
  RESULT.inappropriateAuthentication,
  RESULT.invalidDnSyntax,
  RESULT.noSuchObject,
  RESULT.unwillingToPerform,
]);

/** ERROR_PASSWORD_RESTRICTION: too short, too simple, too young or had before. Which, Active Directory doesn't say. */
const RESTRICTED = /0000052D/i;

/** What a server has against a new password, for the person; undefined where it says nothing of that. */
export function refusalOf(error: unknown, policy?: PasswordPolicyValue): SallyportError | undefined {
  if (error instanceof SallyportError && error.code === 'ERR_INPUT') return error;
  const result = resultOf(error);
  if (result === undefined) return undefined;
  const said = policy?.error;
  if (said === POLICY.short) return refused('too short');
  if (said === POLICY.young) return refused('the present one is too new');
  if (said === POLICY.history) return refused('had before');
  if (said === POLICY.quality || result === RESULT.constraintViolation)
    return refused('against the directory’s policy');
  if (result === RESULT.unwillingToPerform && RESTRICTED.test(causeOf(error)))
    return refused('against the directory’s policy');
  return undefined;
}

const refused = (why: string) => new SallyportError('ERR_INPUT', why);
