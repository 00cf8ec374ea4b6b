import 'reflect-metadata';
import { KeyObject, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { X509CertificateGenerator } from '@peculiar/x509';

/** A private key and its self-signed certificate, both PEM. */
export interface KeyPair {
  privateKey: string;
  certificate: string;
}

/** What a service provider signs with, and what is encrypted for it. */
export interface ServiceProviderKeys {
  signing: KeyPair;
  encryption: KeyPair;
}

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const YEARS = 365 * 86_400_000;

/** The keys in `file` (mode 0600), made if it isn't there: their certificates stand in metadata that others keep. */
export async function keptKeys(file: string): Promise<ServiceProviderKeys> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ServiceProviderKeys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const keys = await makeKeys();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${JSON.stringify(keys)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
  return keys;
}

export async function makeKeys(): Promise<ServiceProviderKeys> {
  const [signing, encryption] = await Promise.all([keyPair('signing'), keyPair('encryption')]);
  return { signing, encryption };
}

async function keyPair(use: string): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=Demo service provider (${use})`,
    serialNumber: randomBytes(8)
      .toString('hex')
      .replace(/^[89a-f]/, '1'),
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 10 * YEARS),
    signingAlgorithm: RSA,
    keys,
  });
  return {
    privateKey: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate: certificate.toString('pem'),
  };
}
