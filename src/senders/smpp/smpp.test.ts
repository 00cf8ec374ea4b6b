import { once } from 'node:events';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { selfSigned } from '../../../test/support/certificate.ts';
import { offline } from '../../../test/support/outside.ts';
import type { Sender } from '../../core/sender.ts';
import { partsOf } from './alphabet.ts';
import { type MessageCentre, startCentre } from './double.ts';
import smpp from './index.ts';
import { createReader, encode } from './pdu.ts';

const SECRET = 'hush';

async function centreOf(options: Partial<Parameters<typeof startCentre>[0]> = {}): Promise<MessageCentre> {
  const centre = await startCentre({ secret: SECRET, ...options });
  onTestFinished(() => centre.close().catch(() => undefined));
  return centre;
}

async function senderFor(port: number, given: object = {}): Promise<Sender> {
  const base = { host: '127.0.0.1', port, systemId: 'us', secret: SECRET, from: { address: 'University' } };
  const settings = smpp.settings.parse({ ...base, ...given });
  const ports = { now: Date.now, random: (bytes: number) => new Uint8Array(bytes).fill(7), fetch, log: offline.log };
  const sender = smpp.create(settings, ports);
  onTestFinished(async () => sender.close?.());
  return sender;
}

const message = (text: string) => ({ channel: 'text' as const, to: '+85291234567', text });

describe('a session with a message centre', () => {
  it.each(['transceiver', 'transmitter'])('is bound as %s, and kept', async (bind) => {
    const centre = await centreOf();
    const sender = await senderFor(centre.port, { bind });
    await sender.send(message('one'));
    await sender.send(message('two'));
    expect(centre.heard.map(({ command }) => command)).toEqual([`bind_${bind}`, 'submit_sm', 'submit_sm']);
    expect(centre.heard[0]).toMatchObject({ system_id: 'us', password: SECRET });
  });

  it('says where a message comes from by the kind of the address', async () => {
    const centre = await centreOf();
    for (const [address, ton, npi, sent] of [
      ['University', 5, 0, 'University'],
      ['+85221234567', 1, 1, '85221234567'],
      ['12345', 3, 1, '12345'],
    ] as const) {
      const sender = await senderFor(centre.port, { from: { address } });
      await sender.send(message('hello'));
      expect(centre.heard.at(-1)).toMatchObject({
        source_addr_ton: ton,
        source_addr_npi: npi,
        source_addr: sent,
        dest_addr_ton: 1,
        destination_addr: '85291234567',
      });
    }
  });

  it('is made anew when it has ended', async () => {
    const centre = await centreOf();
    const sender = await senderFor(centre.port);
    await sender.send(message('one'));
    for (const session of centre.sessions) session.destroy();
    await vi.waitFor(async () => expect(await sender.send(message('two'))).toMatchObject({ ok: true }), {
      timeout: 20_000,
    });
    expect(centre.delivered.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('is there as soon as the message centre is', async () => {
    const gone = await centreOf();
    await gone.close();
    const sender = await senderFor(gone.port);
    expect(await sender.send(message('lost'))).toEqual({ ok: false, reason: 'no session' });
    const back = await centreOf({ port: gone.port });
    expect(await sender.send(message('found'))).toMatchObject({ ok: true });
    expect(back.delivered.map(({ text }) => text)).toEqual(['found']);
  });

  it('is not had with a wrong secret', async () => {
    const centre = await centreOf();
    const sender = await senderFor(centre.port, { secret: 'wrong' });
    expect(await sender.send(message('hello'))).toEqual({ ok: false, reason: 'no session' });
    expect(centre.delivered).toEqual([]);
  });

  it('speaks TLS with a message centre whose certificate it knows, and with no other', async () => {
    const tls = await selfSigned('smsc.example');
    const centre = await centreOf({ tls });
    const trusting = await senderFor(centre.port, { tls: { ca: tls.cert, serverName: 'smsc.example' } });
    expect(await trusting.send(message('sealed'))).toMatchObject({ ok: true });
    for (const wrong of [{}, { ca: tls.cert, serverName: 'other.example' }]) {
      const sender = await senderFor(centre.port, { tls: wrong });
      expect(await sender.send(message('hello'))).toEqual({ ok: false, reason: 'no session' });
    }
    expect(centre.delivered).toHaveLength(1);
  });

  it('answers questions of the other side, and receipts', async () => {
    const centre = await centreOf();
    const sender = await senderFor(centre.port);
    await sender.send(message('one'));
    const [session] = centre.sessions;
    const answers: string[] = [];
    session?.on('enquire_link_resp', () => answers.push('enquire_link_resp'));
    session?.on('deliver_sm_resp', () => answers.push('deliver_sm_resp'));
    session?.enquire_link();
    session?.deliver_sm({ source_addr: '85291234567', short_message: 'delivered' });
    await vi.waitFor(() => expect(answers).toEqual(['enquire_link_resp', 'deliver_sm_resp']), { timeout: 20_000 });
  });

  it('ends where the other side speaks something else', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const sender = await senderFor((server.address() as { port: number }).port);
    expect(await sender.send(message('hello'))).toEqual({ ok: false, reason: 'no session' });
  });

  it('may have handed on a message that the session ended under', async () => {
    const centre = await centreOf();
    const sender = await senderFor(centre.port);
    await sender.send(message('one'));
    centre.status = undefined;
    const sent = sender.send(message('two'));
    await vi.waitFor(() => expect(centre.heard.filter(({ command }) => command === 'submit_sm')).toHaveLength(2), {
      timeout: 20_000,
    });
    for (const session of centre.sessions) session.destroy();
    expect(await sent).toEqual({ ok: false, reason: 'no answer', unsure: true });
  });
});

describe('a text', () => {
  it.each([
    ['a'.repeat(160), 1, 0],
    ['a'.repeat(161), 2, 0],
    ['€'.repeat(80), 1, 0],
    [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 3, 0],
    ['學'.repeat(70), 1, 8],
    ['學'.repeat(71), 2, 8],
    [`${'學'.repeat(66)}🎓${'學'.repeat(66)}`, 3, 8],
  ])('%# takes as many parts as it must', (text, parts, coding) => {
    const made = partsOf(text, 'auto', 1);
    expect(made).toHaveLength(parts);
    expect(new Set(made.map((part) => part.coding))).toEqual(new Set([coding]));
  });

  it('is written in UCS-2 where that is set', () => {
    const [part] = partsOf('@', 'ucs2', 1);
    expect(part).toMatchObject({ coding: 8, headed: false, octets: Buffer.from([0, 0x40]) });
    expect(partsOf('@', 'auto', 1)[0]).toMatchObject({ coding: 0, octets: Buffer.from([0]) });
  });

  it('never has a part that is too long, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.constantFrom('auto', 'ucs2'), (text, coding) => {
        for (const { octets, headed, coding: used } of partsOf(text, coding, 200)) {
          const body = octets.length - (headed ? 6 : 0);
          expect(body).toBeLessThanOrEqual(used === 0 ? (headed ? 153 : 160) : headed ? 134 : 140);
        }
      }),
    );
  });
});

describe('units of the protocol', () => {
  const pdu = fc.record({
    command: fc.nat(0xffff_ffff),
    status: fc.nat(0xffff),
    sequence: fc.nat(0x7fff_ffff),
    body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  });

  it('are read however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(pdu, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (units, size) => {
        const stream = Buffer.concat(units.map(encode));
        const read = createReader();
        const found = Array.from({ length: Math.ceil(stream.length / size) }, (_, at) =>
          read(stream.subarray(at * size, (at + 1) * size)),
        ).flat();
        expect(found).toEqual(units);
      }),
    );
  });

  it.each([0, 15, 65_537, 0xffff_ffff])('of %i octets end the session', (length) => {
    const header = Buffer.alloc(16);
    header.writeUInt32BE(length);
    expect(() => createReader()(header)).toThrow(RangeError);
  });
});
