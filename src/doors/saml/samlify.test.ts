import { constants, createDecipheriv, privateDecrypt } from 'node:crypto';
import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ExclusiveCanonicalization } from 'xml-crypto';
import { NAMESPACES } from '../../saml/namespaces.ts';
import { createIdentity, type Identity } from '../../saml/testing/identity.ts';
import { element, write } from '../../saml/writing/canonical.ts';
import { type DataEncryption, type Encrypted, encrypt } from './samlify.ts';

const AES256: DataEncryption = 'http://www.w3.org/2009/xmlenc11#aes256-gcm';
const AES128: DataEncryption = 'http://www.w3.org/2009/xmlenc11#aes128-gcm';

let recipient: Identity;
beforeAll(async () => {
  recipient = await createIdentity();
});

function dataKey({ key }: Encrypted): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return privateDecrypt({ key: recipient.privateKey, padding, oaepHash: 'sha1' }, Buffer.from(key, 'base64'));
}

/** xmlenc-core1 section 5.2.4: a nonce of 12 octets, the data, a tag of 16. */
function opened(encrypted: Encrypted): string {
  const key = dataKey(encrypted);
  const data = Buffer.from(encrypted.data, 'base64');
  const decipher = createDecipheriv(key.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm', key, data.subarray(0, 12));
  decipher.setAuthTag(data.subarray(-16));
  return decipher.update(data.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
}

function canonical(xml: string): string {
  const root = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
  if (root === null) throw new Error('no element');
  return new ExclusiveCanonicalization().process(root, { inclusiveNamespacesPrefixList: ['xs'] });
}

const assertion = (value: string) =>
  write(
    element(
      'saml:Assertion',
      { 'xmlns:xs': NAMESPACES.xs, ID: '_1' },
      element('saml:AttributeValue', { 'xsi:type': 'xs:string' }, value),
      element('saml:NameID', { Format: value }, ''),
    ),
  );

describe('encryption', () => {
  it('keeps the canonical form of what is encrypted, whatever the values', async () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom('\r', '\r\n', '\n', '\t', '<Assertion>', ']]>', '&#xD;', '{tag}', '\x85', '\u2028', '🎓'),
    );
    const text = fc.array(part, { maxLength: 5 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const xml = assertion(value);
        expect(canonical(opened(await encrypt(xml, recipient.certificate, AES256)))).toBe(xml);
      }),
      { numRuns: 100 },
    );
  });

  it('takes a new key and a new nonce each time, of the size asked for', async () => {
    const xml = assertion('x');
    const all = await Promise.all(Array.from({ length: 5 }, () => encrypt(xml, recipient.certificate, AES128)));
    expect(new Set(all.map((one) => dataKey(one).toString('hex'))).size).toBe(5);
    expect(new Set(all.map(({ data }) => data.slice(0, 16))).size).toBe(5);
    expect(all.map((one) => dataKey(one).length)).toEqual([16, 16, 16, 16, 16]);
  });

  it('refuses what it can’t encrypt for', async () => {
    await expect(encrypt(assertion('x'), 'AAAA', AES256)).rejects.toThrow();
  });
});
