import { SamlFault } from '../errors.ts';

/** Parameters of the redirect and POST bindings (saml-bindings sections 3.4.4 and 3.5.4). */
const NAMES = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature', 'SAMLEncoding'] as const;
export type Name = (typeof NAMES)[number];

/** By name: the value as it was sent, for the signature, and as it reads. */
export type Parameters = Partial<Record<Name, { raw: string; value: string }>>;

const BY_LOWER_CASE: ReadonlyMap<string, Name> = new Map(NAMES.map((name) => [name.toLowerCase(), name]));

/**
 * Cuts a query or a form (application/x-www-form-urlencoded) as it was sent. A parameter of the bindings stands
 * there once, under its own name letter by letter: twice, percent-encoded or in another case, and the one
 * that is verified may not be the one that is read. Others' parameters are passed over.
 * Throws `parameters`.
 */
export function cutParameters(text: string): Parameters {
  const found: Parameters = {};
  for (const pair of text.split('&')) {
    const at = pair.indexOf('=');
    const written = at < 0 ? pair : pair.slice(0, at);
    const raw = at < 0 ? '' : pair.slice(at + 1);
    const name = BY_LOWER_CASE.get(decode(written).trim().toLowerCase());
    if (!name) continue;
    if (written !== name) throw new SamlFault('parameters', `${name} written ${written.slice(0, 40)}`);
    if (found[name]) throw new SamlFault('parameters', `${name} twice`);
    found[name] = { raw, value: decode(raw) };
  }
  return found;
}

/** What needs no decoding, as names and most values but for their signs. */
const ITSELF = /^[\w.-]*$/;

function decode(text: string): string {
  if (ITSELF.test(text)) return text;
  try {
    return decodeURIComponent(text.includes('+') ? text.replaceAll('+', ' ') : text);
  } catch (cause) {
    throw new SamlFault('parameters', 'malformed percent-encoding', { cause });
  }
}
