import { SallyportError } from '../../../core/errors.ts';

/** Whoever comes back to a sign-in that is over, or that began in another browser, is told so. */
export function expired(detail: string): SallyportError {
  return new SallyportError('ERR_SIGN_IN_EXPIRED', detail);
}
