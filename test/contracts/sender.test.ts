import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadModules } from '../../src/boot/modules.ts';
import type { Channel, Sender, SenderPorts } from '../../src/core/sender.ts';
import { startGateway } from '../../src/senders/http-gateway/double.ts';
import { startCentre } from '../../src/senders/smpp/double.ts';
import { startMailServer } from '../../src/senders/smtp/double.ts';
import { startService } from '../../src/senders/twilio/double.ts';
import { offline } from '../support/outside.ts';
import { type Carried, otherSideSuite, senderSuite } from './sender-suite.ts';

const { senders } = await loadModules();

async function make(id: string, settings: unknown, ports: Partial<SenderPorts> = {}): Promise<Sender> {
  const module = senders.get(id);
  if (module === undefined) throw new Error(`no sender ${id}`);
  const sender = module.create(module.settings.parse(settings), {
    now: Date.now,
    random: (bytes) => randomBytes(bytes),
    fetch,
    log: offline.log,
    ...ports,
  });
  onTestFinished(async () => sender.close?.());
  return sender;
}

/** Each plug-in with its double on the other side. */
const WITH_OTHER_SIDE: Record<string, () => Promise<Required<Carried>>> = {
  async 'http-gateway'() {
    const gateway = await startGateway();
    onTestFinished(() => gateway.close().catch(() => undefined));
    const body = '{"to":"{to}","text":"{text}"}';
    const sender = await make('http-gateway', { url: `${gateway.url}/send`, body });
    return {
      sender,
      channel: 'text',
      received: () => gateway.asked.map((asked) => JSON.parse(asked.body)),
      refuse: () => {
        gateway.answer = { status: 403, body: 'no: 123456 to +85291234567' };
      },
      leave: () => gateway.close(),
    };
  },

  async twilio() {
    const service = await startService();
    onTestFinished(() => service.close().catch(() => undefined));
    const settings = { accountSid: `AC${'0'.repeat(32)}`, secret: 'the secret of the tests', from: '+85221234567' };
    const sender = await make('twilio', settings, { fetch: service.fetch });
    return {
      sender,
      channel: 'text',
      received: () => service.posted.map(({ fields: { To = '', Body = '' } }) => ({ to: To, text: Body })),
      refuse: () => {
        service.answer = { status: 400, body: JSON.stringify({ code: 21211, message: '+85291234567 is not valid' }) };
      },
      leave: () => service.close(),
    };
  },

  async smpp() {
    const centre = await startCentre({ secret: 'hush' });
    onTestFinished(() => centre.close().catch(() => undefined));
    const settings = { host: '127.0.0.1', port: centre.port, systemId: 'us', secret: 'hush', from: { address: 'Uni' } };
    const sender = await make('smpp', settings);
    return {
      sender,
      channel: 'text',
      received: () => centre.delivered.map(({ to, text }) => ({ to, text })),
      refuse: () => {
        centre.status = 0x58;
      },
      leave: () => centre.close(),
    };
  },

  async smtp() {
    const server = await startMailServer();
    onTestFinished(() => server.close());
    const from = { address: 'login@university.example' };
    const sender = await make('smtp', { host: '127.0.0.1', port: server.port, tls: 'dangerouslyNone', from });
    return {
      sender,
      channel: 'mail',
      received: () => server.received.map(({ to: [to = ''], text }) => ({ to, text })),
      refuse: () => {
        server.mood = { code: 550, text: '5.7.1 no 123456 for alice@university.example', at: 'message' };
      },
      leave: () => server.close(),
    };
  },
};

/** Keeps what it is given. */
const ALONE: Record<string, () => Promise<Carried>> = {
  outbox: () => outbox('text'),
  'outbox for mail': () => outbox('mail'),
};

async function outbox(channel: Channel): Promise<Carried> {
  const sender = await make('outbox', {});
  const json = sender.pages?.find(({ path }) => path === '/outbox.json');
  return {
    sender,
    channel,
    received: () =>
      (JSON.parse(json?.answer().body ?? '[]') as { to: string; text: string }[])
        .map(({ to, text }) => ({ to, text }))
        .reverse(),
  };
}

const SET_UPS = { ...WITH_OTHER_SIDE, ...ALONE };

it('is set up here for every sender there is', () => {
  const ids = new Set(Object.keys(SET_UPS).map((id) => id.split(' ', 1)[0]));
  expect([...ids].sort()).toEqual([...senders.keys()].sort());
});

describe.each(Object.entries(SET_UPS))('sender %s', (_id, open) => senderSuite(open));
describe.each(Object.entries(WITH_OTHER_SIDE))('the other side of sender %s', (_id, open) => otherSideSuite(open));
