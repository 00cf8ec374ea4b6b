import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/folders.ts';
import type { Keyring, SigningKey } from '../../../core/keyring.ts';
import { createIdentity, type Identity } from '../../../saml/testing/identity.ts';
import { NS, schema, withDocument } from '../../../saml/xml/library.ts';
import { verifySignedMetadata } from '../../../saml/xml/signature.ts';
import { samlSettings } from '../settings.ts';
import { createOwnMetadata, type OwnFacts, ownIdentity, ownMetadata } from './own.ts';

const NOW = Date.parse('2026-11-20T10:00:00Z');
const DAY = 86_400_000;
let current: Identity;
let next: Identity;
let elliptic: Identity;

beforeAll(async () => {
  [current, next, elliptic] = await Promise.all([createIdentity(), createIdentity(), createIdentity('ec')]);
});

function ring(...identities: Identity[]): Keyring & { change(...identities: Identity[]): void } {
  const toKey = ({ type, privateKey, publicKey, certificate }: Identity): SigningKey => {
    const algorithm = type === 'rsa' ? 'RS256' : 'ES256';
    return { id: certificate.slice(-20), algorithm, privateKey, publicKey, certificate, activeFrom: 0 };
  };
  let keys = identities.map(toKey);
  const listeners: (() => void)[] = [];
  return {
    active(algorithm) {
      const found = keys.find((key) => key.algorithm === algorithm);
      if (found === undefined) throw new Error(`no key for ${algorithm}`);
      return found;
    },
    published: () => keys,
    onChange: (listener) => listeners.push(listener),
    change(...others) {
      keys = others.map(toKey);
      for (const listener of listeners) listener();
    },
  };
}

function facts(settings: Record<string, unknown> = {}): OwnFacts {
  const parsed = samlSettings.parse(settings);
  return {
    identity: ownIdentity('https://login.example.org', parsed),
    settings: parsed,
    institution: {
      name: { en: 'Example & <University>', 'zh-Hant': '範例大學' },
      supportUrl: 'https://help.example.org/?a=1&b=2',
    },
    locales: ['en', 'zh-Hant'],
  };
}

const full = {
  metadata: {
    organization: { name: 'example.org', displayName: 'Example "U"', url: 'https://www.example.org/' },
    contacts: [
      { type: 'technical', name: 'Operations', email: 'ops@example.org' },
      { type: 'security', name: 'CSIRT', email: 'csirt@example.org' },
    ],
  },
};

function read<T>(xml: string, look: Parameters<typeof withDocument<T>>[2]): T {
  return withDocument(xml, { bytes: 1_000_000 }, look);
}

/** Debian's xmlsec1, an implementation of its own. */
function verifyWithXmlsec(xml: string, signer: Identity): string {
  const folder = temporaryFolder();
  const [file, pem] = [join(folder, 'metadata.xml'), join(folder, 'certificate.pem')];
  writeFileSync(file, xml);
  writeFileSync(pem, signer.certificatePem);
  const id = ['--id-attr:ID', 'urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor'];
  return execFileSync('xmlsec1', ['--verify', '--pubkey-cert-pem', pem, ...id, file], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

describe('the metadata of this identity provider', () => {
  it('is valid against the schemas, whatever is configured', () => {
    for (const settings of [{}, full]) {
      const xml = ownMetadata(facts(settings), ring(current, next, elliptic), NOW);
      read(xml, (document) => document.validate(schema('metadata')));
    }
  });

  it.each(['RSA-SHA256', 'RSA-SHA384', 'ECDSA-SHA256'])('bears a signature by %s that others verify', (algorithm) => {
    const xml = ownMetadata(facts({ ...full, algorithm }), ring(current, elliptic), NOW);
    const signer = algorithm.startsWith('RSA') ? current : elliptic;
    verifyWithXmlsec(xml, signer);
    read(xml, (document) => verifySignedMetadata(document, [signer.publicKey]));
    expect(() => verifyWithXmlsec(xml.replace('CSIRT', 'Somebody'), signer)).toThrow();
  });

  it('says what service providers need to know', () => {
    const xml = ownMetadata(facts(full), ring(current, next), NOW);
    read(xml, ({ root }) => {
      const role = root.child(NS.md, 'IDPSSODescriptor');
      if (role === undefined) throw new Error('no role');
      const locations = (name: string) => role.children(NS.md, name).map((it) => it.attribute('Location'));
      expect(root.attribute('entityID')).toBe('https://login.example.org/saml/metadata');
      expect(root.attribute('validUntil')).toBe('2026-11-27T10:00:00Z');
      expect(root.attribute('cacheDuration')).toBe('PT21600S');
      expect(role.attribute('errorURL')).toBe('https://help.example.org/?a=1&b=2');
      expect(locations('SingleSignOnService')).toEqual(Array(2).fill('https://login.example.org/saml/sso'));
      expect(locations('SingleLogoutService')).toEqual(Array(2).fill('https://login.example.org/saml/slo'));
      const extensions = role.child(NS.md, 'Extensions');
      expect(extensions?.child(NS.shibmd, 'Scope')?.text).toBe('login.example.org');
      const names = extensions?.child(NS.mdui, 'UIInfo')?.children(NS.mdui, 'DisplayName');
      expect(names?.map((it) => [it.attribute('lang', NS.xml), it.text])).toEqual([
        ['en', 'Example & <University>'],
        ['zh-Hant', '範例大學'],
      ]);
      const contact = root.children(NS.md, 'ContactPerson')[1];
      expect(contact?.attribute('contactType')).toBe('other');
      expect(contact?.attribute('contactType', 'http://refeds.org/metadata')).toMatch(/security$/);
      const signing = root.child(NS.md, 'Extensions')?.children(NS.alg, 'SigningMethod');
      expect(signing?.[0]?.attribute('Algorithm')).toMatch(/#rsa-sha256$/);
      expect(signing?.some((it) => it.attribute('Algorithm')?.includes('sha1'))).toBe(false);
    });
  });

  it('publishes both certificates during a rollover, the signing one first', () => {
    const xml = ownMetadata(facts(), ring(current, next), NOW);
    const published = read(xml, ({ root }) =>
      (root.child(NS.md, 'IDPSSODescriptor')?.children(NS.md, 'KeyDescriptor') ?? []).map((key) => [
        key.attribute('use'),
        key.child(NS.ds, 'KeyInfo')?.child(NS.ds, 'X509Data')?.child(NS.ds, 'X509Certificate')?.text,
      ]),
    );
    expect(published).toEqual([
      ['signing', current.certificate],
      ['signing', next.certificate],
    ]);
  });

  it('takes another name and scope where they are configured', () => {
    const configured = { entityId: 'https://idp.example.org/shibboleth', scope: 'example.org' };
    const { identity } = facts(configured);
    expect(identity).toMatchObject({ ...configured, metadata: 'https://login.example.org/saml/metadata' });
  });

  it('is made once, and anew when the keys change or half its time is over', () => {
    const keys = ring(current);
    let now = NOW;
    const metadata = createOwnMetadata(facts(), keys, () => now);
    const first = metadata.xml();
    now += 3 * DAY;
    expect(metadata.xml()).toBe(first);
    now += DAY;
    const second = metadata.xml();
    expect(second).not.toBe(first);
    keys.change(next, current);
    const third = metadata.xml();
    expect(third).toContain(next.certificate);
    verifyWithXmlsec(third, next);
    now -= 10 * DAY;
    expect(metadata.xml()).not.toBe(third);
  });
});
