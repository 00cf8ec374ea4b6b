import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createIdentity, type Identity } from '../testing/identity.ts';
import { withDocument } from '../xml/library.ts';
import { isEndpoint } from './locations.ts';
import { parseMetadata } from './parse.ts';
import { consumer, document, type EntityOptions, entity, group, keyDescriptor, POST } from './testing/documents.ts';
import { durationOf, instantOf, parseDuration, parseInstant } from './times.ts';

const NOW = Date.parse('2026-11-20T10:00:00Z');
const MDUI = 'urn:oasis:names:tc:SAML:metadata:ui';
let rsa: Identity;
let ec: Identity;

beforeAll(async () => {
  rsa = await createIdentity();
  ec = await createIdentity('ec');
});

function parse(xml: string) {
  return withDocument(xml, { bytes: 10_000_000 }, ({ root }) => parseMetadata(root, NOW));
}

function one(options: EntityOptions) {
  const { accepted, refused } = parse(document(entity(options)));
  expect(refused).toEqual([]);
  const [provider] = accepted;
  if (provider === undefined) throw new Error('nothing was accepted');
  return provider;
}

function reasons(options: EntityOptions): string[] {
  const { accepted, refused } = parse(document(entity(options)));
  expect(accepted).toEqual([]);
  return refused.map(({ reason }) => reason);
}

describe('a service provider', () => {
  it('is read as its metadata describes it', () => {
    const provider = one({
      entityId: 'https://lib.example.org/sp',
      keys: keyDescriptor(rsa.certificate),
      roleAttributes: ' AuthnRequestsSigned="true" WantAssertionsSigned="1"',
      extensions:
        '<md:Extensions xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport">' +
        '<mdattr:EntityAttributes><saml:Attribute Name="http://macedir.org/entity-category"><saml:AttributeValue>http://refeds.org/category/research-and-scholarship</saml:AttributeValue></saml:Attribute>' +
        '<saml:Attribute Name="urn:oasis:names:tc:SAML:profiles:subject-id:req"><saml:AttributeValue>pairwise-id</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes>' +
        '<alg:DigestMethod Algorithm="urn:d"/><alg:SigningMethod Algorithm="urn:s1"/><alg:SigningMethod Algorithm="urn:s2" MinKeySize="2048"/></md:Extensions>',
      role: `<md:Extensions xmlns:mdui="${MDUI}"><mdui:UIInfo><mdui:DisplayName xml:lang="en">The Library</mdui:DisplayName><mdui:DisplayName xml:lang="zh-hant">圖書館</mdui:DisplayName><mdui:InformationURL xml:lang="en">https://lib.example.org/about</mdui:InformationURL></mdui:UIInfo></md:Extensions>`,
      services:
        '<md:AttributeConsumingService index="3" isDefault="true"><md:ServiceName xml:lang="en">No</md:ServiceName>' +
        '<md:RequestedAttribute Name="urn:oid:2.5.4.3" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri" isRequired="true"/><md:RequestedAttribute Name="urn:x"/></md:AttributeConsumingService>',
      consumers:
        '<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://lib.example.org/slo" ResponseLocation="https://lib.example.org/slo/done"/>' +
        '<md:SingleLogoutService Binding="urn:example:unknown" Location="https://lib.example.org/slo"/>' +
        '<md:NameIDFormat> urn:oasis:names:tc:SAML:2.0:nameid-format:persistent </md:NameIDFormat>' +
        `${consumer('https://lib.example.org/acs', 1)}${consumer('https://lib.example.org/acs2', 2, ' isDefault="true"')}` +
        '<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" Location="https://lib.example.org/art" index="3"/>',
    });
    expect(provider).toEqual({
      entityId: 'https://lib.example.org/sp',
      displayName: { en: 'The Library', 'zh-Hant': '圖書館' },
      informationUrl: { en: 'https://lib.example.org/about' },
      assertionConsumerServices: [
        { index: 1, location: 'https://lib.example.org/acs', isDefault: false },
        { index: 2, location: 'https://lib.example.org/acs2', isDefault: true },
      ],
      singleLogoutServices: [
        {
          binding: 'redirect',
          location: 'https://lib.example.org/slo',
          responseLocation: 'https://lib.example.org/slo/done',
        },
      ],
      signingCertificates: [rsa.certificate],
      encryptionKeys: [{ certificate: rsa.certificate, methods: [] }],
      authnRequestsSigned: true,
      wantAssertionsSigned: true,
      nameIdFormats: ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
      entityCategories: ['http://refeds.org/category/research-and-scholarship'],
      subjectIdRequirement: 'pairwise-id',
      attributeConsumingServices: [
        {
          index: 3,
          isDefault: true,
          attributes: [
            {
              name: 'urn:oid:2.5.4.3',
              nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
              required: true,
              values: [],
            },
            { name: 'urn:x', required: false, values: [] },
          ],
        },
      ],
      signingMethods: ['urn:s1', 'urn:s2'],
      digestMethods: ['urn:d'],
    });
  });

  it('keeps keys apart by their use, and offers no elliptic curve for encryption', () => {
    const provider = one({
      keys:
        keyDescriptor(ec.certificate) +
        keyDescriptor(rsa.certificate, 'encryption').replace(
          '</md:KeyDescriptor>',
          '<md:EncryptionMethod Algorithm="urn:aes"/></md:KeyDescriptor>',
        ),
    });
    expect(provider.signingCertificates).toEqual([ec.certificate]);
    expect(provider.encryptionKeys).toEqual([{ certificate: rsa.certificate, methods: ['urn:aes'] }]);
  });

  it('reads a certificate that is broken into lines', () => {
    const broken = `\n${rsa.certificate.replace(/.{64}/g, '$&\n      ')}\n`;
    expect(one({ certificates: [broken] }).signingCertificates).toEqual([rsa.certificate]);
  });

  it('is called by its service or its organization where it has no display name', () => {
    const organization =
      '<md:Organization><md:OrganizationName xml:lang="en">x</md:OrganizationName><md:OrganizationDisplayName xml:lang="en">Institute</md:OrganizationDisplayName></md:Organization>';
    const service =
      '<md:AttributeConsumingService index="0"><md:ServiceName xml:lang="en">Service</md:ServiceName><md:RequestedAttribute Name="urn:x"/></md:AttributeConsumingService>';
    expect(one({ end: organization }).displayName).toEqual({ en: 'Institute' });
    expect(one({ end: organization, services: service }).displayName).toEqual({ en: 'Service' });
    expect(one({}).displayName).toBeUndefined();
  });

  it('keeps no name without a language, no name that turns the page around, and no link that is a script', () => {
    const { displayName, informationUrl } = one({
      role:
        `<md:Extensions xmlns:mdui="${MDUI}"><mdui:UIInfo><mdui:DisplayName>none</mdui:DisplayName><mdui:DisplayName xml:lang="not a tag">bad</mdui:DisplayName>` +
        '<mdui:DisplayName xml:lang="de">Bank\u202eknaB\n   AG</mdui:DisplayName><mdui:InformationURL xml:lang="en">javascript:alert(1)</mdui:InformationURL></mdui:UIInfo></md:Extensions>',
    });
    expect(displayName).toEqual({ de: 'Bank knaB AG' });
    expect(informationUrl).toBeUndefined();
  });

  it('takes the earliest validUntil above it', () => {
    const inner = entity({ attributes: ' validUntil="2026-12-24T00:00:00Z"' });
    const nested = group([group([inner], ' validUntil="2027-01-01T00:00:00Z" cacheDuration="PT1H"')]);
    const { accepted, validUntil, cacheDuration } = parse(
      document(nested, ' validUntil="2026-12-31T00:00:00Z" cacheDuration="P1D"'),
    );
    expect(accepted[0]?.validUntil).toBe(Date.parse('2026-12-24T00:00:00Z'));
    expect(validUntil).toBe(Date.parse('2026-12-31T00:00:00Z'));
    expect(cacheDuration).toBe(3_600_000);
  });
});

describe('what is refused', () => {
  it.each<[string, EntityOptions, RegExp]>([
    [
      'a key without a certificate',
      {
        keys: '<md:KeyDescriptor><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:KeyName>k</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>',
      },
      /no X509Certificate/,
    ],
    ['a certificate that is none', { certificates: ['QUJD'] }, /certificate can’t be read/],
    ['a certificate with a comment inside', { certificates: ['QUJD<!-- -->QUJD'] }, /other than text/],
    ['a key for something else', { keys: '<md:KeyDescriptor use="both"/>' }, /for "both"/],
    ['no endpoint', { consumers: '' }, /no AssertionConsumerService for HTTP-POST/],
    ['an endpoint in the clear', { consumers: consumer('http://sp.example.org/acs') }, /is an https address/],
    ['a script for an endpoint', { consumers: consumer('javascript:alert(1)') }, /is an https address/],
    [
      'an endpoint without index',
      { consumers: `<md:AssertionConsumerService Binding="${POST}" Location="https://sp.example.org/"/>` },
      /no index/,
    ],
    [
      'two endpoints of one index',
      { consumers: consumer('https://a.example/', 1) + consumer('https://b.example/', 1) },
      /have the index 1/,
    ],
    ['a flag that is neither', { roleAttributes: ' AuthnRequestsSigned="yes"' }, /neither true nor false/],
    [
      'one that has expired',
      { roleAttributes: ' validUntil="2026-11-20T09:59:59Z"' },
      /valid until 2026-11-20T09:59:59Z/,
    ],
    ['an end that is no instant', { roleAttributes: ' validUntil="soon"' }, /no instant/],
    ['an entityID with white space', { entityId: 'https://sp.example.org/ x' }, /white space/],
    ['an entityID that is too long', { entityId: `urn:${'x'.repeat(1024)}` }, /1024 characters/],
    [
      'too many endpoints',
      { consumers: Array.from({ length: 201 }, (_, at) => consumer('https://a.example/', at)).join('') },
      /more than 200/,
    ],
  ])('%s', (_what, options, reason) => {
    expect(reasons(options)).toEqual([expect.stringMatching(reason)]);
  });

  it('keys that are too small, or of a kind that is not offered', async () => {
    const small = await createIdentity('rsa', 1024);
    expect(reasons({ certificates: [small.certificate] })).toEqual(['a certificate has an RSA key of 1024 bits']);
    const keys = (await webcrypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
    const other = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=x',
      keys,
      signingAlgorithm: { name: 'Ed25519' },
    });
    const certificate = Buffer.from(other.rawData).toString('base64');
    expect(reasons({ certificates: [certificate] })).toEqual([expect.stringContaining('not offered (ed25519)')]);
  });

  it('a second one of the same entityID, and none of the others', () => {
    const { accepted, refused } = parse(
      document(group([entity({ entityId: 'urn:a' }), entity({ entityId: 'urn:a' }), entity({ entityId: 'urn:b' })])),
    );
    expect(accepted.map(({ entityId }) => entityId)).toEqual(['urn:a', 'urn:b']);
    expect(refused).toEqual([{ entityId: 'urn:a', reason: expect.stringContaining('twice') }]);
  });

  it('an expired group, but not what stands beside it', () => {
    const { accepted, refused } = parse(
      document(group([group([entity({})], ' validUntil="2020-01-01T00:00:00Z"'), entity({ entityId: 'urn:b' })])),
    );
    expect(accepted.map(({ entityId }) => entityId)).toEqual(['urn:b']);
    expect(refused).toEqual([{ reason: expect.stringContaining('2020-01-01') }]);
  });

  it('a whole document that has expired, or is something else', () => {
    expect(() => parse(document(group([]), ' validUntil="2026-11-20T10:00:00Z"'))).toThrow(/valid until/);
    expect(() => parse('<x/>')).toThrow(/not an EntityDescriptor/);
    expect(() => parse('<EntityDescriptor entityID="urn:a"/>')).toThrow(/not an EntityDescriptor/);
    expect(() => parse(`<!DOCTYPE x [<!ENTITY e "x">]>${document(entity())}`)).toThrow(/document type/);
  });

  it('groups that are nested without end', () => {
    let nested = group([entity({})]);
    for (let depth = 0; depth < 30; depth++) nested = group([nested]);
    expect(parse(document(nested))).toMatchObject({
      accepted: [],
      refused: [{ reason: expect.stringMatching(/nested/) }],
    });
    for (let depth = 0; depth < 30; depth++) nested = group([nested]);
    expect(() => parse(document(nested))).toThrow(/nested more than 40 deep/);
  });
});

it('counts what is no service provider of SAML 2.0', () => {
  const idp =
    '<md:EntityDescriptor entityID="urn:idp"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/></md:EntityDescriptor>';
  const old = entity({ entityId: 'urn:old' }).replace('SAML:2.0:protocol', 'SAML:1.1:protocol');
  const { accepted, refused, others } = parse(document(group([idp, old, entity()])));
  expect([accepted.length, refused.length, others]).toEqual([1, 0, 2]);
});

describe('endpoints', () => {
  it.each([
    'https://sp.example.org/acs?x=1',
    'http://127.0.0.1:3002/acs',
    'http://localhost/acs',
    'http://[::1]:8/acs',
  ])('may be %s', (location) => {
    expect(isEndpoint(location)).toBe(true);
  });

  it.each([
    '',
    'http://localhost.example.org/',
    'http://127.0.0.1.example.org/',
    'https://user:secret@sp.example.org/',
    'https://sp.example.org/#x',
    'https://sp.example.org\\@evil.example/',
    'https://sp.example.org/\tx',
    ' https://sp.example.org/',
    'https://',
    'data:text/html,x',
    'HTTPS://sp.example.org/"><script>',
    `https://sp.example.org/${'x'.repeat(2048)}`,
  ])('may not be %j', (location) => {
    expect(isEndpoint(location)).toBe(false);
  });

  it('are never in the clear, and never hold what a browser reads otherwise', () => {
    const unit = fc.constantFrom(...'ahtps127.:/\\@#?%[] \t"<é');
    fc.assert(
      fc.property(fc.constantFrom('https:', 'http:', ''), fc.string({ unit, maxLength: 30 }), (scheme, rest) => {
        const location = `${scheme}//${rest}`;
        if (!isEndpoint(location)) return;
        const { protocol, hostname, username, password, hash } = new URL(location);
        expect([username, password, hash]).toEqual(['', '', '']);
        expect(protocol === 'https:' || /^(127\.|localhost$|\[::1\]$)/.test(hostname)).toBe(true);
        expect(location).not.toMatch(/[\s\\"<#é]/);
        expect(location.split(/[/?]/)[2]).not.toContain('@');
      }),
      { numRuns: 300 },
    );
  });
});

describe('properties', () => {
  it('whatever an entity holds, it is accepted whole or refused with a sentence', () => {
    const text = fc.string({ maxLength: 40 }).map((it) => it.replace(/[<>&"\p{C}]/gu, ''));
    fc.assert(
      fc.property(fc.record({ entityId: text, location: text, index: text, until: text, lang: text }), (it) => {
        const xml = document(
          entity({
            entityId: it.entityId.toWellFormed() || 'urn:x',
            consumers: `<md:AssertionConsumerService Binding="${POST}" Location="${it.location.toWellFormed()}" index="${it.index.toWellFormed()}"/>`,
            roleAttributes: ` validUntil="${it.until.toWellFormed()}"`,
            end: `<md:Organization><md:OrganizationDisplayName xml:lang="${it.lang.toWellFormed()}">n</md:OrganizationDisplayName></md:Organization>`,
          }),
        );
        const { accepted, refused } = parse(xml);
        expect(accepted.length + refused.length).toBe(1);
        for (const { reason } of refused) expect(reason).not.toBe('');
        for (const provider of accepted) expect(JSON.parse(JSON.stringify(provider))).toEqual(provider);
      }),
      { numRuns: 200 },
    );
  });

  it('instants and durations are read as they are written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        expect(parseInstant(instantOf(seconds * 1000))).toBe(seconds * 1000);
        expect(parseDuration(durationOf(seconds * 1000))).toBe(seconds * 1000);
      }),
      { numRuns: 200 },
    );
    expect(parseInstant('2026-11-20T10:00:00')).toBe(NOW);
    expect(parseInstant('2026-11-20T12:00:00.5+02:00')).toBe(NOW + 500);
    expect(parseDuration('P1DT2H')).toBe(93_600_000);
    for (const wrong of ['', 'P', 'PT', 'P1', '-P1D', '1h']) expect(parseDuration(wrong)).toBeUndefined();
    for (const wrong of ['', '2026-11-20', 'now', '2026-13-40T99:00:00Z']) expect(parseInstant(wrong)).toBeNaN();
  });
});
