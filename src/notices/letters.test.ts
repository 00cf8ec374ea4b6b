import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openDurable } from '../../test/support/durable.ts';
import { recordingAudit, recordingLog } from '../../test/support/recording.ts';
import type { AuditEvent } from '../core/door.ts';
import type { Sent } from '../core/sender.ts';
import type { DurableStore } from '../core/store.ts';
import { createLetters } from './letters.ts';

const NOW = 1_800_000_000_000;
const SECOND = 1_000;
const HOUR = 3_600_000;
const EVENT: AuditEvent = { event: 'credential.added', account: 'alice', factor: 'push', ip: '192.0.2.7' };

async function withAlice(email: string | undefined = 'alice@university.example'): Promise<DurableStore> {
  const { durable } = await openDurable();
  const rest = { directory: 'local', directoryKey: 'k', username: 'alice', name: 'Alice', groups: [], createdAt: NOW };
  await durable.accounts.link({ id: 'alice', ...rest, ...(email ? { email } : {}) });
  return durable;
}

type Mail = { to: string; subject: string; text: string };

/** A node on this store; `answer` is what its senders do. */
function node(durable: DurableStore, options: { answer?: () => Sent | Promise<Sent>; mail?: false } = {}) {
  const sent: Mail[] = [];
  const clock = { now: NOW };
  const { audit, events } = recordingAudit();
  const { log, lines } = recordingLog();
  const it = { answer: options.answer ?? ((): Sent => ({ ok: true })) };
  const mail = {
    write: (notice: object, locale: string | undefined) => ({
      subject: locale ?? 'none',
      text: JSON.stringify(notice),
      html: '<p>',
    }),
    send: async ({ to, subject, text }: Mail) => {
      sent.push({ to, subject, text });
      return it.answer();
    },
  };
  const ports = { durable, ephemeral, log, audit, now: () => clock.now, random: randomBytes };
  const letters = createLetters({ ...ports, ...(options.mail === false ? {} : { mail }) });
  const commit = (event: AuditEvent) => letters.hear(event, 'committed');
  return { letters, commit, sent, clock, events, lines, it, told: () => sent.map(({ text }) => JSON.parse(text)) };
}

/** Counts nothing: how many go out in a day is tested beside it. */
const ephemeral = { attempt: async () => ({ allowed: true, count: 1, retryAfter: 0 }), add: async () => true };

const waiting = (durable: DurableStore) => durable.records('letters').list({ limit: 100 });

describe('a change', () => {
  it('is told once, in the language of the account', async () => {
    const durable = await withAlice();
    await durable.accounts.setLocale('alice', 'zh-Hant');
    const { letters, commit, sent, told } = node(durable);
    await commit(EVENT);
    await letters.deliver();
    await letters.deliver();
    expect(sent).toMatchObject([{ to: 'alice@university.example', subject: 'zh-Hant' }]);
    const notice = { kind: 'method-added', at: NOW, name: 'Alice', by: 'owner', factor: 'push', ip: '192.0.2.7' };
    expect(told()).toEqual([notice]);
    expect(await waiting(durable)).toEqual([]);
  });

  it.each([
    [{ by: 'agent-7', reason: 'lost phone', ip: '198.51.100.1', userAgent: 'x' }, { by: 'help-desk' }],
    [{ by: 'cli', reason: 'lost phone' }, { by: 'operator' }],
  ])('by others (%j) is told with the reason, and not who or from where', async (facts, notice) => {
    const { letters, commit, told } = node(await withAlice());
    await commit({ event: 'credential.removed', account: 'alice', ...facts });
    await letters.deliver();
    expect(told()).toEqual([{ kind: 'method-removed', at: NOW, name: 'Alice', reason: 'lost phone', ...notice }]);
  });

  it('of the address goes to both', async () => {
    const { letters, commit, sent } = node(await withAlice('new@university.example'));
    const addresses = { previous: 'old@university.example', email: 'new@university.example' };
    await commit({ event: 'account.email-changed', account: 'alice', ...addresses });
    await letters.deliver();
    expect(sent.map(({ to }) => to).sort()).toEqual(['new@university.example', 'old@university.example']);
  });

  it.each([
    { event: 'sign-in.completed', account: 'alice' },
    { event: 'device.renewed', account: 'alice' },
    { event: 'hold.placed', account: 'alice', reason: 'report' },
    { event: 'credential.added', account: 'nobody' },
    { event: 'credential.added' },
    { event: 'constructor', account: 'alice' },
  ])('that is none, or nobody’s, is not told: %j', async (event) => {
    const durable = await withAlice();
    const { letters, commit, sent, events } = node(durable);
    await commit(event);
    await letters.hear(event, 'noted');
    await letters.close();
    expect(events).toEqual([]);
    expect(sent).toEqual([]);
    expect(await waiting(durable)).toEqual([]);
  });

  it('is not told to an account without an address', async () => {
    const { letters, commit, sent, lines } = node(await withAlice(''));
    await commit(EVENT);
    await letters.close();
    expect({ sent, lines }).toEqual({ sent: [], lines: [] });
  });
});

describe('what strangers can cause', () => {
  const event = (name: string): AuditEvent => ({ event: `attempts.${name}`, account: 'alice', factor: 'otp' });
  const kinds = (told: { kind: string }[]) => told.map(({ kind }) => kind);

  it('is told by one letter a day, of which the next one says the gravest', async () => {
    const durable = await withAlice();
    const { letters, commit, clock, told } = node(durable);
    await commit(event('locked'));
    await letters.deliver();
    for (const name of ['locked', 'many', 'stopped', 'locked']) {
      clock.now += HOUR;
      await commit(event(name));
      await letters.deliver();
    }
    expect(kinds(told())).toEqual(['attempts-locked']);
    clock.now = NOW + 24 * HOUR;
    await letters.deliver();
    expect(kinds(told())).toEqual(['attempts-locked', 'attempts-stopped']);
    clock.now += 24 * HOUR;
    await letters.deliver();
    expect(await waiting(durable)).toEqual([]);
    await commit(event('locked'));
    await letters.deliver();
    expect(kinds(told())).toEqual(['attempts-locked', 'attempts-stopped', 'attempts-locked']);
  });

  it('is told once by many nodes, and not more often where something came while it was on its way', async () => {
    const durable = await withAlice();
    const nodes = Array.from({ length: 4 }, () => node(durable));
    for (const { it, commit } of nodes.slice(0, 1)) {
      it.answer = async () => {
        await nodes[1]?.commit(event('stopped'));
        return { ok: true };
      };
      await commit(event('locked'));
    }
    await Promise.all(nodes.map(({ letters }) => letters.deliver()));
    await Promise.all(nodes.map(({ letters }) => letters.deliver()));
    expect(nodes.flatMap(({ told }) => kinds(told()))).toEqual(['attempts-locked']);
    for (const { clock, letters } of nodes) {
      clock.now += 24 * HOUR;
      await letters.deliver();
    }
    expect(nodes.flatMap(({ told }) => kinds(told())).sort()).toEqual(['attempts-locked', 'attempts-stopped']);
  });

  it('is not told of what is set up, nor of a new password', async () => {
    const { letters, commit, sent } = node(await withAlice());
    await commit({ ...event('locked'), factor: 'enrol-otp' });
    await commit({ ...event('locked'), factor: 'new-password' });
    await letters.deliver();
    expect(sent).toEqual([]);
  });
});

describe('a letter that no sender takes', () => {
  it('is tried again after waits that grow, for a day', async () => {
    const durable = await withAlice();
    const { letters, commit, sent, clock, events } = node(durable, { answer: () => ({ ok: false, reason: 'away' }) });
    await commit(EVENT);
    await letters.deliver();
    const tried: number[] = [];
    for (let minute = 0; minute <= 27 * 60; minute += 1) {
      clock.now = NOW + minute * 60 * SECOND;
      const before = sent.length;
      await letters.deliver();
      if (sent.length > before) tried.push(minute);
    }
    const waits = tried.map((minute, at) => minute - (tried[at - 1] ?? 0));
    expect(waits.slice(0, 7)).toEqual([1, 1, 2, 4, 8, 16, 32]);
    expect(Math.max(...waits)).toBe(120);
    expect(tried.at(-1)).toBeGreaterThanOrEqual(24 * 60);
    expect(await waiting(durable)).toEqual([]);
    expect(events.at(-1)).toEqual({
      event: 'notice.undelivered',
      account: 'alice',
      kind: 'method-added',
      tries: sent.length,
    });
  });

  it('is not sent a second time where it may have been taken', async () => {
    const durable = await withAlice();
    const { letters, commit, sent, clock } = node(durable, {
      answer: () => ({ ok: false, reason: 'no answer', unsure: true }),
    });
    await commit(EVENT);
    await letters.deliver();
    clock.now += HOUR;
    await letters.deliver();
    expect(sent).toHaveLength(1);
  });

  it('waits for the next process, which takes it up', async () => {
    const durable = await withAlice();
    const before = node(durable, { answer: () => ({ ok: false, reason: 'away' }) });
    await before.commit(EVENT);
    await before.letters.close();
    const after = node(durable);
    after.clock.now += HOUR;
    after.letters.start();
    await after.letters.close();
    expect(after.sent).toHaveLength(1);
  });

  it('does not keep others back', async () => {
    const durable = await withAlice();
    const { letters, commit, it, sent } = node(durable);
    it.answer = () => {
      if (sent.length === 1) throw new Error('broken');
      return { ok: true };
    };
    await commit(EVENT);
    await commit(EVENT);
    await letters.deliver();
    expect(sent).toHaveLength(2);
    expect(await waiting(durable)).toHaveLength(1);
  });
});

it('is kept in the process while the store takes no letters', async () => {
  const durable = await withAlice();
  let away = true;
  const records = (namespace: string) => {
    const own = durable.records(namespace);
    const insert: typeof own.insert = (it) => (away ? Promise.reject(new Error('away')) : own.insert(it));
    return { ...own, insert };
  };
  const { letters, commit, sent, clock, lines, told } = node({ ...durable, records });
  await commit(EVENT);
  clock.now += HOUR;
  await letters.deliver();
  expect(sent).toEqual([]);
  expect(lines.filter(({ level }) => level === 'error')).toHaveLength(2);
  away = false;
  await letters.deliver();
  await letters.close();
  expect(told()).toMatchObject([{ kind: 'method-added', at: NOW }]);
});

it('is handed on by one of many nodes that look at once', async () => {
  const durable = await withAlice();
  const nodes = Array.from({ length: 8 }, () => node(durable));
  const [first] = nodes;
  for (let at = 0; at < 10; at += 1) await first?.commit(EVENT);
  await Promise.all(nodes.map(({ letters }) => letters.deliver()));
  expect(nodes.flatMap(({ sent }) => sent)).toHaveLength(10);
});

it('says at the start that nobody is told anything, where no sender carries mail', async () => {
  const durable = await withAlice();
  const { letters, commit, lines } = node(durable, { mail: false });
  letters.start();
  await commit(EVENT);
  await letters.close();
  expect(await waiting(durable)).toEqual([]);
  expect(lines).toMatchObject([{ level: 'info' }]);
});
