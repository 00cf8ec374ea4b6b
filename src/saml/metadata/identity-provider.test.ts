import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import { temporaryFolder } from '../../../test/support/folders.ts';
import type { IdentityProvider } from '../model.ts';
import { createIdentity, type Identity } from '../testing/identity.ts';
import { withDocument } from '../xml/library.ts';
import { readMetadata } from './parse.ts';
import { createProviderSource } from './source.ts';
import { document, entity, group, keyDescriptor, signed } from './testing/documents.ts';
import { anything, metadataPorts, NOW } from './testing/ports.ts';

const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:';
const NAMES =
  ' xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';
let rsa: Identity;
let federation: Identity;

beforeAll(async () => {
  [rsa, federation] = await Promise.all([createIdentity(), createIdentity()]);
});

const service = (binding: string, location: string, name = 'SingleSignOnService'): string =>
  `<md:${name} Binding="${BINDING}${binding}" Location="${location}"></md:${name}>`;

interface Parts {
  entityId?: string;
  extensions?: string;
  role?: string;
  keys?: string;
  services?: string;
}

function provider({ entityId = 'https://idp.example/idp', extensions = '', role = '', ...rest }: Parts = {}): string {
  const {
    keys = keyDescriptor(rsa.certificate, 'signing'),
    services = service('HTTP-Redirect', 'https://idp.example/sso'),
  } = rest;
  return `<md:EntityDescriptor entityID="${entityId}">${extensions}<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${role}${keys}${services}</md:IDPSSODescriptor></md:EntityDescriptor>`;
}

function read(xml: string) {
  const accepted: IdentityProvider[] = [];
  const { refused, others } = withDocument(document(xml, NAMES), { bytes: 1_000_000 }, ({ root }) =>
    readMetadata(root, NOW, 'idp', (found) => accepted.push(found as IdentityProvider)),
  );
  return { accepted, reasons: refused.map(({ reason }) => reason), others };
}

describe('an identity provider', () => {
  it('is read as its metadata describes it', () => {
    const ui =
      '<mdui:UIInfo><mdui:DisplayName xml:lang="en">Partner Hospital</mdui:DisplayName><mdui:DisplayName xml:lang="zh-Hant">夥伴醫院</mdui:DisplayName>' +
      '<mdui:Keywords xml:lang="en">clinic general+hospital clinic</mdui:Keywords>' +
      '<mdui:Logo height="16" width="32" xml:lang="en">https://idp.example/logo.png</mdui:Logo><mdui:Logo height="1" width="1">javascript:alert(1)</mdui:Logo></mdui:UIInfo>';
    const scopes =
      '<shibmd:Scope regexp="false">partner.example</shibmd:Scope><shibmd:Scope>clinic.example</shibmd:Scope><shibmd:Scope regexp="true">.*</shibmd:Scope>';
    const hidden =
      '<mdattr:EntityAttributes><saml:Attribute Name="http://macedir.org/entity-category"><saml:AttributeValue>http://refeds.org/category/hide-from-discovery</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes>';
    const services =
      service('HTTP-Redirect', 'https://idp.example/slo', 'SingleLogoutService') +
      service('HTTP-POST-SimpleSign', 'https://idp.example/simple') +
      service('HTTP-POST', 'http://idp.example/clear') +
      service('HTTP-POST', 'https://idp.example/post') +
      service('HTTP-Redirect', 'https://idp.example/sso');
    const { accepted, reasons } = read(
      provider({
        extensions: `<md:Extensions>${hidden}<shibmd:Scope>entity.example</shibmd:Scope></md:Extensions>`,
        role: `<md:Extensions>${scopes}${ui}</md:Extensions>`,
        services,
      }),
    );
    expect(reasons).toEqual([]);
    expect(accepted).toEqual([
      {
        entityId: 'https://idp.example/idp',
        displayName: { en: 'Partner Hospital', 'zh-Hant': '夥伴醫院' },
        keywords: ['clinic', 'general hospital'],
        logos: [{ url: 'https://idp.example/logo.png', width: 32, height: 16, language: 'en' }],
        singleSignOnServices: [
          { binding: 'post', location: 'https://idp.example/post' },
          { binding: 'redirect', location: 'https://idp.example/sso' },
        ],
        singleLogoutServices: [{ binding: 'redirect', location: 'https://idp.example/slo' }],
        signingCertificates: [rsa.certificate],
        wantAuthnRequestsSigned: false,
        nameIdFormats: [],
        scopes: ['partner.example', 'clinic.example', 'entity.example'],
        entityCategories: ['http://refeds.org/category/hide-from-discovery'],
        signingMethods: [],
        digestMethods: [],
      },
    ]);
  });

  it('without a key or an address to sign in at is refused; a service provider is none of our concern', () => {
    expect(read(provider({ keys: '' })).reasons).toEqual([expect.stringMatching(/no key/)]);
    expect(read(provider({ keys: keyDescriptor(rsa.certificate, 'encryption') })).reasons).toEqual([
      expect.stringMatching(/no key/),
    ]);
    expect(read(provider({ services: service('HTTP-Redirect', 'http://idp.example/sso') })).reasons).toEqual([
      expect.stringMatching(/no SingleSignOnService/),
    ]);
    expect(read(entity())).toEqual({ accepted: [], reasons: [], others: 1 });
  });

  it('is one of a federation of thousands, verified and found by its entityID', async () => {
    const folder = temporaryFolder();
    const { durable } = await openDurable();
    const { ports, clock } = metadataPorts(durable);
    const services = group([
      ...Array.from({ length: 1500 }, (_, at) => provider({ entityId: `https://idp${at}.example/idp` })),
      entity({ certificates: [rsa.certificate] }),
    ]);
    const file = join(folder, 'federation.xml');
    writeFileSync(file, signed(services, federation.privateKey, { validUntil: '2026-12-01T00:00:00Z' }));
    const settings = { file, certificate: federation.certificatePem };
    const open = (from = settings) =>
      createProviderSource('fed', from, { ...ports, namespace: 'saml-providers' }, anything);
    const source = open();
    await source.start();
    expect(source.health()).toMatchObject({ providers: 1500 });
    expect(await source.find('https://idp1234.example/idp')).toMatchObject({
      singleSignOnServices: [{ binding: 'redirect', location: 'https://idp.example/sso' }],
      signingCertificates: [rsa.certificate],
    });
    clock.now = Date.parse('2026-12-01T00:00:00Z');
    expect(await source.find('https://idp1234.example/idp')).toBeUndefined();
    await source.close();
    clock.now = NOW;
    const forged = open({ ...settings, certificate: rsa.certificatePem });
    await forged.start();
    expect(await forged.find('https://idp1234.example/idp')).toBeUndefined();
    expect(forged.health().lastFailure?.reason).toMatch(/made by none/);
    await forged.close();
  });
});
