import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { merge, shortTree, type Tree } from '../../../test/support/configuration.ts';
import { temporaryFolder } from '../../../test/support/folders.ts';
import { radiusClient } from '../../../test/support/radius.ts';
import { loadConfig } from '../config.ts';
import { loadModules } from '../modules.ts';

const modules = await loadModules();

const vpn = (pool: string[] | undefined, more: object = {}) => ({
  name: 'VPN',
  radius: radiusClient({ ...(pool && { pool }), ...more }),
});

/** The warnings about connections of a configuration with these applications and this rule. */
function warned(applications: Tree, rule: object = {}, more: Tree = {}): string[] {
  const file = join(temporaryFolder(), 'config.yaml');
  const rules = [
    { name: 'all', level: 'sfa' },
    { name: 'courses', applications: ['courses'], level: 'mfa', remember: '12h', connection: '12h', ...rule },
  ];
  const stores = { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } };
  const own = { data: 'data', stores, doors: { radius: {} }, applications, policy: { rules }, ...more };
  writeFileSync(file, JSON.stringify(merge(shortTree('http://localhost:3000', 'http://127.0.0.1:3001'), own)));
  return loadConfig(file, modules, {}).warnings.filter((text) => /connection|pool/.test(text));
}

it('a pool whose machines could pass for any address is a fault, and so is one that overlaps another’s', () => {
  const proxied = { trustedProxies: ['10.8.3.0/24'] };
  expect(() => warned({ vpn: vpn(['10.9.0.0/16', '10.8.0.0/16']) }, {}, proxied)).toThrow(
    /applications\.vpn\.radius\.pool\[1\]: overlaps trustedProxies \(10\.8\.3\.0\/24\)/,
  );
  const other = vpn(['10.8.4.0/24'], { clients: ['127.0.0.2'] });
  expect(() => warned({ vpn: vpn(['10.8.0.0/16']), other })).toThrow(
    /applications\.vpn\.radius\.pool\[0\]: overlaps the pool of other/,
  );
  expect(warned({ vpn: vpn(['10.9.0.0/16']) }, {}, proxied)).toEqual([]);
});

it.each<[string, object, RegExp]>([
  ['remembers nothing', { remember: 'never' }, /counts no connection: it remembers nothing/],
  ['says nothing of remembering', { remember: undefined }, /counts no connection: it remembers nothing/],
  ['asks for more', { level: 'phr' }, /counts no connection: one never exceeds mfa/],
  ['remembers for less', { remember: '1h' }, /for longer than it remembers, which holds/],
])('a rule that counts connections and %s is told of', (_, rule, told) => {
  expect(warned({ vpn: vpn(['10.8.0.0/16']) }, rule)).toEqual([expect.stringMatching(told)]);
});

it('a rule that has no connection to count, and a pool where none counts, are told of', () => {
  expect(warned({ vpn: vpn(undefined) })).toEqual([expect.stringMatching(/no application has a pool/)]);
  const networks = { kiosks: { ranges: ['10.8.9.0/24'], shared: true } };
  expect(warned({ vpn: vpn(['10.8.0.0/16']) }, {}, { networks })).toEqual([
    expect.stringMatching(/pool of applications\.vpn overlaps the shared network kiosks/),
  ]);
});
