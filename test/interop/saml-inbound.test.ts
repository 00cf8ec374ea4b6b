import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byPost, bySoap, entrance } from '../../src/saml/testing/entrance.ts';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { DIGEST, ENVELOPED, EXCLUSIVE, logoutRequest, SIGNATURE, soap } from '../../src/saml/testing/messages.ts';

/** Messages signed by xmlsec1, indented and with everything that exclusive canonicalization can be told, pass the gate. */

const folder = mkdtempSync(join(tmpdir(), 'sallyport-inbound-'));
afterAll(() => rmSync(folder, { recursive: true }));

let signers: { rsa: Identity; ec: Identity };
beforeAll(async () => {
  signers = { rsa: await createIdentity(), ec: await createIdentity('ec', 521) };
});

const template = (algorithm: string, digest: string, parameters: string): string => `
  <ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="Signature1">
    <ds:SignedInfo>
      <ds:CanonicalizationMethod Algorithm="${EXCLUSIVE}">${parameters}</ds:CanonicalizationMethod>
      <ds:SignatureMethod Algorithm="${algorithm}"/>
      <ds:Reference URI="#_a">
        <ds:Transforms>
          <ds:Transform Algorithm="${ENVELOPED}"/>
          <ds:Transform Algorithm="${EXCLUSIVE}">${parameters}</ds:Transform>
        </ds:Transforms>
        <ds:DigestMethod Algorithm="${digest}"/>
        <ds:DigestValue/>
      </ds:Reference>
    </ds:SignedInfo>
    <ds:SignatureValue/>
    <ds:KeyInfo><ds:X509Data/></ds:KeyInfo>
  </ds:Signature>`;

function signed(xml: string, signer: Identity): string {
  const [key, certificate, from, to] = ['key', 'crt', 'xml', 'out'].map((name) => join(folder, name));
  writeFileSync(key ?? '', signer.privateKeyPem);
  writeFileSync(certificate ?? '', signer.certificatePem);
  writeFileSync(from ?? '', xml);
  const id = ['--id-attr:ID', 'urn:oasis:names:tc:SAML:2.0:protocol:LogoutRequest'];
  execFileSync('xmlsec1', ['--sign', '--privkey-pem', `${key},${certificate}`, ...id, '--output', `${to}`, `${from}`]);
  return readFileSync(to ?? '', 'utf8');
}

/** A prefix list that names a prefix in use, an unused one, one redefined below, and the default namespace. */
const LIST = `<ec:InclusiveNamespaces xmlns:ec="${EXCLUSIVE}" PrefixList="samlp xs again #default absent"/>`;

describe.each([
  ['rsa', SIGNATURE.rsa384, DIGEST.sha384],
  ['ec', SIGNATURE.ec512, DIGEST.sha512],
] as const)('xmlsec1 with a key of kind %s', (kind, algorithm, digest) => {
  it.each([
    ['without a prefix list', ''],
    ['with a prefix list', LIST],
  ])('%s', async (_name, parameters) => {
    const name = '<saml:NameID xmlns:again="urn:b" Format="urn:f">ü&#13;&amp;\n </saml:NameID>';
    const plain = logoutRequest({
      id: '_a',
      attributes: 'xmlns="urn:default" xmlns:xs="urn:xs" xmlns:again="urn:a"',
      content: template(algorithm, digest, parameters) + name,
    });
    const { receive } = entrance([signers[kind]]);
    const expected = { signed: true, nameId: { value: 'ü\r&\n ', format: 'urn:f' } };
    expect(await receive(byPost(signed(plain, signers[kind])))).toMatchObject(expected);
    const inEnvelope = {
      ...bySoap(''),
      body: signed(soap(plain).replaceAll('"_a"', '"_b"').replace('#_a', '#_b'), signers[kind]),
    };
    expect(await receive(inEnvelope)).toMatchObject(expected);
  });
});
