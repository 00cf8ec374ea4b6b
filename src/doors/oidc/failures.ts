import { errors } from 'oidc-provider';
import { hasCode, isUnavailable, OverloadedError, secondsToWait, TooManyError } from '../../core/errors.ts';

/** Until the store may be back, seconds. */
export const RETRY_AFTER = '30';

/** What our own code around oidc-provider refuses: the key of the page's texts. */
export function refusalOf(cause: Error): string | undefined {
  if (hasCode(cause, 'ERR_SIGN_IN_OTHER_BROWSER')) return 'other-browser';
  return hasCode(cause, 'ERR_SIGN_IN_EXPIRED') ? 'expired' : undefined;
}

const awayOf = (cause: Error): string => (hasCode(cause, 'ERR_DIRECTORY_UNAVAILABLE') ? 'directory' : 'unavailable');

/** What isn't the request's fault: the page and its status, the error of a program, and when to come again. */
export function failureOf(cause: Error): { key: string; status: number; error: string; retryAfter?: string } {
  if (isUnavailable(cause)) {
    return { key: awayOf(cause), status: 503, error: 'temporarily_unavailable', retryAfter: RETRY_AFTER };
  }
  if (cause instanceof OverloadedError) {
    return { key: 'busy', status: 503, error: 'temporarily_unavailable', retryAfter: secondsToWait(cause) };
  }
  if (cause instanceof TooManyError) {
    return { key: 'too-many', status: 429, error: 'temporarily_unavailable', retryAfter: secondsToWait(cause) };
  }
  return { key: 'server', status: 500, error: 'server_error' };
}

/** What oidc-provider refuses or fails at: the key of the page's texts, and the status. */
export function classify(cause: Error, status: number): [key: string, status: number] {
  if (isUnavailable(cause)) return [awayOf(cause), 503];
  if (hasCode(cause, 'ERR_OVERLOADED')) return ['busy', 503];
  if (cause instanceof errors.SessionNotFound) return ['expired', 400];
  if (cause instanceof errors.OIDCProviderError && cause.statusCode < 500) return ['request', status];
  return ['server', 500];
}
