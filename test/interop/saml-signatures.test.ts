import { spawnSync } from 'node:child_process';
import { verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recipientOf } from '../../src/doors/saml/response/encryption.ts';
import {
  ACS,
  AUDIENCE,
  AWKWARD,
  createKeys,
  IDP,
  type Keys,
  responder,
  sender,
  success,
} from '../../src/doors/saml/testing/responses.ts';
import { STATUSES } from '../../src/saml/model.ts';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { createLogoutWriter } from '../../src/saml/writing/logout.ts';
import { ALGORITHMS, METHODS, type Signer, signerFor } from '../../src/saml/writing/sign.ts';
import { schema, withDocument } from '../../src/saml/xml/library.ts';

/** What others make of what we sign: libxmlsec1's command line, node-saml, and the schemas of OASIS. */

const folder = mkdtempSync(join(tmpdir(), 'signatures-'));
let keys: Keys;
let provider: Identity;

beforeAll(async () => {
  keys = await createKeys();
  provider = await createIdentity();
  for (const [name, { certificatePem }] of Object.entries(keys.identities)) save(`${name}.pem`, certificatePem);
  save('provider.pem', provider.privateKeyPem);
});
afterAll(() => rmSync(folder, { recursive: true }));

function save(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
const IDS = [
  'urn:oasis:names:tc:SAML:2.0:assertion:Assertion',
  ...['Response', 'LogoutRequest', 'LogoutResponse'].map((name) => `${PROTOCOL}:${name}`),
].flatMap((name) => ['--id-attr:ID', name]);

/** Verifies the signature that is a child of the element found, with no other key than the right one. */
function verified(xml: string, parent: string, signer: Signer): void {
  const path = save('message.xml', xml);
  const cert = join(folder, `${signer.key.id}.pem`);
  const at = `${parent}/*[local-name()='Signature']`;
  const run = spawnSync('xmlsec1', ['--verify', ...IDS, '--trusted-pem', cert, '--node-xpath', at, path]);
  expect(run.stderr.toString()).toMatch(/^OK\n/);
  expect(run.status).toBe(0);
}

const RESPONSE = '/*';
const ASSERTION = "//*[local-name()='Assertion']";

function decrypted(xml: string): string {
  const data = "//*[local-name()='EncryptedData']";
  const key = join(folder, 'provider.pem');
  const run = spawnSync('xmlsec1', ['--decrypt', '--privkey-pem', key, '--node-xpath', data, save('sealed.xml', xml)]);
  expect(run.status).toBe(0);
  return run.stdout.toString();
}

function valid(xml: string, name: 'protocol' | 'soap' = 'protocol'): void {
  withDocument(xml, { bytes: 1 << 20 }, (document) => document.validate(schema(name)));
}

const anyProvider = { signingMethods: [], digestMethods: [] };
const signerOf = (algorithm: (typeof ALGORITHMS)[number]) => signerFor(keys, anyProvider, algorithm, 'RSA-SHA256');

const SIGNS = ['assertion', 'response', 'both'] as const;
const ENCRYPTIONS = ['never', 'required'] as const;
const COMBINATIONS = ALGORITHMS.flatMap((algorithm) =>
  SIGNS.flatMap((sign) => ENCRYPTIONS.map((encryption) => [algorithm, sign, encryption] as const)),
);

function recipient(encryption: (typeof ENCRYPTIONS)[number], methods: string[] = []) {
  const encryptionKeys = [{ certificate: provider.certificate, methods }];
  return recipientOf({ entityId: AUDIENCE, encryptionKeys }, encryption);
}

describe('responses, as xmlsec1 and the schemas read them', () => {
  it.each(COMBINATIONS)('%s, signed %s, encryption %s', async (algorithm, sign, encryption) => {
    const signer = signerOf(algorithm);
    const xml = await responder().success(success(signer, { sign, recipient: recipient(encryption) }));
    valid(xml);
    if (sign !== 'assertion') verified(xml, RESPONSE, signer);
    const opened = encryption === 'required' ? decrypted(xml) : xml;
    if (encryption === 'required') expect(xml).not.toContain('<saml:NameID');
    expect(opened).toContain('<saml:NameID');
    if (sign !== 'response') verified(opened, ASSERTION, signer);
  });

  it.each(ALGORITHMS)('%s over a status', (algorithm) => {
    const signer = signerOf(algorithm);
    const status = { ...STATUSES.noPassive, message: AWKWARD.join('') };
    const xml = responder().failure({ destination: ACS, inResponseTo: '_request', signer, status });
    valid(xml);
    verified(xml, RESPONSE, signer);
  });

  it('one without attributes, and with a digest of the provider’s choice', async () => {
    const digestMethods = ['http://www.w3.org/2000/09/xmldsig#sha1', 'http://www.w3.org/2001/04/xmldsig-more#sha384'];
    const signer = signerFor(keys, { ...anyProvider, digestMethods }, undefined, 'RSA-SHA256');
    const xml = await responder().success(success(signer, { attributes: [] }));
    expect(xml).toContain('xmldsig-more#sha384"></ds:DigestMethod>');
    valid(xml);
    verified(xml, RESPONSE, signer);
    verified(xml, ASSERTION, signer);
  });

  it('one that was changed on its way is refused', async () => {
    const signer = signerOf('RSA-SHA256');
    const xml = await responder().success(success(signer, { sign: 'assertion' }));
    expect(() => verified(xml.replace('staff@', 'admin@'), ASSERTION, signer)).toThrow();
  });
});

describe('logout messages', () => {
  const common = { destination: 'https://sp.example.org/slo?x=1', relayState: 'a b&c="<' };
  const nameId = { value: AWKWARD.join(''), format: 'urn:f' };
  const request = { ...common, nameId, sessionIndexes: ['1', '<2>'], notOnOrAfter: 1e12 };
  const response = { ...common, inResponseTo: '_1', status: STATUSES.partialLogout };
  const both = (signer: Signer, binding: 'redirect' | 'post' | 'soap') => {
    const writer = createLogoutWriter(sender);
    return [writer.request({ ...request, binding, signer }), writer.response({ ...response, binding, signer })];
  };

  it.each(ALGORITHMS)('%s by POST', (algorithm) => {
    const signer = signerOf(algorithm);
    for (const sent of both(signer, 'post')) {
      if (sent.binding !== 'post') throw new Error('another binding');
      expect(sent.relayState).toBe(common.relayState);
      valid(sent.xml);
      verified(sent.xml, RESPONSE, signer);
    }
  });

  it.each(ALGORITHMS)('%s by SOAP', (algorithm) => {
    const signer = signerOf(algorithm);
    for (const sent of both(signer, 'soap')) {
      if (sent.binding !== 'soap') throw new Error('another binding');
      valid(sent.xml, 'soap');
      verified(sent.xml, '/*/*/*', signer);
    }
  });

  it.each(ALGORITHMS)('%s by Redirect', (algorithm) => {
    const signer = signerOf(algorithm);
    for (const sent of both(signer, 'redirect')) {
      if (sent.binding !== 'redirect') throw new Error('another binding');
      const url = new URL(sent.location);
      expect(url.searchParams.get('x')).toBe('1');
      expect(url.searchParams.get('RelayState')).toBe(common.relayState);
      expect(url.searchParams.get('SigAlg')).toBe(METHODS[algorithm].uri);
      const octets = /[?&](SAML(?:Request|Response)=.*)&Signature=/.exec(sent.location)?.[1] ?? '';
      const signature = Buffer.from(url.searchParams.get('Signature') ?? '', 'base64');
      const key = { key: signer.key.publicKey, dsaEncoding: 'ieee-p1363' as const };
      expect(verify(METHODS[algorithm].hash, Buffer.from(octets), key, signature)).toBe(true);
      const message = url.searchParams.get('SAMLRequest') ?? url.searchParams.get('SAMLResponse') ?? '';
      const xml = inflateRawSync(Buffer.from(message, 'base64')).toString();
      expect(xml).not.toContain('Signature');
      valid(xml);
    }
  });
});

describe('node-saml', () => {
  const serviceProvider = (change: object = {}) =>
    new SAML({
      callbackUrl: ACS,
      issuer: AUDIENCE,
      audience: AUDIENCE,
      idpIssuer: IDP,
      idpCert: keys.identities.RS256.certificatePem,
      decryptionPvk: provider.privateKeyPem,
      validateInResponseTo: ValidateInResponseTo.never,
      disableRequestedAuthnContext: true,
      ...change,
    });

  it.each(SIGNS.flatMap((sign) => ENCRYPTIONS.map((encryption) => [sign, encryption] as const)))(
    'accepts a response signed %s, encryption %s, and reads each value whole',
    async (sign, encryption) => {
      const now = Date.now();
      const input = success(signerOf('RSA-SHA256'), { sign, recipient: recipient(encryption) });
      const xml = await responder(now).success({ ...input, sessionNotOnOrAfter: now + 60_000 });
      const { profile } = await serviceProvider({
        wantAuthnResponseSigned: sign !== 'assertion',
        wantAssertionsSigned: sign !== 'response',
      }).validatePostResponseAsync({ SAMLResponse: Buffer.from(xml).toString('base64') });
      expect(profile).toMatchObject({ issuer: IDP, nameID: 'a&b', sessionIndex: 'session"1' });
      expect(profile?.['urn:oid:1.3.6.1.4.1.5923.1.1.1.9']).toEqual(['staff@example.org', 'member@example.org']);
      const names = profile?.['urn:oid:2.16.840.1.113730.3.1.241'];
      expect(names).toHaveLength(AWKWARD.length);
      expect(names).toMatchObject({ 0: AWKWARD[0], 1: AWKWARD[1], 3: AWKWARD[3], 4: AWKWARD[4] });
    },
  );

  it.each(['http://www.w3.org/2009/xmlenc11#aes128-gcm', 'http://www.w3.org/2001/04/xmlenc#aes256-cbc'])(
    'decrypts what is sent to a provider that lists %s alone',
    async (method) => {
      const sealed = recipient('required', [method]);
      expect(sealed?.method).toMatch(/gcm$/);
      const xml = await responder(Date.now()).success(success(signerOf('RSA-SHA256'), { recipient: sealed }));
      const { profile } = await serviceProvider().validatePostResponseAsync({
        SAMLResponse: Buffer.from(xml).toString('base64'),
      });
      expect(profile?.nameID).toBe('a&b');
    },
  );

  it('accepts a logout request by Redirect', async () => {
    const sent = createLogoutWriter({ ...sender, now: Date.now }).request({
      binding: 'redirect',
      destination: 'https://sp.example.org/slo',
      nameId: { value: 'a&b', format: 'urn:f' },
      sessionIndexes: ['1'],
      notOnOrAfter: Date.now() + 60_000,
      signer: signerOf('RSA-SHA256'),
    });
    if (sent.binding !== 'redirect') throw new Error('another binding');
    const { search, searchParams } = new URL(sent.location);
    const { profile } = await serviceProvider().validateRedirectAsync(
      Object.fromEntries(searchParams),
      search.slice(1),
    );
    expect(profile).toMatchObject({ nameID: 'a&b', sessionIndex: '1', ID: sent.id });
  });
});
