import 'reflect-metadata';
import { createPrivateKey, createPublicKey, KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A key pair with its self-signed certificate. */
export interface Identity {
  type: 'rsa' | 'ec';
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** Base64 of the DER, as metadata holds it. */
  certificate: string;
  /** PEM. */
  certificatePem: string;
  privateKeyPem: string;
}

/** `size`: bits of an RSA modulus, or of the curve (256, 384, 521). */
export async function createIdentity(
  type: 'rsa' | 'ec' = 'rsa',
  size = type === 'rsa' ? 2048 : 256,
  name = 'CN=test',
  notAfter = new Date('2049-01-01'),
): Promise<Identity> {
  const algorithm =
    type === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: size }
      : { name: 'ECDSA', namedCurve: `P-${size}`, hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date('2020-01-01'),
    notAfter,
    serialNumber: '01',
  });
  const privateKey = KeyObject.from(keys.privateKey);
  return {
    type,
    privateKey: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKey: createPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    certificate: Buffer.from(certificate.rawData).toString('base64'),
    certificatePem: certificate.toString('pem'),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
