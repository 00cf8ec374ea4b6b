import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from '../../../saml/metadata/compile.ts';
import { Snapshot } from '../../../saml/metadata/snapshot.ts';
import { NOW } from '../../../saml/metadata/testing/ports.ts';
import type { ServiceProvider } from '../../../saml/model.ts';
import { publicKeys } from '../../../saml/xml/algorithms.ts';
import { attributeTable } from '../response/attribute-table.ts';
import { releasedTo, unmatchedIn } from '../response/release.ts';
import { samlApplication } from '../settings.ts';

/** Metadata as products write it: prefixes of all kinds, line ends, byte order marks, keys and names. */

const FOLDER = new URL('./testing/products/', import.meta.url);
const TABLE = attributeTable({});
const ALL = [...TABLE.keys()].filter((name) => !name.endsWith('-id'));

interface Expected {
  entityId: string;
  acs: string;
  signing: number;
  encryption?: number;
  /** By which names it gets what its application is given. */
  sent?: string[];
  unmatched?: string[];
  until?: string;
  name?: string;
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  shibboleth: {
    entityId: 'https://shib.example.org/shibboleth',
    acs: 'https://shib.example.org/Shibboleth.sso/SAML2/POST',
    signing: 1,
    encryption: 1,
  },
  mellon: {
    entityId: 'https://wiki.example.org/mellon/metadata',
    acs: 'https://wiki.example.org/mellon/postResponse',
    signing: 1,
  },
  simplesamlphp: {
    entityId: 'https://php.example.org/simplesaml/module.php/saml/sp/metadata/default-sp',
    acs: 'https://php.example.org/simplesaml/module.php/saml/sp/saml2-acs.php/default-sp',
    signing: 1,
    encryption: 1,
    sent: ['urn:mace:dir:attribute-def:displayName', 'urn:oid:0.9.2342.19200300.100.1.3'],
    name: 'Surveys',
  },
  nextcloud: {
    entityId: 'https://cloud.example.org/apps/user_saml/saml/metadata',
    acs: 'https://cloud.example.org/apps/user_saml/saml/acs',
    signing: 1,
    until: '2026-11-22T09:12:33Z',
  },
  moodle: {
    entityId: 'https://moodle.example.org/auth/saml2/sp/metadata.php',
    acs: 'https://moodle.example.org/auth/saml2/sp/saml2-acs.php/moodle.example.org',
    signing: 1,
    // Without `use` it is for both.
    encryption: 1,
    until: '2026-11-21T22:00:00Z',
  },
  gitlab: {
    entityId: 'https://gitlab.example.org',
    acs: 'https://gitlab.example.org/users/auth/saml/callback',
    signing: 0,
    sent: ['email', 'first_name', 'last_name', 'name'],
    name: 'Required attributes',
  },
  passport: {
    entityId: 'passport-saml',
    acs: 'https://node.example.org/login/callback',
    signing: 1,
    encryption: 1,
  },
  djangosaml2: {
    entityId: 'https://django.example.org/saml2/metadata/',
    acs: 'https://django.example.org/saml2/acs/',
    signing: 1,
    encryption: 1,
    sent: ['urn:oid:0.9.2342.19200300.100.1.1', 'urn:oid:2.5.4.42'],
    name: 'Field notes',
  },
  spring: {
    entityId: 'https://spring.example.org/saml2/service-provider-metadata/gateway',
    acs: 'https://spring.example.org/login/saml2/sso/gateway',
    signing: 1,
    encryption: 1,
  },
  zoom: {
    entityId: 'university.zoom.example',
    acs: 'https://university.zoom.example/saml/SSO',
    signing: 2,
    name: 'Video conferences',
  },
  salesforce: {
    entityId: 'https://university.my.salesforce.example',
    acs: 'https://university.my.salesforce.example?so=00D000000000001',
    signing: 1,
    until: '2036-11-20T10:00:00Z',
  },
};

function providerOf(bytes: Uint8Array): ServiceProvider {
  const { bytes: block, count, refused } = compile(bytes, undefined, NOW);
  expect(refused).toEqual([]);
  const [provider] = [new Snapshot(block, count).at(0)];
  if (provider === undefined) throw new Error('describes nobody');
  return provider;
}

describe('metadata that products write', () => {
  it('has its expectation, each file of it', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(
      Object.keys(EXPECTED)
        .map((name) => `${name}.xml`)
        .sort(),
    );
    expect(Object.keys(EXPECTED).length).toBeGreaterThanOrEqual(10);
  });

  it.each(Object.entries(EXPECTED))('%s is read as it is meant', (file, expected) => {
    const provider = providerOf(readFileSync(new URL(`${file}.xml`, FOLDER)));
    const { entityId, acs, signing, encryption = 0, until, name } = expected;
    expect(provider.entityId).toBe(entityId);
    const services = provider.assertionConsumerServices;
    expect((services.find(({ isDefault }) => isDefault) ?? services[0])?.location).toBe(acs);
    expect(publicKeys(provider.signingCertificates)).toHaveLength(signing);
    expect(provider.encryptionKeys).toHaveLength(encryption);
    expect(provider.validUntil).toBe(until === undefined ? undefined : Date.parse(until));
    expect(provider.displayName).toEqual(name === undefined ? undefined : { en: name });
    const application = samlApplication.parse({ metadata: { file: 'x' }, attributes: ALL });
    const sent = releasedTo(provider, application, TABLE).map((it) => it.as?.name ?? TABLE.get(it.name)?.name);
    if (expected.sent) expect(sent.toSorted()).toEqual(expected.sent);
    else expect(sent).toHaveLength(ALL.length);
    expect(unmatchedIn(provider, TABLE)).toEqual(expected.unmatched ?? []);
  });

  it.each(Object.keys(EXPECTED))(
    '%s is read the same with other line ends, and a byte order mark before it',
    (file) => {
      const text = readFileSync(new URL(`${file}.xml`, FOLDER), 'utf8')
        .replace(/^\uFEFF/, '')
        .replaceAll('\r\n', '\n');
      const plain = providerOf(Buffer.from(text));
      for (const other of [`\uFEFF${text}`, text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\r')])
        expect(providerOf(Buffer.from(other))).toEqual(plain);
    },
  );
});
