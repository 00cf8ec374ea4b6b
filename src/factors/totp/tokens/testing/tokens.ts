import { codeOf, encodeSecret, stepAt } from '../../otp.ts';
import { type Token, token } from '../token.ts';

/** The secret of RFC 4226 appendix D. */
export const SECRET = encodeSecret(Buffer.from('12345678901234567890'));

export function hotp(serial = 'H1', rest: Partial<Extract<Token, { type: 'hotp' }>> = {}): Token {
  return token.parse({ serial, type: 'hotp', secret: SECRET, algorithm: 'SHA1', digits: 6, next: 0, ...rest });
}

export function clocked(serial = 'T1', rest: Partial<Extract<Token, { type: 'totp' }>> = {}): Token {
  const clock = { period: 30, drift: 0 } as const;
  const common = { serial, secret: SECRET, algorithm: 'SHA1', digits: 6, next: 0 };
  return token.parse({ ...common, type: 'totp', ...clock, ...rest });
}

/** What a token with a button shows at the press of that number, from 0. */
export const pressed = (it: Token, press: number): string => codeOf(it, press);

/** What a token with a clock shows at `now`, if its clock is `ahead` milliseconds ahead. */
export function shown(it: Token, now: number, ahead = 0): string {
  if (it.type !== 'totp') throw new Error('it has no clock');
  return codeOf(it, stepAt(it.period, now + ahead));
}
