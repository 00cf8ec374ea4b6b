import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { recordingLog } from '../../test/support/recording.ts';
import type { AuditEvent, AuditPort } from '../core/door.ts';
import type { Outgoing, SenderModule, Sent } from '../core/sender.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';
import { createSenders } from './senders.ts';
import { testModules } from './testing/modules.ts';

const MESSAGE: Outgoing = { channel: 'text', to: '+85291234567', text: 'code 123456' };
const ABOUT = { factor: 'caller', account: 'ada' };

/** Senders that answer so, in this order, and what they were given. */
async function open(answers: Record<string, () => Promise<Sent>>) {
  const { log, lines } = recordingLog();
  const ports = { now: Date.now, random: (bytes: number) => new Uint8Array(bytes), fetch, log };
  const given: string[] = [];
  const closed: string[] = [];
  const events: AuditEvent[] = [];
  const modules = Object.entries(answers).map(([id, answer]): [string, SenderModule] => [
    id,
    {
      id,
      carries: ['text'],
      settings: z.unknown(),
      create: () => ({
        send(message) {
          given.push(`${id}: ${message.text}`);
          return answer();
        },
        async close() {
          closed.push(id);
        },
      }),
    },
  ]);
  const audit: AuditPort = {
    commit: async (event) => void events.push(event),
    note: (event) => void events.push(event),
  };
  const all: Modules = { ...testModules, senders: new Map(modules) };
  const config = { senders: new Map(modules.map(([id]) => [id, {}])) };
  const senders = createSenders(config as Pick<Config, 'senders'>, all, ports, audit);
  return { senders, given, closed, events, lines };
}

const taken = async (): Promise<Sent> => ({ ok: true, id: 'm1' });
const refused = async (): Promise<Sent> => ({ ok: false, reason: 'status 400' });
const unsure = async (): Promise<Sent> => ({ ok: false, reason: 'no answer', unsure: true });

describe('a message', () => {
  it('goes to the first sender, and no further once it is taken', async () => {
    const { senders, given, events } = await open({ one: taken, two: taken });
    expect(await senders.send(MESSAGE, ABOUT)).toEqual({ ok: true, id: 'm1' });
    expect(given).toEqual(['one: code 123456']);
    expect(events).toEqual([{ event: 'message.sent', ...ABOUT, channel: 'text', sender: 'one', message: 'm1' }]);
  });

  it('goes to the next where one certainly did not take it', async () => {
    const { senders, given, events, lines } = await open({ one: refused, two: taken });
    expect(await senders.send(MESSAGE, ABOUT)).toMatchObject({ ok: true });
    expect(given).toHaveLength(2);
    expect(lines).toMatchObject([{ level: 'warn', fields: { ...ABOUT, sender: 'one', reason: 'status 400' } }]);
    expect(events.map(({ event, sender }) => [event, sender])).toEqual([
      ['message.failed', 'one'],
      ['message.sent', 'two'],
    ]);
  });

  it('is not sent a second time where it may have been taken', async () => {
    const { senders, given } = await open({ one: unsure, two: taken });
    expect(await senders.send(MESSAGE, ABOUT)).toEqual({ ok: false, reason: 'no answer', unsure: true });
    expect(given).toHaveLength(1);
  });

  it('is in nobody’s audit, and a sender that throws ends nothing', async () => {
    const { senders, events } = await open({ one: () => Promise.reject(new Error('code 123456 to +85291234567')) });
    expect(await senders.send(MESSAGE, ABOUT)).toEqual({ ok: false, reason: 'error', unsure: true });
    expect(JSON.stringify(events)).not.toMatch(/123456|91234567/);
  });

  it('is not sent where there is no sender', async () => {
    const { senders } = await open({});
    expect(await senders.send(MESSAGE, ABOUT)).toEqual({ ok: false, reason: 'no sender' });
  });
});

it('all senders are closed', async () => {
  const { senders, closed } = await open({ one: taken, two: taken });
  await senders.close();
  expect(closed.sort()).toEqual(['one', 'two']);
});
