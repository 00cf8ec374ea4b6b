import { ResultCodeError } from 'ldapts';
import { SallyportError } from '../../core/errors.ts';

/** The directory can't be asked. */
export class AwayError extends SallyportError {
  constructor(message: string, cause?: unknown) {
    super('ERR_DIRECTORY_UNAVAILABLE', cause === undefined ? message : `${message}: ${causeOf(cause)}`, { cause });
    this.name = 'AwayError';
  }
}

/** More than one goes by a name. */
export class AmbiguousError extends SallyportError {
  constructor() {
    super('ERR_AMBIGUOUS', 'several entries go by this name, and nobody by it');
    this.name = 'AmbiguousError';
  }
}

/** What an error says, for operators: without the values of an entry. */
export function causeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  const text = error instanceof Error ? error.message : String(error);
  return typeof code === 'string' && !text.includes(code) ? `${code}: ${text}` : text;
}

/** LDAP result codes (RFC 4511 appendix A). */
export const RESULT = {
  sizeLimitExceeded: 4,
  noSuchAttribute: 16,
  constraintViolation: 19,
  noSuchObject: 32,
  invalidDnSyntax: 34,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccess: 50,
  busy: 51,
  unavailable: 52,
  unwillingToPerform: 53,
} as const;

/** The result that a server answered; undefined where none came. */
export function resultOf(error: unknown): number | undefined {
  return error instanceof ResultCodeError ? error.code : undefined;
}

/** Whether it says that this server answers nothing now, whatever it is asked: it was late, hung up, or says so. */
export function isSilence(error: unknown): boolean {
  const result = resultOf(error);
  return result === undefined || result === RESULT.busy || result === RESULT.unavailable;
}
