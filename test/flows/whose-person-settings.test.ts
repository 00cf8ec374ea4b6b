import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/boot/config.ts';
import { loadModules } from '../../src/boot/modules.ts';
import { merge, shortTree, type Tree } from '../support/configuration.ts';
import { temporaryFolder } from '../support/folders.ts';

const modules = await loadModules();

const partner = {
  ...{ type: 'oidc', name: 'Partner', issuer: 'https://login.partner.example' },
  ...{ clientId: 'sallyport', clientSecret: 'secret-of-the-tests-0123456789' },
};
const federation = { type: 'saml', name: 'Federation', metadata: { file: 'federation.xml' }, federation: {} };

/** Reads a configuration with these directories, and these providers of one application. */
function read(directories: Tree, providers?: unknown) {
  const file = join(temporaryFolder(), 'config.yaml');
  const applications = providers === undefined ? {} : { courses: { providers } };
  const stores = { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } };
  const own = { data: './data', stores, directories, applications, networks: { site: ['198.51.100.0/24'] } };
  writeFileSync(file, JSON.stringify(merge(shortTree('http://localhost:3000', 'http://127.0.0.1:3001'), own)));
  return loadConfig(file, modules, {});
}

it('reads whose people somebody may be, and what an application offers', () => {
  const { directories, applications } = read(
    { partner: { ...partner, mailDomains: ['partner.example'], networks: ['site'] }, federation },
    ['partner', { directory: 'federation', houses: ['https://idp.alpha.example'] }],
  );
  expect(directories.get('partner')).toMatchObject({ mailDomains: ['partner.example'], networks: ['site'] });
  expect(applications.get('courses')?.providers).toEqual([
    { directory: 'partner' },
    { directory: 'federation', houses: ['https://idp.alpha.example'] },
  ]);
});

it.each<[string, Tree, unknown, RegExp]>([
  [
    'a network of nobody’s',
    { partner: { ...partner, networks: ['nowhere'] } },
    undefined,
    /names nowhere, which isn't/,
  ],
  ['a network that leads nowhere', { local: { networks: ['site'] } }, undefined, /leads nowhere/],
  ['a network of many houses', { federation: { ...federation, networks: ['site'] } }, undefined, /which of its many/],
  [
    'a domain of many houses',
    { federation: { ...federation, mailDomains: ['a.example'] } },
    undefined,
    /own scopes do/,
  ],
  [
    'a domain of two',
    { local: { mailDomains: ['A.example'] }, partner: { ...partner, mailDomains: ['a.example'] } },
    undefined,
    /has a\.example, as local does/,
  ],
  ['a provider with passwords', {}, ['local'], /names local, which isn't a directory whose people/],
  ['houses of one that has none', { partner }, [{ directory: 'partner', houses: ['x'] }], /has one house/],
  ['one house and many', { federation: { ...federation, entityId: 'https://idp.example' } }, undefined, /leave it out/],
  ['neither', { federation: { ...federation, federation: undefined } }, undefined, /name the provider, or add/],
  ['scopes for everybody', { federation: { ...federation, scopes: ['a.example'] } }, undefined, /every house’s/],
])('refuses %s', (_what, directories, providers, message) => {
  expect(() => read(directories, providers)).toThrow(message);
});
