import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openDurable } from '../../test/support/durable.ts';
import { recordingLog } from '../../test/support/recording.ts';
import { SallyportError } from '../core/errors.ts';
import type { AuditEntry, DurableStore } from '../core/store.ts';
import { type AuditDeps, createAudit } from './audit.ts';
import { verifyChain } from './chain.ts';
import { factsOf, namesSecret } from './facts.ts';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const KEYS = generateKeyPairSync('ed25519');
const signer = {
  kid: 'k1',
  sign: (data: string) => sign(null, Buffer.from(data), KEYS.privateKey).toString('base64url'),
};

afterEach(() => vi.useRealTimers());

type Append = DurableStore['audit']['append'];

/** An audit over a store whose `append` a test may replace, and what is in the chain. */
async function fixture(more: Partial<AuditDeps> = {}) {
  const { durable } = await openDurable();
  const { log, lines } = recordingLog();
  const real: Append = (entries) => durable.audit.append(entries);
  const store = { append: real, appends: 0 };
  const append: Append = (entries) => {
    store.appends += 1;
    return store.append(entries);
  };
  const watched = { audit: { ...durable.audit, append } };
  const open = () => createAudit({ durable: watched, node: 'main', now: () => NOW, log, ...more });
  const entries = (): Promise<AuditEntry[]> => durable.audit.ofNode('main', { limit: 10_000 });
  const events = async () => (await entries()).map(({ event }) => event);
  const verdict = () => verifyChain(durable, 'main', (kid) => (kid === 'k1' ? KEYS.publicKey : undefined));
  return { audit: await open(), open, durable, store, real, lines, entries, events, verdict };
}

const gone: Append = async () => {
  throw new SallyportError('ERR_STORE_UNAVAILABLE', 'gone');
};
const UNAVAILABLE = { code: 'ERR_STORE_UNAVAILABLE' };

describe('the order of the chain', () => {
  it('is the order in which events were told, of 200 notes and commits at once', async () => {
    const { audit, entries, verdict, store } = await fixture();
    const commits: Promise<void>[] = [];
    for (let index = 0; index < 200; index += 1) {
      if (index % 2 === 0) audit.note({ event: 'note', index });
      else commits.push(audit.commit({ event: 'commit', index }));
    }
    await Promise.all(commits);
    const written = await entries();
    expect(written.map(({ detail }) => detail.index)).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(new Set(written.map(({ id }) => id)).size).toBe(200);
    expect(await verdict()).toMatchObject({ entries: 200, first: 1 });
    expect(store.appends).toBeLessThan(10);
  });

  it('goes on after a restart', async () => {
    const { audit, open, verdict, events } = await fixture();
    await audit.commit({ event: 'one' });
    await audit.close();
    const second = await open();
    second.note({ event: 'two' });
    await second.close();
    const third = await open();
    await third.commit({ event: 'three' });
    expect(await events()).toEqual(['one', 'two', 'three']);
    expect((await verdict()).broken).toBeUndefined();
  });

  it('survives two writers of one chain', async () => {
    const { audit, open, verdict, entries } = await fixture();
    const other = await open();
    await Promise.all([1, 2, 3, 4].flatMap((index) => [audit, other].map((it) => it.commit({ event: 'both', index }))));
    expect(await entries()).toHaveLength(8);
    expect(await verdict()).toMatchObject({ entries: 8 });
  });

  it('is one per node', async () => {
    const { audit, durable } = await fixture();
    const other = await createAudit({ durable, node: 'second', now: () => NOW, log: recordingLog().log });
    await Promise.all([audit.commit({ event: 'here' }), other.commit({ event: 'there' })]);
    expect(await durable.audit.ofNode('second', { limit: 9 })).toMatchObject([{ sequence: 1, event: 'there' }]);
  });
});

describe('a commit', () => {
  it('is durable when it returns, with account and application in their own fields', async () => {
    const { audit, entries } = await fixture();
    await audit.commit({
      event: 'credential.added',
      account: 'a1',
      application: 'library',
      ip: '192.0.2.1',
      reference: undefined,
    });
    expect(await entries()).toMatchObject([
      {
        sequence: 1,
        at: NOW,
        event: 'credential.added',
        account: 'a1',
        application: 'library',
        detail: { ip: '192.0.2.1' },
      },
    ]);
  });

  it('rejects while the store is away, and its entry is not in the chain; notes wait', async () => {
    const { audit, store, real, events, verdict, lines } = await fixture();
    await audit.commit({ event: 'before' });
    audit.note({ event: 'note.1' });
    store.append = gone;
    const outcomes = await Promise.allSettled([audit.commit({ event: 'lost.1' }), audit.commit({ event: 'lost.2' })]);
    expect(outcomes).toMatchObject(Array(2).fill({ status: 'rejected', reason: UNAVAILABLE }));
    audit.note({ event: 'note.2' });
    await expect(audit.commit({ event: 'lost.3' })).rejects.toMatchObject(UNAVAILABLE);
    expect(lines.map(({ message }) => message)).toEqual(['the audit can not be written']);
    store.append = real;
    await audit.commit({ event: 'after' });
    expect(await events()).toEqual(['before', 'note.1', 'note.2', 'after']);
    expect((await verdict()).broken).toBeUndefined();
  });

  it('is not written twice where only the answer of the store was lost', async () => {
    const { audit, store, real, events, verdict } = await fixture();
    audit.note({ event: 'note' });
    store.append = async (entries) => {
      await real(entries);
      throw new SallyportError('ERR_STORE_UNAVAILABLE', 'the connection broke');
    };
    await expect(audit.commit({ event: 'unsure' })).rejects.toMatchObject(UNAVAILABLE);
    store.append = real;
    await audit.commit({ event: 'after' });
    expect(await events()).toEqual(['note', 'unsure', 'after']);
    expect((await verdict()).broken).toBeUndefined();
  });

  it('is not held up by notes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
    const { audit, events } = await fixture();
    audit.note({ event: 'note' });
    await audit.commit({ event: 'commit' });
    expect(await events()).toEqual(['note', 'commit']);
  });
});

describe('notes', () => {
  it('are written together, soon, without anybody waiting', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
    const { audit, events, store } = await fixture();
    for (let index = 0; index < 50; index += 1) audit.note({ event: 'note' });
    expect(await events()).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    await vi.waitFor(async () => expect(await events()).toHaveLength(50), { timeout: 20_000 });
    expect(store.appends).toBe(1);
  });

  it('are tried again by themselves once the store is back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
    const { audit, events, store, real, lines } = await fixture();
    store.append = gone;
    audit.note({ event: 'note' });
    for (let tries = 0; tries < 5; tries += 1) await vi.advanceTimersByTimeAsync(1_000);
    expect(store.appends).toBeGreaterThan(1);
    store.append = real;
    await vi.advanceTimersByTimeAsync(1_000);
    // What is written can be read a moment before it is told to whoever wrote it.
    const told = () => expect(lines.map(({ level }) => level)).toEqual(['error', 'warn']);
    await vi.waitFor(told, { timeout: 20_000 });
    expect(await events()).toEqual(['note']);
  });

  it('are kept up to a bound; what overflows is counted, and told once', async () => {
    const { audit, events, store, real, lines } = await fixture();
    store.append = gone;
    for (let index = 0; index < 10_007; index += 1) audit.note({ event: 'note' });
    expect(lines).toHaveLength(1);
    store.append = real;
    await audit.close();
    expect(await events()).toHaveLength(10_000);
    expect(lines.at(-1)).toMatchObject({ fields: { lost: 7 } });
  });
});

describe('closing', () => {
  it('writes everything and signs it, and takes nothing more', async () => {
    const { audit, events, verdict } = await fixture({ sign: signer });
    for (let index = 0; index < 700; index += 1) audit.note({ event: 'note' });
    const pending = audit.commit({ event: 'commit' });
    await audit.close();
    await pending;
    await expect(audit.commit({ event: 'late' })).rejects.toMatchObject(UNAVAILABLE);
    audit.note({ event: 'late' });
    await audit.close();
    expect(await events()).toHaveLength(702);
    expect(await verdict()).toMatchObject({ entries: 702, signedUpTo: 701 });
  });

  it('says what got lost while the store is away', async () => {
    const { audit, store, lines } = await fixture({ sign: signer });
    store.append = gone;
    audit.note({ event: 'note' });
    await audit.close();
    expect(lines.at(-1)).toMatchObject({ level: 'error', fields: { lost: 1 } });
  });
});

describe('the signature of the head', () => {
  it('stands in the chain, over the entry before it, once', async () => {
    const { audit, entries, events, verdict } = await fixture({ sign: signer });
    await audit.signHead();
    expect(await events()).toEqual([]);
    audit.note({ event: 'one' });
    await audit.signHead();
    await audit.signHead();
    expect(await events()).toEqual(['one', 'audit.signed']);
    const [one, signed] = await entries();
    expect(signed?.detail).toMatchObject({ sequence: 1, hash: one?.hash, kid: 'k1' });
    expect(await verdict()).toMatchObject({ signedUpTo: 1 });
  });

  it('is written hourly, and missed while the store is away', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
    const { audit, events, store, real, lines } = await fixture({ sign: signer });
    await audit.commit({ event: 'one' });
    store.append = gone;
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    await vi.waitFor(() => expect(lines.at(-1)?.message).toBe('the head of the audit could not be signed'), {
      timeout: 20_000,
    });
    store.append = real;
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    await vi.waitFor(async () => expect(await events()).toEqual(['one', 'audit.signed']), { timeout: 20_000 });
  });
});

describe('the facts of an event', () => {
  it('leave out what is named like a secret, however deep, and say so without its value', async () => {
    const { audit, entries, lines } = await fixture();
    await audit.commit({
      event: 'odd',
      password: 'hunter2',
      userCode: 'hunter2',
      nested: [{ 'Set-Cookie': 'hunter2', access_token: 'hunter2', factor: 'kept' }],
      clientSecret: 'hunter2',
    });
    const written = await entries();
    expect(written).toMatchObject([{ detail: { nested: [{ factor: 'kept' }] } }]);
    expect(JSON.stringify([written, lines])).not.toContain('hunter2');
    const keys = lines.map(({ fields }) => 'key' in fields && fields.key);
    expect(keys.sort()).toEqual(['Set-Cookie', 'access_token', 'clientSecret', 'password', 'userCode']);
  });

  it.each([
    ['password', true],
    ['newPassword', true],
    ['tokens', true],
    ['TOKEN', true],
    ['codeLength', false],
    ['credential', false],
    ['reason', false],
    ['', false],
  ])('know %j for a secret: %j', (key, expected) => {
    expect(namesSecret(key)).toBe(expected);
  });

  it('are JSON, whatever is handed in, and never throw', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        const facts = factsOf({ event: 'e', value }, () => undefined);
        expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
        expect(JSON.stringify(facts)).not.toContain('\\u0000');
      }),
    );
    expect(factsOf({ event: 'e', at: new Date(Number.NaN) }, () => undefined).detail).toEqual({ at: 'NaN' });
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const { detail } = factsOf(
      { event: 'e', circle, f: () => 1, s: Symbol('s'), agent: 'x'.repeat(9_999) },
      () => undefined,
    );
    expect(JSON.stringify(detail).length).toBeLessThan(1_200);
    expect(Object.keys(detail)).toEqual(['circle', 'agent']);
  });
});
