import { createHash, createHmac } from 'node:crypto';

const sha512 = (text: string): string => createHash('sha512').update(text).digest('hex');

/** RFC 3986: everything but letters, digits and `_.~-`, in capitals. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`);

/** Parameters of a GET as they are sent and signed: by name. */
export const queryOf = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join('&');

/** A call, as it goes over the wire. */
export interface Call {
  /** RFC 2822, as in the header `Date`. */
  date: string;
  method: 'GET' | 'POST';
  /** As in the header `Host`. */
  host: string;
  path: string;
  query: string;
  body: string;
}

/**
 * Signature version 5 of Duo's API: HMAC-SHA512 over date, method, host, path, query, hash of the body and hash of the
 * `X-Duo-` headers, of which there are none; hexadecimal.
 */
export function signatureOf({ date, method, host, path, query, body }: Call, secretKey: string): string {
  const lines = [date, method, host.toLowerCase(), path, query, sha512(body), sha512('')];
  return createHmac('sha512', secretKey).update(lines.join('\n')).digest('hex');
}
