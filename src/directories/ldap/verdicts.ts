import type { PasswordPolicyValue } from 'ldapts';
import type { PasswordVerdict } from '../../core/directory.ts';
import { PasswordRefusedError, type PasswordRule } from '../../core/errors.ts';
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

/** Active Directory's own reasons, hexadecimal behind `data`: these come with the right password alone. */
const EXPIRED = '532';
const MUST_CHANGE = '773';

/**
 * Whether a password was right. `error`: of the bind, undefined where it was taken. `reasons`: the server is one whose
 * words for operators say so; another's could repeat what somebody typed.
 */
export function verdictOf(
  error: unknown,
  policy: PasswordPolicyValue | undefined,
  { reasons }: { reasons: boolean },
): PasswordVerdict {
  if (error === undefined) {
    if (policy?.error === POLICY.changeAfterReset) return 'must-change';
    return policy?.graceAuthNsRemaining === undefined ? 'ok' : 'expired';
  }
  const result = resultOf(error);
  if (result === RESULT.invalidCredentials) {
    const [, data] = (reasons && /\bdata ([0-9a-f]+)\b/i.exec(causeOf(error))) || [];
    if (data === EXPIRED || policy?.error === POLICY.expired) return 'expired';
    return data === MUST_CHANGE ? 'must-change' : 'wrong';
  }
  return result !== undefined && REFUSES.has(result) ? 'wrong' : 'unavailable';
}

/** 389-DS and FreeIPA answer 53 for an account that is disabled, and 19 for one that wrong passwords have locked. */
const REFUSES: ReadonlySet<number> = new Set([
  RESULT.constraintViolation,
  RESULT.inappropriateAuthentication,
  RESULT.invalidDnSyntax,
  RESULT.noSuchObject,
  RESULT.unwillingToPerform,
]);

/** ERROR_PASSWORD_RESTRICTION: too short, too simple, too young or had before. Which, Active Directory doesn't say. */
const RESTRICTED = /0000052D/i;

const RULES: ReadonlyMap<number, PasswordRule> = new Map([
  [POLICY.notAllowed, 'not-allowed'],
  [POLICY.quality, 'quality'],
  [POLICY.short, 'short'],
  [POLICY.young, 'young'],
  [POLICY.history, 'history'],
]);

/** What a server has against a new password, for the person; undefined where it says nothing of that. */
export function refusalOf(error: unknown, policy?: PasswordPolicyValue): PasswordRefusedError | undefined {
  if (error instanceof PasswordRefusedError) return error;
  const result = resultOf(error);
  if (result === undefined) return undefined;
  // ERROR_INVALID_PASSWORD: the present one is another by now.
  if (/\b00000056\b/.test(causeOf(error))) return undefined;
  const said = policy?.error === undefined ? undefined : RULES.get(policy.error);
  if (said !== undefined) return new PasswordRefusedError(said, { cause: error });
  const rule = RESULTS.get(result);
  if (rule !== undefined) return new PasswordRefusedError(rule, { cause: error });
  const restricted = result === RESULT.unwillingToPerform && RESTRICTED.test(causeOf(error));
  return restricted ? new PasswordRefusedError('policy', { cause: error }) : undefined;
}

const RESULTS: ReadonlyMap<number, PasswordRule> = new Map([
  [RESULT.constraintViolation, 'policy'],
  [RESULT.insufficientAccess, 'not-allowed'],
]);
