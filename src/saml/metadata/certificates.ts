import { X509Certificate } from 'node:crypto';
import { type Element, NS } from '../xml/library.ts';
import { MetadataFault } from './fault.ts';
import { bounded, textOf } from './read.ts';

const SMALLEST_RSA = 2048;
/** A modulus of any size would let metadata make each verification as slow as it likes. */
const LARGEST_RSA = 16_384;
const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const LONGEST = 32_768;
const MOST = 20;

interface Certificate {
  /** Base64 DER, on one line. */
  base64: string;
  kind: 'rsa' | 'ec';
}

/** Certificates of a service provider; what encrypts has the algorithms that it lists. */
export interface Keys {
  signing: string[];
  encryption: { certificate: string; methods: string[] }[];
}

/**
 * The keys of a role. A `KeyDescriptor` without certificate is a fault: with none to hold against, whoever
 * verifies is tempted to believe the one that a message brings along.
 */
export function keysOf(role: Element): Keys {
  const keys: Keys = { signing: [], encryption: [] };
  for (const descriptor of bounded(role.children(NS.md, 'KeyDescriptor'), MOST, 'keys')) {
    const use = descriptor.attribute('use');
    if (use !== undefined && use !== 'signing' && use !== 'encryption') {
      throw new MetadataFault(`a KeyDescriptor is for ${JSON.stringify(use)}`);
    }
    const { base64, kind } = certificateOf(descriptor);
    if (use !== 'encryption' && !keys.signing.includes(base64)) keys.signing.push(base64);
    // Keys are transported by RSA-OAEP: an elliptic curve can't.
    if (use === 'signing' || kind !== 'rsa' || keys.encryption.some((it) => it.certificate === base64)) continue;
    const methods = descriptor.children(NS.md, 'EncryptionMethod').map((it) => it.attribute('Algorithm') ?? '');
    keys.encryption.push({ certificate: base64, methods: bounded(methods, 50, 'encryption methods').filter(Boolean) });
  }
  return keys;
}

/** A descriptor is one key (saml-metadata-interop section 2.5): several certificates must hold the same. */
function certificateOf(descriptor: Element): Certificate {
  const texts = descriptor
    .children(NS.ds, 'KeyInfo')
    .flatMap((info) => info.children(NS.ds, 'X509Data'))
    .flatMap((data) => data.children(NS.ds, 'X509Certificate'))
    .map(textOf);
  const [first, ...others] = bounded(texts, MOST, 'certificates').map(parseCertificate);
  if (first === undefined) throw new MetadataFault('a KeyDescriptor has no X509Certificate');
  if (others.some(({ key }) => !key.equals(first.key))) {
    throw new MetadataFault('the certificates of a KeyDescriptor have different keys');
  }
  return first;
}

function parseCertificate(text: string): Certificate & { key: X509Certificate['publicKey'] } {
  // Some products write the PEM file whole: its lines say nothing that the base64 doesn't.
  const base64 = text.replace(/-----(?:BEGIN|END) CERTIFICATE-----/g, '').replace(/[ \t\r\n]+/g, '');
  if (base64.length > LONGEST || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw new MetadataFault('a certificate is not base64');
  }
  const { publicKey: key } = x509Of(base64);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  if (type === 'rsa') {
    const bits = details.modulusLength ?? 0;
    if (bits < SMALLEST_RSA || bits > LARGEST_RSA)
      throw new MetadataFault(`a certificate has an RSA key of ${bits} bits`);
    return { base64, kind: 'rsa', key };
  }
  if (type === 'ec' && CURVES.has(details.namedCurve ?? '')) return { base64, kind: 'ec', key };
  throw new MetadataFault(`a certificate has a key of a kind that is not offered (${details.namedCurve ?? type})`);
}

function x509Of(base64: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch (cause) {
    throw new MetadataFault('a certificate can’t be read', { cause });
  }
}
