import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { configText, folderWith } from '../testing/folder.ts';
import { testModules } from '../testing/modules.ts';
import { differences } from './difference.ts';
import { digestsOf } from './digest.ts';

type Sections = Readonly<Record<string, unknown>>;

function read(sections: Sections, name = 'config.yaml', folder = folderWith()) {
  writeFileSync(join(folder, name), configText(sections));
  return loadConfig(join(folder, name), testModules, {});
}

function between(before: Sections, after: Sections): string[] {
  const folder = folderWith({ 'old.txt': 'first-secret', 'new.txt': 'other-secret' });
  const readings = [read(before, 'a.yaml', folder), read(after, 'a.yaml', folder)] as const;
  return differences(...readings, testModules.stores).map(({ text }) => text);
}

const wiki = (web: Sections, more: Sections = {}) => ({
  applications: { wiki: { name: 'Wiki', web: { redirectUris: ['https://wiki.example/back'], ...web }, ...more } },
});

it('tells of nothing where the same is written otherwise', () => {
  expect(between({ sessions: { lifetime: '60m' } }, { sessions: { lifetime: '1h' } })).toEqual([]);
  expect(between({}, { listen: { port: 3000 }, policy: { rules: [] } })).toEqual([]);
});

it('tells where, from what and to what, as it is written', () => {
  expect(between({}, { sessions: { lifetime: '4h' } })).toEqual(['sessions.lifetime: (default) → 4h']);
  expect(between({ lockout: { failures: 5 } }, {})).toEqual(['lockout.failures: 5 → (default)']);
});

it('knows entries that have names by those, wherever they stand', () => {
  const [one, two] = [
    { name: 'one', level: 'sfa' },
    { name: 'two "x"', level: 'mfa' },
  ];
  const rules = (...all: object[]) => ({ policy: { rules: all } });
  expect(between(rules(one, two), rules(two, { ...one, level: 'phr' }))).toEqual([
    'policy.rules["one"].level: sfa → phr',
    'policy.rules: in another order: one, two "x" → two "x", one',
  ]);
  expect(between(rules(one), rules(one, two))).toEqual([String.raw`policy.rules["two \"x\""]: added`]);
  expect(between(rules(one, two), rules(one))).toEqual([String.raw`policy.rules["two \"x\""]: removed`]);
});

it('tells of another order, where entries count one after the other', () => {
  const [one, two] = [
    { name: 'one', level: 'sfa' },
    { name: 'two', level: 'mfa' },
  ];
  const rules = (...all: object[]) => ({ policy: { rules: all } });
  expect(between(rules(one, two), rules(two, one))).toEqual(['policy.rules: in another order: one, two → two, one']);
  const wikis = ({ ...all }: Sections) => ({ applications: all });
  const { wiki: it } = wiki({}).applications;
  expect(between(wikis({ a: it, b: it, c: it }), wikis({ b: it, a: it, d: it }))).toEqual([
    'applications: in another order: a, b → b, a',
    'applications.c: removed',
    'applications.d: added',
  ]);
  const ways = { lifetime: '4h', idle: '1h' };
  expect(between({ sessions: ways }, { sessions: { idle: ways.idle, lifetime: ways.lifetime } })).toEqual([]);
});

it('shows where an application lets people return to, and none of what it holds in secret', () => {
  expect(between(wiki({}), wiki({ redirectUris: ['https://wiki.example/there'] }))).toEqual([
    'applications.wiki.web.redirectUris: [https://wiki.example/back] → [https://wiki.example/there]',
  ]);
  expect(between(wiki({ clientSecret: 'abcd' }), wiki({ clientSecret: 'efgh' }))).toEqual([
    'applications.wiki.web.clientSecret: changed',
  ]);
  expect(between(wiki({}), wiki({ redirectUris: ['https://wiki.example/?key=secret'] }))).toEqual([
    'applications.wiki.web.redirectUris: changed',
  ]);
  const file = (name: string) => wiki({ clientSecret: `\${file:${name}}` });
  expect(between(file('old.txt'), file('new.txt'))).toEqual(['applications.wiki.web.clientSecret: changed']);
});

it('makes digests that are the same in every folder, and others for another key or another setting', () => {
  const keys = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const digests = digestsOf(read(wiki({})), keys);
  expect(digestsOf(read(wiki({}), 'other.yaml'), [...keys].reverse())).toEqual(digests);
  expect(digestsOf(read({ ...wiki({}), listen: { port: 3005 }, node: 'b', data: 'elsewhere' }), keys)).toEqual(digests);
  const { wiki: one } = wiki({}).applications;
  const order = (...ids: string[]) =>
    digestsOf(read({ applications: Object.fromEntries(ids.map((id) => [id, one])) }), keys);
  expect(order('a', 'b')).not.toEqual(order('b', 'a'));
  const other = digestsOf(read(wiki({ clientSecret: 'abcd' })), keys);
  expect(Object.keys(digests).filter((name) => other[name] !== digests[name])).toEqual(['applications']);
  expect(digestsOf(read(wiki({})), [new Uint8Array(32)]).applications).not.toBe(digests.applications);
});
