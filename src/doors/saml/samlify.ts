import { SamlLib } from 'samlify';

/** The one file that knows samlify. What that may encrypt with: its own default is AES-CBC, whose padding answers questions (xmlenc-core1 section 6.1.1). */
export type DataEncryption =
  | 'http://www.w3.org/2009/xmlenc11#aes256-gcm'
  | 'http://www.w3.org/2009/xmlenc11#aes128-gcm';

/** RSA-OAEP with SHA-1 in the mask and as digest: what every service provider reads, and not weakened by SHA-1's collisions. */
export const KEY_TRANSPORT = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p';

/** Both base64: the data key for the certificate's holder, and nonce, data and tag under that key. */
export interface Encrypted {
  key: string;
  data: string;
}

type Parties = Parameters<typeof SamlLib.encryptAssertion>;

/**
 * Encrypts an assertion as it is written for the holder of a certificate (base64 DER) with an RSA key. Only the
 * cipher texts are taken: samlify's elements aren't in canonical form. It parses the assertion and writes it again,
 * other octets with the same canonical form, so its signature still holds.
 */
export async function encrypt(assertion: string, certificate: string, method: DataEncryption): Promise<Encrypted> {
  const entitySetting = {
    isAssertionEncrypted: true,
    dataEncryptionAlgorithm: method,
    keyEncryptionAlgorithm: KEY_TRANSPORT,
    tagPrefix: { encryptedAssertion: 'saml' },
  };
  // It wants two whole entities, and reads of them what is given here.
  const source = { entitySetting, entityMeta: {} } as unknown as Parties[0];
  const target = { entitySetting: {}, entityMeta: { getX509Certificate: () => certificate } } as unknown as Parties[1];
  const encoded = await SamlLib.encryptAssertion(source, target, `<Response>${assertion}</Response>`);
  const xml = Buffer.from(encoded, 'base64').toString();
  return { key: cipherValue(xml, 'e'), data: cipherValue(xml, 'xenc') };
}

function cipherValue(xml: string, prefix: string): string {
  const found = new RegExp(`<${prefix}:CipherValue>([A-Za-z0-9+/=]+)</${prefix}:CipherValue>`).exec(xml)?.[1];
  if (found === undefined) throw new Error('samlify answered no cipher text');
  return found;
}
