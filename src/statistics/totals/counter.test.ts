import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import { recordingLog } from '../../../test/support/recording.ts';
import type { CountedBy, CountKind } from '../../core/counts.ts';
import type { AuditEvent } from '../../core/door.ts';
import type { DurableStore } from '../../core/store.ts';
import { countedIn, HOUR } from './counted.ts';
import { type CounterDeps, createCounter } from './counter.ts';
import { KEPT } from './keeping.ts';
import { REASONS } from './reasons.ts';

const NOW = 1_795_000_000_000;
const BEGIN = NOW - (NOW % HOUR);
const EVERYTHING = { kinds: ['sign-in', 'text', 'mail'] as const, from: 0, until: NOW * 2, limit: 1000 };
const known = {
  applications: new Set(['library', 'sallyport-account']),
  factors: new Set(['password', 'clock', 'texts']),
  directories: new Set(['local', 'campus']),
  senders: new Set(['carrier']),
  doors: new Set(['line']),
  groups: new Set(['students']),
};
const completed: AuditEvent = {
  ...{ event: 'sign-in.completed', application: 'library', factors: ['password', 'clock'], account: 'ada' },
};

async function store(): Promise<DurableStore> {
  const { durable } = await openDurable();
  const person = { groups: [], createdAt: NOW, username: 'x', name: 'x' };
  await durable.accounts.link({ ...person, id: 'ada', directory: 'local', directoryKey: '1' });
  const groups = ['students', 'students', 'club'];
  await durable.accounts.link({ ...person, groups, id: 'bob', directory: 'campus', directoryKey: '2' });
  return durable;
}

function counting(durable: CounterDeps['durable'], more: Partial<CounterDeps> = {}) {
  const { log, lines } = recordingLog();
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
  const counter = createCounter({ durable, known, now: () => NOW, random, log, ...more });
  onTestFinished(() => counter.close());
  return { counter, lines };
}

describe('what is counted', () => {
  it('is the sign-in by outcome, method, application and directory', async () => {
    const durable = await store();
    const { counter } = counting(durable);
    counter.hear(completed);
    counter.hear(completed);
    counter.hear({ ...completed, account: 'bob' });
    counter.hear({ ...completed, account: 'gone' });
    counter.hear({ event: 'sign-in.refused', application: 'library', factor: 'password', reason: 'no-account' });
    counter.hear({ event: 'sign-in.locked', application: 'library', factor: 'clock', account: 'ada' });
    counter.hear({ event: 'sign-in.denied', application: 'library', account: 'ada' });
    counter.hear({ event: 'sign-in.proved', application: 'library', account: 'ada' });
    await counter.flush();
    const by = ['outcome', 'method', 'application', 'provider'] as const;
    const rows = await durable.counts.sums({ ...EVERYTHING, by, every: HOUR });
    expect(rows[0]).toEqual({
      ...{ at: BEGIN, count: 2, outcome: 'completed', method: 'password+clock', application: 'library' },
      provider: 'local',
    });
    expect(rows.map(({ outcome, method, provider, count }) => [outcome, method, provider, count])).toEqual(
      expect.arrayContaining([
        ['completed', 'password+clock', 'campus', 1],
        ['completed', 'password+clock', 'other', 1],
        ['wrong', 'password', '', 1],
        ['locked', 'clock', 'local', 1],
        ['denied', '', 'local', 1],
      ]),
    );
    expect(rows).toHaveLength(6);
  });

  it('is the message by channel, sender, outcome and country', async () => {
    const durable = await store();
    const { counter } = counting(durable);
    const text = { event: 'message.sent', channel: 'text', sender: 'carrier', factor: 'texts', country: 'HK' };
    counter.hear({ ...text, account: 'ada' });
    counter.hear({ ...text, event: 'message.failed', reason: 'away', account: 'ada' });
    counter.hear({ event: 'message.sent', channel: 'mail', sender: 'carrier', account: 'ada' });
    await counter.flush();
    const by = ['kind', 'outcome', 'method', 'provider', 'country'] as const;
    expect(await durable.counts.sums({ ...EVERYTHING, by })).toEqual(
      expect.arrayContaining([
        { kind: 'text', outcome: 'sent', method: 'texts', provider: 'carrier', country: 'HK', count: 1 },
        { kind: 'text', outcome: 'failed', method: 'texts', provider: 'carrier', country: 'HK', count: 1 },
        { kind: 'mail', outcome: 'sent', method: 'notice', provider: 'carrier', country: '', count: 1 },
      ]),
    );
  });

  it('is why it failed, whose group it was of, and what was locked, stood in, or was said not to be somebody', async () => {
    const durable = await store();
    const { counter } = counting(durable);
    const bob = { application: 'library', factor: 'password', account: 'bob' };
    counter.hear({ ...bob, event: 'sign-in.refused', reason: 'wrong-password' });
    counter.hear({ ...bob, event: 'sign-in.refused', reason: 'a word of some factor’s' });
    counter.hear({ ...completed, account: 'bob', remembered: true, door: 'line' });
    counter.hear({ ...bob, event: 'attempts.locked' });
    counter.hear({ event: 'report.made', account: 'bob', factor: 'clock', reported: { what: 'request' } });
    await counter.flush();
    const ofKind = async (kind: CountKind, ...by: CountedBy[]) =>
      (await durable.counts.sums({ ...EVERYTHING, kinds: [kind], by })).map((sum) =>
        by.map((name) => sum[name]).join(),
      );
    expect((await ofKind('failure', 'outcome', 'method')).sort()).toEqual(['wrong,other', 'wrong,wrong-password']);
    expect((await ofKind('group', 'provider', 'outcome')).sort()).toEqual(['students,completed', 'students,wrong']);
    expect(await ofKind('door', 'provider', 'outcome')).toEqual(['line,completed']);
    expect(await ofKind('remembered', 'application')).toEqual(['library']);
    expect(await ofKind('lock', 'outcome', 'method')).toEqual(['locked,password']);
    expect(await ofKind('not-me', 'outcome', 'method')).toEqual(['request,clock']);
  });

  it('has no row for what isn’t in the configuration, whatever strangers send', () => {
    const ids = fc.oneof(
      fc.string(),
      fc.constant(undefined),
      fc.constantFrom('library', 'clock', 'library:x', 'carrier'),
    );
    const events = fc.constantFrom(
      ...[
        'sign-in.completed',
        'sign-in.refused',
        'sign-in.denied',
        'message.sent',
        'other',
        'attempts.locked',
        'report.made',
      ],
    );
    const given = fc.record({
      ...{ event: events, application: ids, factor: ids, factors: fc.option(fc.array(ids), { nil: undefined }) },
      ...{ sender: ids, country: ids, channel: fc.oneof(ids, fc.constantFrom('text', 'mail')) },
      ...{ reason: ids, door: ids, reported: fc.oneof(ids, fc.record({ what: ids })) },
    });
    const words = new Set(['', 'other', 'notice', ...REASONS, ...Object.values(known).flatMap((all) => [...all])]);
    fc.assert(
      fc.property(given, (event) => {
        for (const row of countedIn(event as AuditEvent, NOW, known)) {
          for (const word of [...row.method.split('+'), row.application, row.provider]) expect(words).toContain(word);
          expect(row.outcome).toMatch(/^[a-z-]{1,12}$/);
          expect(row.country).toMatch(/^(?:[A-Z]{2}|other|)$/);
        }
      }),
    );
    const [member] = countedIn({ ...completed, application: 'library:https://sp.example' }, NOW, known);
    expect(member?.application).toBe('library');
  });

  it('takes bounded room, and loses no number by it', async () => {
    const durable = await store();
    const { counter } = counting(durable);
    for (let at = 0; at < 10_500; at += 1) counter.hear({ ...completed, account: `a-${at}` });
    await counter.flush();
    const rows = await durable.counts.sums({ ...EVERYTHING, by: ['application'] });
    expect(rows).toEqual([
      { application: 'library', count: 10_000 },
      { application: 'other', count: 500 },
    ]);
  });
});

describe('a flush that failed', () => {
  const away = () => Promise.reject(new Error('away'));

  it('is tried again, once counted, whether or not the first try arrived', async () => {
    const durable = await store();
    let answer: 'lost' | 'away' | 'there' = 'lost';
    const { counts } = durable;
    const add: typeof counts.add = async (batch) => {
      if (answer === 'away') return away();
      const added = await counts.add(batch);
      // As when the connection ends before the answer to the commit.
      return answer === 'lost' ? away() : added;
    };
    const { counter, lines } = counting({ ...durable, counts: { ...counts, add } });
    counter.hear(completed);
    await counter.flush();
    counter.hear(completed);
    answer = 'away';
    await counter.flush();
    expect(await counts.sums({ ...EVERYTHING, by: [] })).toEqual([{ count: 1 }]);
    answer = 'there';
    await counter.flush();
    expect(await counts.sums({ ...EVERYTHING, by: [] })).toEqual([{ count: 2 }]);
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('waits for the directories as well', async () => {
    const durable = await store();
    let reachable = false;
    const byIds = (ids: readonly string[]) => (reachable ? durable.accounts.byIds(ids) : away());
    const { counter } = counting({ ...durable, accounts: { ...durable.accounts, byIds } });
    counter.hear(completed);
    await counter.flush();
    reachable = true;
    counter.hear({ ...completed, account: 'bob' });
    await counter.flush();
    expect(await durable.counts.sums({ ...EVERYTHING, by: ['provider'] })).toHaveLength(2);
  });

  it('says at the end what is lost', async () => {
    const durable = await store();
    const { counter, lines } = counting({ ...durable, counts: { ...durable.counts, add: away } });
    counter.hear(completed);
    await counter.flush();
    counter.hear(completed);
    await counter.close();
    expect(lines.at(-1)).toMatchObject({ level: 'error', fields: { lost: 2 } });
  });
});

it('is kept for two years, and pruned once a day by one node', async () => {
  const durable = await store();
  let now = NOW;
  let prunings = 0;
  const prune = async (before: number) => {
    prunings += 1;
    return durable.counts.prune(before);
  };
  const shared = { ...durable, counts: { ...durable.counts, prune } };
  const nodes = [1, 2, 3].map(() => counting(shared, { now: () => now }).counter);
  nodes[0]?.hear(completed);
  await Promise.all(nodes.map((node) => node.flush()));
  expect(prunings).toBe(1);
  now += KEPT + HOUR;
  nodes[1]?.hear(completed);
  for (const node of nodes) await node.flush();
  expect(prunings).toBe(3);
  const left = await durable.counts.sums({ ...EVERYTHING, by: [], every: HOUR });
  expect(left).toEqual([{ at: now - (now % HOUR), count: 1 }]);
  for (const node of nodes) await node.flush();
  expect(prunings).toBe(3);
});
