import { SamlFault } from '../errors.ts';

/**
 * Base64 as RFC 4648 section 4 writes it: its alphabet, its padding, no stray bits; decoders that skip what
 * they don't know let two texts be one message. `breaks`: line breaks, and in XML all white space, may stand between.
 * Throws `encoding`.
 */
export function decodeBase64(text: string, breaks: 'none' | 'lines' | 'xml' = 'none'): Buffer {
  const joined = breaks === 'none' ? text : text.replace(breaks === 'lines' ? /[\r\n]+/g : /[\t\r\n ]+/g, '');
  const bytes = Buffer.from(joined, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== joined) throw new SamlFault('encoding', 'not base64');
  return bytes;
}
