import { expect, it } from 'vitest';
import { namedIn } from './named.ts';

const listed = (tree: Record<string, unknown>, env: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(namedIn(tree, env)).map(([kind, ids]) => [kind, [...ids].sort()]));

it('names the plug-ins of every section, and nothing else that stands there', () => {
  const tree = {
    directories: { list: {}, university: { type: 'tree' }, elsewhere: { type: 7 } },
    factors: { word: {}, chip: null },
    senders: { pigeon: { host: 'whistle' } },
    doors: { web: {} },
    applications: { wiki: { name: 'Wiki', radio: { band: 'x' } } },
    stores: { durable: { type: 'disk' }, ephemeral: { type: 'cache' } },
    policy: { rules: [{ name: 'whistle' }] },
  };
  expect(listed(tree)).toEqual({
    directories: ['list', 'tree'],
    factors: ['chip', 'word'],
    senders: ['pigeon'],
    doors: ['name', 'radio', 'web'],
    stores: ['cache', 'disk'],
  });
});

it('names those that variables bring', () => {
  const env = {
    SALLYPORT_FACTORS_LOUD_WHISTLE_LIFETIME: '5m',
    SALLYPORT_STORES_EPHEMERAL_TYPE: 'cache',
    SALLYPORT_DIRECTORIES__TREE__BASE: 'root',
    OTHER_FACTORS_CHIP: '1',
  };
  const found = listed({}, env);
  expect(found.factors).toContain('loud-whistle');
  expect(found.factors).not.toContain('chip');
  expect(found.directories).toContain('tree');
  expect(found).toMatchObject({ stores: ['cache'], senders: [], doors: [] });
});

it.each([[{}], [{ factors: [], doors: 'web', directories: 3, senders: null, applications: ['web'], stores: [] }]])(
  'finds nothing in what is no configuration: %j',
  (tree) => {
    expect(listed(tree)).toEqual({ directories: [], factors: [], senders: [], doors: [], stores: [] });
  },
);
