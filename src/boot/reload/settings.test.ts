import { describe, expect, it } from 'vitest';
import { sectionsOf } from '../config/schema.ts';
import { testModules } from '../testing/modules.ts';
import { needOf, type Readings, TAKES } from './settings.ts';

type Read = Readings['before'];

const sameData = (one: unknown, other: unknown) => (one as { at: string }).at === (other as { at: string }).at;

const disks = [...testModules.stores.durable].map(([id, module]) => [id, { ...module, sameData }] as const);
const stores = { ...testModules.stores, durable: new Map([...disks]) };
const KEYS = ['a', 'b', 'c'].map((letter) => `${letter.repeat(42)}A`);
const [A = '', B = '', C = ''] = KEYS;

const read = (given: Partial<Read> = {}): Read => ({
  ...{ secrets: { sealingKey: A, previousSealingKeys: [] }, doors: new Map() },
  stores: { durable: { type: 'disk', settings: {} }, ephemeral: { type: 'cache', settings: {} } },
  ...given,
});

function takes(path: readonly string[], before: Partial<Read> = {}, after: Partial<Read> = {}) {
  return needOf(path, { before: read(before), after: read(after), stores }).takes;
}

it('says of every section of the schema what a change of it takes, and of none besides', () => {
  expect(Object.keys(TAKES).sort()).toEqual(Object.keys(sectionsOf(testModules)).sort());
});

it('takes a restart for what it doesn’t know', () => {
  expect(takes(['constructor'])).toBe('restart');
  expect(takes([])).toBe('restart');
});

it('reads certificates anew, and nothing else of where it listens', () => {
  expect(takes(['listen', 'tls', 'cert'])).toBe('reload');
  expect(takes(['listen', 'drain'])).toBe('reload');
  expect(takes(['listen', 'tls'])).toBe('restart');
  expect(takes(['listen', 'port'])).toBe('restart');
  expect(takes(['management', 'port'])).toBe('restart');
  expect(takes(['management', 'dangerouslyPublic'])).toBe('reload');
});

it('takes other processes for a port of a door’s own, and for a door that comes or goes with one', () => {
  const lines = { doors: new Map([['lines', { listen: { port: 1812 } }]]) };
  const pages = { doors: new Map([['pages', {}]]) };
  expect(takes(['doors', 'lines', 'listen', 'port'], lines, lines)).toBe('roll');
  expect(takes(['doors', 'lines'], {}, lines)).toBe('roll');
  expect(takes(['doors', 'lines'], lines, {})).toBe('roll');
  expect(takes(['doors', 'pages'], {}, pages)).toBe('reload');
  expect(takes(['doors', 'lines', 'patience'], lines, lines)).toBe('reload');
});

describe('sealing keys', () => {
  const secrets = (sealingKey: string | undefined, ...previousSealingKeys: string[]) => ({
    secrets: { ...(sealingKey !== undefined && { sealingKey }), previousSealingKeys },
  });
  const from = (before: Partial<Read>, after: Partial<Read>) => takes(['secrets', 'sealingKey'], before, after);

  it('are rolled where each process opens what the other seals', () => {
    expect(from(secrets(A), secrets(A, B))).toBe('roll');
    expect(from(secrets(A, B), secrets(B, A))).toBe('roll');
    expect(from(secrets(B, A), secrets(B))).toBe('roll');
    expect(from(secrets(undefined), secrets(undefined, C))).toBe('roll');
  });

  it('aren’t where one would find what it can’t open', () => {
    expect(from(secrets(A), secrets(B))).toBe('restart');
    expect(from(secrets(A), secrets(B, A))).toBe('restart');
    expect(from(secrets(A, B), secrets(B))).toBe('restart');
    expect(from(secrets(undefined), secrets(A))).toBe('restart');
  });
});

it('lets processes take each other’s place over the same data, as the store’s module says', () => {
  const disk = (settings: object, type = 'disk') => ({ stores: { ...read().stores, durable: { type, settings } } });
  const at = ['stores', 'durable', 'speed'];
  expect(takes(at, disk({ at: 'here', speed: 1 }), disk({ at: 'here', speed: 2 }))).toBe('roll');
  expect(takes(at, disk({ at: 'here' }), disk({ at: 'there' }))).toBe('restart');
  expect(takes(at, disk({ at: 'here' }), disk({ at: 'here' }, 'tape'))).toBe('restart');
  // One that says nothing of it.
  expect(takes(['stores', 'ephemeral', 'file'])).toBe('restart');
  expect(takes(['stores'])).toBe('restart');
});
