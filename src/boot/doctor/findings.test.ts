import { expect, it } from 'vitest';
import type { AuditEntry, StoredKey } from '../../core/store.ts';
import { keys, nodes } from './durable.ts';
import { ownFiles, secretFiles } from './files.ts';
import { type Answer, issuerFindings } from './issuer.ts';
import { runAll, sayOf } from './run.ts';
import { geoip } from './settings.ts';
import { clock, ending, linesOf } from './told.ts';

const DAY = 86_400_000;
const NOW = 1_795_000_000_000;
const ISSUER = 'https://login.example.edu';

it('is told in order, what is wrong last, with what to do', () => {
  const found = [
    { about: 'b', level: 'fault', text: 'broken', todo: 'Mend it.' },
    { about: 'a', level: 'good', text: 'fine', todo: 'never shown' },
    { about: 'c', level: 'notice', text: 'odd' },
  ] as const;
  expect(linesOf(found)).toEqual([
    '✓ a: fine',
    '! c: odd',
    '✗ b: broken',
    '    Mend it.',
    '1 good, 1 to look at, 1 wrong',
  ]);
});

it('goes on where one check throws, and another is silent', async () => {
  const found = await runAll(
    [
      { about: 'throws', run: () => Promise.reject(new Error('away', { cause: new Error('refused') })) },
      { about: 'silent', run: () => new Promise(() => {}) },
      { about: 'fine', run: async () => [{ level: 'good', text: 'yes' }] },
    ],
    20,
  );
  expect(found.map(({ about, level, text }) => [about, level, text])).toEqual([
    ['throws', 'fault', 'away: refused'],
    ['silent', 'fault', 'gave no answer within 0.02 s'],
    ['fine', 'good', 'yes'],
  ]);
  expect(sayOf(new Error('connect redis://me:secret@db:6379 failed'))).toBe('connect redis://db:6379 failed');
});

it('sees ends, clocks and ages', () => {
  const end = (days: number) => ending('it', NOW + days * DAY, NOW, 'Renew it.').level;
  expect([-1, 1, 10, 100].map(end)).toEqual(['fault', 'fault', 'notice', 'good']);
  expect([0, 5_000, 90_000].map((apart) => clock('x', NOW - apart, NOW).level)).toEqual(['good', 'notice', 'fault']);
  expect(clock('x', NOW + 3_000, NOW, 2_000).level).toBe('good');
  expect([10, 100].map((days) => geoip(NOW - days * DAY, NOW).level)).toEqual(['good', 'notice']);
});

it('sees who else can read files', () => {
  expect(
    ownFiles([
      { path: '/d', mode: 0o700 },
      { path: '/s', mode: undefined },
    ])[0]?.level,
  ).toBe('good');
  expect(ownFiles([{ path: '/d', mode: 0o750 }])).toMatchObject([{ level: 'fault', todo: 'chmod 700 /d' }]);
  expect(secretFiles([{ path: '/k', mode: 0o640 }])[0]?.level).toBe('good');
  expect(secretFiles([{ path: '/k', mode: 0o644 }])).toMatchObject([{ level: 'notice' }]);
});

it('sees chains that nobody signs, and nodes that are gone', () => {
  const head = (event: string, at: number) => ({ node: 'a', event, at }) as AuditEntry;
  expect(nodes([head('audit.signed', 0), head('sign-in.completed', NOW - 1)], new Map(), NOW)[0]?.level).toBe('good');
  expect(nodes([head('sign-in.completed', NOW - DAY)], new Map(), NOW)[0]?.text).toContain("of a isn't signed since");
  const holder = { holder: 'x', host: 'h', pid: 7, until: NOW - 1 };
  expect(nodes([], new Map([['b', holder]]), NOW)[0]?.text).toContain('the node b (h, process 7) ended without a word');
});

it('sees signing keys grow old', () => {
  const key = (days: number, more: Partial<StoredKey> = {}): StoredKey => ({
    ...{ id: `${days}`, purpose: 'door', algorithm: 'RS256', sealed: '', createdAt: NOW - days * DAY },
    ...{ activeFrom: NOW - days * DAY, ...more },
  });
  const level = (...all: StoredKey[]) => keys('door', all, NOW).map((one) => one.level);
  expect(level()).toEqual([]);
  expect(level(key(10))).toEqual(['good']);
  expect(level(key(800))).toEqual(['notice']);
  expect(level(key(800), key(10))).toEqual(['good']);
  expect(level(key(800), key(-10))).toEqual(['notice']);
  expect(level(key(3_640))).toEqual(['fault']);
});

it('reads from the answer what stands before the gateway', () => {
  const headers = {
    'content-security-policy': 'x',
    'x-content-type-options': 'nosniff',
    'strict-transport-security': 'x',
  };
  const answer = (more: Partial<Answer> = {}, also: Record<string, string> = {}): Answer => ({
    ...{ status: 200, headers: new Headers({ ...headers, ...also }), asked: NOW, answered: NOW + 50 },
    ...{ body: { issuer: ISSUER, token_endpoint: `${ISSUER}/token` }, ...more },
  });
  const listen = { host: 'localhost', port: 1, drain: 0 };
  const faults = (given: Answer) =>
    issuerFindings({ issuer: ISSUER, listen }, given).flatMap(({ level, text }) => (level === 'good' ? [] : [text]));
  expect(faults(answer())).toEqual([]);
  expect(faults(answer({ status: 421 }))[0]).toContain('another host');
  expect(faults(answer({ status: 301 }, { location: `${ISSUER}/x` }))[0]).toContain('redirects to');
  expect(faults(answer({ body: undefined }))[0]).toContain('answered by another one');
  expect(faults(answer({ body: { issuer: ISSUER, token_endpoint: 'http://inner/token' } }))[0]).toContain(
    'token_endpoint',
  );
  expect(faults(answer({ headers: new Headers() }))[0]).toContain('strict-transport-security');
  expect(faults(answer({}, { date: new Date(NOW - 120_000).toUTCString() }))[0]).toContain('the clock of the issuer');
});
