import { beforeAll, describe, expect, it } from 'vitest';
import { type Fault, SamlFault } from '../errors.ts';
import { createIdentity, type Identity } from '../testing/identity.ts';
import { DIGEST, NOW, SIGNATURE, sign } from '../testing/messages.ts';
import {
  ACS,
  type Asserting,
  assertion,
  attribute,
  authnStatement,
  CONTEXT,
  confirmation,
  type Encrypting,
  encrypted,
  expecting,
  type Responding,
  response,
  signedAssertion,
  signedResponse,
  UPSTREAM,
} from '../testing/responses.ts';
import type { Answer, Expected } from './model.ts';
import { claimsOf, readResponse } from './response.ts';

let idp: Identity;
let stranger: Identity;
let ours: Identity;
let former: Identity;

beforeAll(async () => {
  [idp, stranger, ours, former] = await Promise.all([
    createIdentity(),
    createIdentity(),
    createIdentity(),
    createIdentity(),
  ]);
});

const read = (xml: string, more?: Partial<Expected>): Answer => readResponse(Buffer.from(xml), expecting([idp], more));

function outcome(xml: string, more?: Partial<Expected>): Fault | 'said' | 'refused' {
  try {
    return read(xml, more).kind;
  } catch (error) {
    if (error instanceof SamlFault) return error.fault;
    throw error;
  }
}

/** Signed in the usual way: the assertion by itself. */
const plain = (said: Asserting = {}, around: Responding = {}): string => response(signedAssertion(idp, said), around);

describe('a Response', () => {
  it('is read with what it says of whoever signed in', () => {
    const attributes = [
      attribute('urn:oasis:names:tc:SAML:attribute:subject-id', 'alice@partner.example'),
      attribute('urn:groups', 'a &amp; b', 'c'),
      attribute('urn:groups', 'd'),
      attribute('urn:tid', '<saml:NameID NameQualifier="i" SPNameQualifier="s">x</saml:NameID>'),
      attribute('urn:none'),
      attribute('urn:structured', '<x:y xmlns:x="urn:x">z</x:y>'),
    ];
    const uri = { nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri' };
    expect(read(plain({ attributes: attributes.join('') }))).toEqual({
      kind: 'said',
      said: {
        assertion: '_assertion',
        until: NOW + 480_000,
        issuer: UPSTREAM,
        nameId: { value: 'alice', format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' },
        attributes: [
          { name: 'urn:oasis:names:tc:SAML:attribute:subject-id', ...uri, values: ['alice@partner.example'] },
          { name: 'urn:groups', ...uri, values: ['a & b', 'c', 'd'] },
          { name: 'urn:tid', ...uri, values: ['i!s!x'] },
        ],
        authnInstant: NOW - 1000,
        contextClass: CONTEXT,
        authorities: [],
        sessionIndex: 's-1',
        signed: { response: false, assertion: true },
        encrypted: false,
      },
    });
  });

  it('may be signed itself, in its assertion, or both', () => {
    const bodies = [assertion(), signedAssertion(idp)];
    const signedBy = bodies.map((body) => read(signedResponse(idp, body)));
    expect(signedBy.map((it) => it.kind === 'said' && it.said.signed)).toEqual([
      { response: true, assertion: false },
      { response: true, assertion: true },
    ]);
  });

  it('may leave its own Issuer out, and Destination where it bears no signature', () => {
    expect(outcome(plain({}, { issuer: null, destination: null }))).toBe('said');
  });

  it('is read with whichever key of the metadata made the signature', () => {
    expect(readResponse(Buffer.from(plain()), expecting([stranger, idp])).kind).toBe('said');
    expect(() => readResponse(Buffer.from(plain()), expecting([]))).toThrow(SamlFault);
  });

  it('that says no tells why, signed or not, and proves nothing', () => {
    const no = response('', { status: ['Responder', 'NoAuthnContext'] });
    const codes = ['Responder', 'NoAuthnContext'].map((it) => `urn:oasis:names:tc:SAML:2.0:status:${it}`);
    expect(read(no)).toEqual({ kind: 'refused', codes });
    expect(read(sign(no, idp, { element: 'Response' }))).toEqual({ kind: 'refused', codes });
    expect(outcome(sign(no, stranger, { element: 'Response' }))).toBe('signature');
    expect(outcome(response('', { status: ['Responder'], inResponseTo: '_other' }))).toBe('response-to');
  });

  it('of several confirmations needs one that holds, and it whole', () => {
    const elsewhere = confirmation({ recipient: 'https://other.example/acs' });
    const late = confirmation({ inResponseTo: '_other' });
    expect(outcome(plain({ confirmation: elsewhere + confirmation() }))).toBe('said');
    expect(outcome(plain({ confirmation: elsewhere + late }))).toBe('recipient');
    const holder = confirmation().replace('cm:bearer', 'cm:holder-of-key');
    expect(outcome(plain({ confirmation: holder }))).toBe('subject');
  });

  it('gives the clocks their 180 seconds, and no more', () => {
    const edges: [Asserting, Responding, boolean][] = [
      [{ notBefore: NOW + 180_000 }, {}, true],
      [{ notBefore: NOW + 181_000 }, {}, false],
      [{ notOnOrAfter: NOW - 179_000 }, {}, true],
      [{ notOnOrAfter: NOW - 180_000 }, {}, false],
      [{ confirmedUntil: NOW - 179_000 }, {}, true],
      [{ confirmedUntil: NOW - 180_000 }, {}, false],
      [{ authnInstant: NOW + 181_000 }, {}, false],
      [{ instant: NOW + 181_000 }, {}, false],
      [{}, { instant: NOW - 480_000 }, true],
      [{}, { instant: NOW - 481_000 }, false],
      [{}, { instant: NOW + 181_000 }, false],
    ];
    const found = edges.map(([said, around]) => outcome(plain(said, around)));
    expect(found).toEqual(edges.map(([, , good]) => (good ? 'said' : 'instant')));
  });

  it('takes an authentication that lies ahead for one of now', () => {
    const answer = read(plain({ authnInstant: NOW + 100_000 }));
    expect(answer).toMatchObject({ said: { authnInstant: NOW } });
  });

  it('does what ForceAuthn asked for, or is none', () => {
    const forced = { forcedAt: NOW };
    expect(outcome(plain({ authnInstant: NOW - 180_000 }), forced)).toBe('said');
    expect(outcome(plain({ authnInstant: NOW - 181_000 }), forced)).toBe('authentication');
    expect(outcome(plain({ authnInstant: NOW - 181_000 }))).toBe('said');
  });
});

describe('an encrypted assertion', () => {
  const sealed = (it: Encrypting = {}, said: Asserting = {}): string => encrypted(signedAssertion(idp, said), ours, it);
  const keys = (): Partial<Expected> => ({ decryption: [former.privateKey, ours.privateKey] });

  it.each<[string, Encrypting]>([
    ['AES-256-GCM', {}],
    ['AES-128-GCM', { data: 'aes128-gcm' }],
    ['RSA-OAEP of XML Encryption 1.1', { wrap: 'rsa-oaep' }],
    ['RSA-OAEP with SHA-256', { wrap: 'rsa-oaep', hash: 'sha256' }],
    ['its key beside the data', { beside: true }],
  ])('is read with %s, by a key of ours that is no longer the newest', (_name, it) => {
    expect(read(response(sealed(it)), keys())).toMatchObject({
      said: { encrypted: true, nameId: { value: 'alice' }, signed: { response: false, assertion: true } },
    });
  });

  it('may be signed around alone', () => {
    const around = signedResponse(idp, encrypted(assertion(), ours));
    expect(read(around, keys())).toMatchObject({ said: { signed: { response: true, assertion: false } } });
  });

  it('is read with AES-CBC only where that is allowed and the Response itself is signed', () => {
    const cbc = sealed({ data: 'aes256-cbc' });
    expect(outcome(signedResponse(idp, cbc), { ...keys(), cbc: true })).toBe('said');
    expect(outcome(signedResponse(idp, sealed({ data: 'aes128-cbc' })), { ...keys(), cbc: true })).toBe('said');
    expect(outcome(signedResponse(idp, cbc), keys())).toBe('algorithm');
    expect(outcome(response(cbc), { ...keys(), cbc: true })).toBe('algorithm');
  });

  it.each<[string, () => string, Fault]>([
    ['with its key in PKCS #1 v1.5', () => response(sealed({ wrap: 'rsa-1_5' })), 'algorithm'],
    ['digest and mask of two hashes', () => response(sealed({ hash: 'sha256' })), 'algorithm'],
    ['for somebody else', () => response(encrypted(signedAssertion(idp), stranger)), 'encryption'],
    ['unsigned inside and outside', () => response(encrypted(assertion(), ours)), 'unsigned'],
    ['signed inside by another', () => response(encrypted(signedAssertion(stranger), ours)), 'signature'],
    ['with a comment inside', () => response(encrypted(assertion({ name: 'ad<!-- -->min' }), ours)), 'xml'],
    ['with a DOCTYPE inside', () => response(encrypted(`<!DOCTYPE a>${assertion()}`, ours)), 'doctype'],
    ['that is no assertion', () => response(encrypted(response(signedAssertion(idp)), ours)), 'kind'],
    ['inside an encrypted one', () => response(encrypted(sealed(), ours)), 'kind'],
    [
      'cut short',
      () => response(sealed().replace(/(<xenc:CipherValue>)[^<]{64}(?!.*CipherValue>.*CipherValue>)/, '$1')),
      'encryption',
    ],
    ['beside a plain one', () => response(sealed({}, { id: '_1' }) + signedAssertion(idp, { id: '_2' })), 'assertion'],
    [
      'with five keys',
      () =>
        response(sealed({ beside: true }).replace(/<xenc:EncryptedKey.*<\/xenc:EncryptedKey>/, (key) => key.repeat(5))),
      'encryption',
    ],
  ])('%s is refused', (_name, xml, fault) => {
    expect(outcome(xml(), keys())).toBe(fault);
  });

  it('is refused where no key of ours is there', () => {
    expect(outcome(response(sealed()))).toBe('encryption');
  });
});

describe('refused is a Response', () => {
  const proxy = (inside: string, count = '') => `<saml:ProxyRestriction${count}>${inside}</saml:ProxyRestriction>`;

  it.each<[string, () => string, Fault]>([
    ['without any signature', () => response(assertion()), 'unsigned'],
    ['signed by a key of nobody we asked', () => response(signedAssertion(stranger)), 'signature'],
    ['whose own signature is another’s', () => signedResponse(stranger, signedAssertion(idp)), 'signature'],
    [
      'whose assertion’s signature is another’s, under a good one',
      () => signedResponse(idp, signedAssertion(stranger)),
      'signature',
    ],
    ['changed after signing', () => plain().replace('alice', 'mallory'), 'signature'],
    ['whose assertion is from another provider', () => plain({ issuer: 'https://evil.example' }), 'issuer'],
    ['from another provider', () => plain({}, { issuer: 'https://evil.example' }), 'issuer'],
    ['to another address', () => plain({}, { destination: 'https://other.example/acs' }), 'destination'],
    ['to our address in another case', () => plain({}, { destination: ACS.toUpperCase() }), 'destination'],
    ['signed, to nowhere', () => signedResponse(idp, assertion(), { destination: null }), 'destination'],
    ['that nobody asked for', () => plain({ inResponseTo: null }, { inResponseTo: null }), 'response-to'],
    ['to another request', () => plain({}, { inResponseTo: '_other' }), 'response-to'],
    ['whose assertion is for another request', () => plain({ inResponseTo: '_other' }), 'response-to'],
    ['whose assertion is for no request', () => plain({ inResponseTo: null }), 'response-to'],
    ['whose assertion is for another audience', () => plain({ audience: 'https://sp.other.example' }), 'audience'],
    ['whose assertion is for any audience', () => plain({ audience: null }), 'audience'],
    [
      'restricted twice, once to another',
      () =>
        plain({
          conditions: `<saml:AudienceRestriction><saml:Audience>urn:x</saml:Audience></saml:AudienceRestriction>`,
        }),
      'audience',
    ],
    ['confirmed to another address', () => plain({ recipient: 'https://sp.other.example/acs' }), 'recipient'],
    ['confirmed to no address', () => plain({ recipient: null }), 'recipient'],
    ['confirmed without end', () => plain({ confirmedUntil: null }), 'instant'],
    ['with no confirmation', () => plain({ confirmation: '' }), 'subject'],
    [
      'whose confirmation names somebody else',
      () => plain({ confirmation: confirmation({}, '<saml:NameID>mallory</saml:NameID>') }),
      'subject',
    ],
    [
      'about two subjects',
      () => plain({ subject: '<saml:NameID>alice</saml:NameID><saml:NameID>mallory</saml:NameID>' }),
      'schema',
    ],
    [
      'with a condition that we don’t know',
      () =>
        plain({
          conditions:
            '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="urn:x" xsi:type="x:y"/>',
        }),
      'schema',
    ],
    ['that may not be passed on', () => plain({ conditions: proxy('', ' Count="0"') }), 'conditions'],
    [
      'that may be passed on to others alone',
      () => plain({ conditions: proxy('<saml:Audience>urn:x</saml:Audience>') }),
      'conditions',
    ],
    ['without an authentication', () => plain({ statements: '' }), 'authentication'],
    ['with two authentications', () => plain({ statements: authnStatement().repeat(2) }), 'authentication'],
    ['of another version', () => plain({ version: '2.1' }), 'assertion'],
    ['with a comment in the name', () => plain({ name: 'alice<!-- -->.admin' }), 'xml'],
    ['with a comment anywhere', () => plain().replace('<samlp:Status>', '<!-- --><samlp:Status>'), 'xml'],
    ['with a processing instruction in the name', () => plain().replace('alice', 'al<?x?>ice'), 'xml'],
    ['with a DOCTYPE', () => `<!DOCTYPE r [<!ENTITY e "alice">]>${plain()}`, 'doctype'],
    ['in UTF-16', () => Buffer.from(plain(), 'utf16le').toString('latin1'), 'encoding'],
    ['that is huge', () => plain({ attributes: attribute('a', 'x'.repeat(300_000)) }), 'size'],
    ['of too many elements', () => plain({ attributes: attribute('a', ...new Array(5000).fill('')) }), 'size'],
    ['too deep', () => response(`${'<a>'.repeat(30)}${'</a>'.repeat(30)}`), 'size'],
    ['with success and nothing else', () => response(''), 'assertion'],
    ['that fails and asserts', () => plain({}, { status: ['Responder'] }), 'assertion'],
    [
      'with two assertions',
      () => response(signedAssertion(idp, { id: '_1' }) + signedAssertion(idp, { id: '_2' })),
      'assertion',
    ],
    ['that is something else', () => signedAssertion(idp), 'kind'],
    [
      'with a session that is over',
      () =>
        plain({
          statements: authnStatement().replace(
            'SessionIndex',
            `SessionNotOnOrAfter="${new Date(NOW - 180_000).toISOString()}" SessionIndex`,
          ),
        }),
      'instant',
    ],
  ])('%s', (_name, xml, fault) => {
    expect(outcome(xml())).toBe(fault);
  });

  it.each<[string, object]>([
    ['RSA with SHA-1', { algorithm: SIGNATURE.rsa1 }],
    ['a digest by SHA-1', { digest: DIGEST.sha1 }],
    ['inclusive canonicalization', { canonicalization: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' }],
    [
      'a transform that keeps comments',
      {
        transforms: [
          'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
          'http://www.w3.org/2001/10/xml-exc-c14n#WithComments',
        ],
      },
    ],
  ])('signed with %s', (_name, options) => {
    expect(outcome(response(sign(assertion(), idp, { element: 'Assertion', ...options })))).toBe('algorithm');
  });
});

describe('what a Response claims', () => {
  it('is a hint of whom it is from, wherever that stands', () => {
    expect(claimsOf(Buffer.from(plain()))).toEqual({ issuer: UPSTREAM, inResponseTo: '_request' });
    const unasked = plain({ inResponseTo: null }, { inResponseTo: null, issuer: null });
    expect(claimsOf(Buffer.from(unasked))).toEqual({ issuer: UPSTREAM });
    expect(() => claimsOf(Buffer.from(`<!DOCTYPE a>${plain()}`))).toThrow(SamlFault);
  });
});
