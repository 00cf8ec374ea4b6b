import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { bits, element, integer, octets, oid, printable, sequence, set, time, utf8, yes } from './der.ts';

/** A certificate of tests, with its key. */
export interface Issued {
  certificate: X509Certificate;
  key: KeyObject;
  subject: Buffer;
}

export interface Wish {
  issuer?: Issued;
  /** Common name. */
  name?: string;
  ca?: boolean;
  pathLength?: number;
  from?: number;
  to?: number;
  extensions?: Buffer[];
  /** Key of its own; by default a new P-256 one. */
  keys?: { publicKey: KeyObject; privateKey: KeyObject };
  /** No subject, as certificates of a TPM have it. */
  anonymous?: boolean;
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

export function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [yes] : []), octets(value));
}

/** AAGUID of WebAuthn section 8.2.1. */
export function aaguidExtension(aaguid: string): Buffer {
  return extension('1.3.6.1.4.1.45724.1.1.4', octets(Buffer.from(aaguid.replaceAll('-', ''), 'hex')));
}

/** Yubico's firmware extension; any bytes, to be malformed. */
export function firmwareExtension(version: Uint8Array): Buffer {
  return extension('1.3.6.1.4.1.41482.13.1', version);
}

export const firmware = (...version: number[]): Buffer => firmwareExtension(octets(Buffer.from(version)));

function nameOf(common: string): Buffer {
  const attribute = (id: string, value: Buffer) => set(sequence(oid(id), value));
  return sequence(
    attribute('2.5.4.6', printable('AA')),
    attribute('2.5.4.10', utf8('Example Keys')),
    attribute('2.5.4.11', utf8('Authenticator Attestation')),
    attribute('2.5.4.3', utf8(common)),
  );
}

/** Makes a certificate (RFC 5280 section 4.1), signed by the issuer or by itself. */
export function issue(wish: Wish = {}): Issued {
  const {
    issuer,
    name = 'Test',
    ca = false,
    pathLength,
    from = 0,
    to = Date.parse('2090-01-01'),
    extensions = [],
  } = wish;
  const keys = wish.keys ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = wish.anonymous ? sequence() : nameOf(name);
  const limits = ca ? sequence(yes, ...(pathLength === undefined ? [] : [integer(pathLength)])) : sequence();
  const tbs = sequence(
    element(0xa0, integer(2)),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    issuer?.subject ?? subject,
    sequence(time(from), time(to)),
    subject,
    keys.publicKey.export({ format: 'der', type: 'spki' }),
    element(0xa3, sequence(extension('2.5.29.19', limits, true), ...extensions)),
  );
  const signature = sign('sha256', tbs, issuer?.key ?? keys.privateKey);
  const der = sequence(tbs, ECDSA_SHA256, bits(signature));
  return { certificate: new X509Certificate(der), key: keys.privateKey, subject };
}
