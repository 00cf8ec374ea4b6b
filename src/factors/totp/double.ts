import { codeOf, type Parameters, stepAt } from './otp.ts';

/** An authenticator app for tests: knows what the URI says and nothing else. */
export interface Authenticator {
  issuer: string | null;
  username: string;
  parameters: Parameters;
  /** The code shown at `now`, epoch milliseconds. */
  codeAt(now: number): string;
}

/** Reads an `otpauth:` URI as an app does, with the format's defaults where a parameter is missing. */
export function createAuthenticator(uri: string): Authenticator {
  const url = new URL(uri);
  if (url.protocol !== 'otpauth:' || url.host !== 'totp') throw new Error(`not an otpauth URI for TOTP: ${url.host}`);
  const query = url.searchParams;
  const parameters: Parameters = {
    secret: query.get('secret') ?? '',
    algorithm: query.get('algorithm') === 'SHA256' ? 'SHA256' : 'SHA1',
    digits: query.get('digits') === '8' ? 8 : 6,
    period: Number(query.get('period') ?? 30),
  };
  const label = decodeURIComponent(url.pathname.slice(1));
  return {
    issuer: query.get('issuer'),
    username: label.slice(label.indexOf(':') + 1),
    parameters,
    codeAt: (now) => codeOf(parameters, stepAt(parameters.period, now)),
  };
}
