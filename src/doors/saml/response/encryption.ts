import { X509Certificate } from 'node:crypto';
import { createMemo } from '../../../core/memo.ts';
import { element, NAMESPACES, SamlFault, type ServiceProvider, Written, type XmlElement } from '../../../saml/index.ts';
import { type DataEncryption, encrypt, KEY_TRANSPORT } from '../samlify.ts';
import type { SamlApplication } from '../settings.ts';

/** Whom an assertion is encrypted for: base64 DER, an RSA key. */
export interface Recipient {
  certificate: string;
  method: DataEncryption;
}

const AES256_GCM = 'http://www.w3.org/2009/xmlenc11#aes256-gcm';
const AES128_GCM = 'http://www.w3.org/2009/xmlenc11#aes128-gcm';
const SMALLEST = 2048;

/**
 * The key to encrypt for; undefined where none is offered and none required. Throws `metadata` where one is required.
 *
 * AES-GCM always, with 256 bits unless only 128 are listed. A provider that lists CBC alone gets GCM all the same: CBC
 * lets whoever can send it altered messages read the text, and sending it in the clear would undo what its metadata
 * asks for without anybody noticing. The operator who has such a provider writes `encrypt: never`, and knows it.
 */
export function recipientOf(
  provider: Pick<ServiceProvider, 'entityId' | 'encryptionKeys'>,
  encryption: SamlApplication['encrypt'],
): Recipient | undefined {
  if (encryption === 'never') return undefined;
  const usable = provider.encryptionKeys.find(({ certificate }) => isUsable(certificate));
  if (usable) {
    const small = usable.methods.includes(AES128_GCM) && !usable.methods.includes(AES256_GCM);
    return { certificate: usable.certificate, method: small ? AES128_GCM : AES256_GCM };
  }
  if (encryption === 'required') throw new SamlFault('metadata', `${provider.entityId} offers no key to encrypt for`);
  return undefined;
}

/** By certificate: parsing one costs more than all the rest of a response but its signature. */
const checked = createMemo<string, boolean>(10_000);
const isUsable = (certificate: string): boolean => checked(certificate, holdsRsa);

function holdsRsa(certificate: string): boolean {
  try {
    const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'));
    return publicKey.asymmetricKeyType === 'rsa' && (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) >= SMALLEST;
  } catch {
    return false;
  }
}

/** EncryptedAssertion (saml-core section 2.3.4), of a signed assertion as it was written. */
export async function encryptedAssertion(assertion: string, { certificate, method }: Recipient): Promise<XmlElement> {
  const { key, data } = await encrypt(assertion, certificate, method);
  return element(
    'saml:EncryptedAssertion',
    {},
    element(
      'xenc:EncryptedData',
      { Type: `${NAMESPACES.xenc}Element` },
      element('xenc:EncryptionMethod', { Algorithm: method }),
      element('ds:KeyInfo', {}, encryptedKey(key, certificate)),
      cipherData(data),
    ),
  );
}

function encryptedKey(key: string, certificate: string): XmlElement {
  return element(
    'xenc:EncryptedKey',
    {},
    element(
      'xenc:EncryptionMethod',
      { Algorithm: KEY_TRANSPORT },
      element('ds:DigestMethod', { Algorithm: `${NAMESPACES.ds}sha1` }),
    ),
    element('ds:KeyInfo', {}, element('ds:X509Data', {}, element('ds:X509Certificate', {}, certificate))),
    cipherData(key),
  );
}

function cipherData(value: string): XmlElement {
  return element('xenc:CipherData', {}, element('xenc:CipherValue', {}, new Written(value)));
}
