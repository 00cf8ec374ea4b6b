/** Errors with stable codes. What people read is chosen by the code; the detail is for the log. */

export type ErrorCode =
  | 'ERR_AMBIGUOUS'
  | 'ERR_BOOTSTRAP'
  | 'ERR_CONFIG'
  | 'ERR_CSRF'
  | 'ERR_DATA_LOCKED'
  | 'ERR_DIRECTORY_UNAVAILABLE'
  | 'ERR_INPUT'
  | 'ERR_MISDIRECTED'
  | 'ERR_NOT_FOUND'
  | 'ERR_OVERLOADED'
  | 'ERR_SEAL'
  | 'ERR_SIGN_IN_EXPIRED'
  | 'ERR_SIGN_IN_OTHER_BROWSER'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_TOO_MANY'
  | 'ERR_VERSION_CONFLICT';

export class SallyportError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SallyportError';
    this.code = code;
  }
}

export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof SallyportError && error.code === code;
}

/** Whether what is needed is away for now: a store, or the directory that knows somebody. */
export function isUnavailable(error: unknown): boolean {
  return hasCode(error, 'ERR_STORE_UNAVAILABLE') || hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE');
}

/** Refused for now, and what to do is to wait. */
export class TooManyError extends SallyportError {
  /** Milliseconds. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super('ERR_TOO_MANY', message);
    this.name = 'TooManyError';
    this.retryAfter = retryAfter;
  }
}

/** Refused at once, because there is more to do than can be done: nothing was looked at. */
export class OverloadedError extends SallyportError {
  /** Milliseconds. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super('ERR_OVERLOADED', message);
    this.name = 'OverloadedError';
    this.retryAfter = retryAfter;
  }
}

/**
 * Which rule a directory refused a new password by. `policy`: it doesn't say which; `not-allowed`: its people may not
 * change theirs.
 */
export type PasswordRule = 'short' | 'history' | 'young' | 'quality' | 'policy' | 'not-allowed';

/** A directory doesn't take a new password. */
export class PasswordRefusedError extends SallyportError {
  readonly rule: PasswordRule;

  constructor(rule: PasswordRule, options?: ErrorOptions) {
    super('ERR_INPUT', `the directory doesn’t take the new password: ${rule}`, options);
    this.name = 'PasswordRefusedError';
    this.rule = rule;
  }
}

/** For the header Retry-After: seconds, at least one. */
export function secondsToWait({ retryAfter }: Pick<TooManyError, 'retryAfter'>): string {
  return String(Math.max(1, Math.ceil(retryAfter / 1000)));
}

/** One fault of a configuration: where it stands and what to do about it. */
export interface ConfigFault {
  file: string;
  /** Path inside the file, dotted: `applications.library.oidc.redirectUris[0]`. */
  path: string;
  message: string;
  line?: number;
}

/** All the faults of a configuration at once. */
export class ConfigError extends SallyportError {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super('ERR_CONFIG', faults.map(faultLine).join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

function faultLine({ file, line, path, message }: ConfigFault): string {
  return [line === undefined ? file : `${file}:${line}`, path, message].filter((part) => part !== '').join(': ');
}
