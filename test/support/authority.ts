import 'reflect-metadata';
import { KeyObject } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;
const CLIENT = '1.3.6.1.5.5.7.3.2';

/** A certificate and its key, PEM. */
export interface Issued {
  cert: string;
  key: string;
  certificate: X509Certificate;
  keys: CryptoKeyPair;
}

export interface Wish {
  subject: string;
  names?: JsonGeneralName[];
  /** Who issues it; itself, where nobody does. */
  by?: Issued;
  authority?: boolean;
  /** What it is for; a client, by itself. */
  usage?: string;
  /** From and to when, days from now. */
  days?: readonly [number, number];
}

export async function issue({
  subject,
  names = [],
  by,
  authority = false,
  usage = CLIENT,
  days = [-1, 1],
}: Wish): Promise<Issued> {
  const keys = await crypto.subtle.generateKey(ES256, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: by?.certificate.subject ?? subject,
    notBefore: new Date(Date.now() + days[0] * DAY),
    notAfter: new Date(Date.now() + days[1] * DAY),
    signingAlgorithm: ES256,
    publicKey: keys.publicKey,
    signingKey: by?.keys.privateKey ?? keys.privateKey,
    extensions: [
      new BasicConstraintsExtension(authority, undefined, true),
      ...(authority ? [] : [new ExtendedKeyUsageExtension([usage])]),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  const key = String(KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }));
  return { cert: certificate.toString('pem'), key, certificate, keys };
}

/** DER in base64, as `x5c` and headers have it. */
export const derOf = ({ certificate }: Issued): string => Buffer.from(certificate.rawData).toString('base64');
