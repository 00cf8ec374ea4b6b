import { SamlFault } from '../errors.ts';
import type { Binding } from '../model.ts';
import { decodeBase64 } from '../xml/base64.ts';
import type { Departure } from './departures.ts';
import { InflateFault, inflateRaw } from './inflate.ts';
import { cutParameters, type Parameters } from './parameters.ts';

/** Bytes of a message. Real ones have 1 to 10 KiB; the largest carry certificates or long extensions. */
export const MAX_XML = 64 * 1024;

/** Characters of a query, and of a POSTed body: MAX_XML in base64, percent-encoded, and RelayState. */
const MAX_QUERY = 64 * 1024;
const MAX_BODY = 160 * 1024;

/** Bytes of a Response, and characters of the form that carries one: attributes by the hundred, encrypted, in base64 twice. */
export const MAX_RESPONSE = 256 * 1024;
export const MAX_RESPONSE_BODY = 512 * 1024;

/**
 * Characters of RelayState. The bindings say 80 bytes (section 3.4.3), and service providers send their return
 * addresses none the less, which browsers and servers take to about 2,000 characters.
 */
const MAX_RELAY_STATE = 2048;

const DEFLATE = 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE';

/** A message taken off its binding. */
export interface Wire {
  xml: Buffer;
  /** Which parameter it came in; SOAP has none. */
  parameter?: 'SAMLRequest' | 'SAMLResponse';
  relayState?: string;
  /** What isn't as the binding has it; the sender may be allowed to. */
  departures: readonly Departure[];
  /** Signature of the redirect binding: over these octets, as they were sent. */
  detached?: { octets: Buffer; value: Buffer; algorithm: string };
}

export interface Raw {
  /** Without the question mark, as received: never decoded and encoded again. */
  query?: string;
  /** A form as received, or the SOAP envelope. */
  body?: string;
}

/** Throws `size`, `encoding`, `parameters` or `relay-state`. */
export const UNWRAP: Readonly<Record<Binding, (raw: Raw) => Wire>> = { redirect, post: (raw) => post(raw), soap };

/** saml-bindings section 3.4.4.1. */
function redirect({ query = '' }: Raw): Wire {
  const parameters = cutParameters(bounded(query, MAX_QUERY));
  const encoding = parameters.SAMLEncoding?.value ?? DEFLATE;
  if (encoding !== DEFLATE) throw new SamlFault('parameters', `SAMLEncoding ${encoding.slice(0, 100)}`);
  const { parameter, value } = messageOf(parameters);
  const { bytes, departures } = decoded(value);
  return {
    xml: inflate(bytes),
    parameter,
    departures,
    ...relayStateOf(parameters),
    ...detachedOf(parameters, parameter),
  };
}

/** saml-bindings section 3.5.4. SigAlg and Signature would be SimpleSign, another binding. */
function post({ body = '' }: Raw, most = MAX_BODY): Wire {
  const parameters = cutParameters(bounded(body, most));
  const { SigAlg, Signature, SAMLEncoding } = parameters;
  if (SigAlg || Signature || SAMLEncoding) throw new SamlFault('parameters', 'parameters of another binding');
  const { parameter, value } = messageOf(parameters);
  const { bytes, departures } = decoded(value);
  const common = { parameter, ...relayStateOf(parameters) };
  if (looksLikeXml(bytes)) return { ...common, xml: bytes, departures };
  return { ...common, xml: inflate(bytes), departures: [...departures, 'deflated-post'] };
}

/** The form that carries a Response. Throws as `UNWRAP` does, and `kind` for a request. */
export function postedResponse(body: string): Wire {
  const wire = post({ body }, MAX_RESPONSE_BODY);
  if (wire.parameter !== 'SAMLResponse') throw new SamlFault('kind', 'a request where a Response is due');
  return wire;
}

/** `<`, white space, or a mark of the byte order; no block of DEFLATE that holds XML begins with the first two. */
function looksLikeXml(bytes: Buffer): boolean {
  const [first = 0] = bytes;
  return [0x3c, 0x20, 0x09, 0x0a, 0x0d, 0xef, 0xfe, 0xff].includes(first);
}

/**
 * A message's base64. Toolkits break it into lines, in redirects too: whatever signs it covers it as it was sent, or
 * is inside of it. Throws `encoding`.
 */
function decoded(value: string): { bytes: Buffer; departures: Departure[] } {
  if (!value.includes(' ')) return { bytes: decodeBase64(value, 'lines'), departures: [] };
  return { bytes: decodeBase64(value.replaceAll(' ', '+'), 'lines'), departures: ['unencoded-plus'] };
}

/** saml-bindings section 3.2; the envelope is taken off once it is parsed. */
function soap({ body = '' }: Raw): Wire {
  return { xml: Buffer.from(bounded(body, MAX_BODY)), departures: [] };
}

function bounded(text: string, max: number): string {
  if (text.length > max) throw new SamlFault('size', `${text.length} characters, ${max} allowed`);
  return text;
}

function messageOf({ SAMLRequest, SAMLResponse }: Parameters) {
  if (SAMLRequest && SAMLResponse) throw new SamlFault('parameters', 'both SAMLRequest and SAMLResponse');
  if (SAMLRequest) return { parameter: 'SAMLRequest', value: SAMLRequest.value } as const;
  if (SAMLResponse) return { parameter: 'SAMLResponse', value: SAMLResponse.value } as const;
  throw new SamlFault('parameters', 'neither SAMLRequest nor SAMLResponse');
}

const relayStateOf = ({ RelayState }: Parameters) => checkedRelayState(RelayState?.value);

/**
 * RelayState, whoever brings it; none where it is empty. Control characters have no place in it: it is written into
 * pages and headers further on. Throws `relay-state`.
 */
export function checkedRelayState(value: string | undefined): { relayState?: string } {
  if (!value) return {};
  if (value.length > MAX_RELAY_STATE)
    throw new SamlFault('relay-state', `${value.length} characters, ${MAX_RELAY_STATE} allowed`);
  if (/\p{Cc}/u.test(value)) throw new SamlFault('relay-state', 'control characters');
  return { relayState: value };
}

/** The octets are cut from what was sent: encoders differ in letters that they escape, and in their case. */
function detachedOf(parameters: Parameters, parameter: 'SAMLRequest' | 'SAMLResponse'): Pick<Wire, 'detached'> {
  const { SigAlg, Signature, RelayState } = parameters;
  if (!SigAlg && !Signature) return {};
  if (!SigAlg || !Signature) throw new SamlFault('parameters', 'one of SigAlg and Signature without the other');
  const octets = [
    `${parameter}=${parameters[parameter]?.raw}`,
    ...(RelayState ? [`RelayState=${RelayState.raw}`] : []),
    `SigAlg=${SigAlg.raw}`,
  ].join('&');
  return {
    detached: {
      octets: Buffer.from(octets),
      value: decodeBase64(Signature.value, 'lines'),
      algorithm: SigAlg.value,
    },
  };
}

/** Stops at the bound: what 50 KB unfold to is the sender's choice. */
function inflate(deflated: Buffer): Buffer {
  try {
    return inflateRaw(deflated, MAX_XML);
  } catch (cause) {
    if (cause instanceof InflateFault && cause.large)
      throw new SamlFault('size', `inflates to more than ${MAX_XML} bytes`, { cause });
    throw new SamlFault('encoding', 'not DEFLATE', { cause });
  }
}
