import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { selfSigned } from '../../../test/support/certificate.ts';
import { offline } from '../../../test/support/outside.ts';
import type { Sender } from '../../core/sender.ts';
import { isAddress, oneLine } from './address.ts';
import { type MailServer, type MailServerOptions, startMailServer } from './double.ts';
import smtp from './index.ts';

const NOW = Date.UTC(2026, 10, 22, 8, 0, 0);
const LOGIN = { user: 'gateway', password: 'hush hush' };
const MAIL = { channel: 'mail', to: 'alice@university.example', subject: 'A new method', text: 'Hello' } as const;

async function serverOf(options: MailServerOptions = {}): Promise<MailServer> {
  const server = await startMailServer(options);
  onTestFinished(() => server.close());
  return server;
}

function senderFor(port: number, given: object = {}): Sender {
  const base = { host: '127.0.0.1', port, from: { address: 'login@university.example' } };
  const settings = smtp.settings.parse({ ...base, ...given });
  const random = (bytes: number) => new Uint8Array(bytes).fill(7);
  const sender = smtp.create(settings, { now: () => NOW, random, fetch, log: offline.log });
  onTestFinished(async () => sender.close?.());
  return sender;
}

const open = { tls: 'dangerouslyNone' };

describe('a mail', () => {
  it('arrives with what its headers owe', async () => {
    const server = await serverOf();
    const from = { address: 'login@university.example', name: '示範大學' };
    const sender = senderFor(server.port, { ...open, from, replyTo: 'help@university.example' });
    const id = `${'07'.repeat(16)}@university.example`;
    const text = '您的登入方式有變更。\nA line with = and a very long tail: '.concat('x'.repeat(300), '\n.\n..end');
    expect(await sender.send({ ...MAIL, subject: '新的登入方式', text })).toEqual({ ok: true, id });
    const [mail] = server.received;
    expect(mail).toMatchObject({ from: 'login@university.example', to: [MAIL.to], secure: false, text });
    expect(mail?.headers).toMatchObject({
      'auto-submitted': 'auto-generated',
      'message-id': `<${id}>`,
      to: MAIL.to,
      'reply-to': 'help@university.example',
      date: 'Sun, 22 Nov 2026 08:00:00 +0000',
      'content-type': 'text/plain; charset=utf-8',
    });
    expect(mail?.headers.subject).toMatch(/^=\?UTF-8\?/);
  });

  it('takes its HTML and its files along, and is read as text all the same', async () => {
    const server = await serverOf();
    const html = `<!doctype html><p>密碼 = ${'x'.repeat(1200)}</p>`;
    const content = '\ufeffname,since\r\n"陳, 大文",2026-01-01\r\n.\r\n';
    const file = { name: 'passwords.csv', type: 'text/csv; charset=utf-8', content };
    const sent = await senderFor(server.port, open).send({ ...MAIL, html, attachments: [file] });
    expect(sent).toMatchObject({ ok: true });
    const [mail] = server.received;
    expect(mail?.parts).toEqual([
      { type: 'text/plain', content: 'Hello' },
      { type: 'text/html', content: html },
      { type: 'text/csv', name: 'passwords.csv', content },
    ]);
    expect(mail?.text).toBe('Hello');
    expect(mail?.headers['content-type']).toMatch(/^multipart\/mixed/);
    for (const line of mail?.raw.split('\r\n') ?? []) expect(line.length).toBeLessThanOrEqual(998);
  });

  it.each([
    'eve@evil.example, alice@university.example',
    'alice@university.example\r\nBcc: eve@evil.example',
    'alice@university.example>\r\nRCPT TO:<eve@evil.example',
    'Eve <eve@evil.example>',
    '"a b"@university.example',
    'alice',
    '',
  ])('to %j is sent to nobody', async (to) => {
    const server = await serverOf();
    expect(await senderFor(server.port, open).send({ ...MAIL, to })).toEqual({ ok: false, reason: 'address' });
    expect(server.received).toEqual([]);
  });

  it('has one subject, whatever that holds', async () => {
    const server = await serverOf();
    const subject = 'Hello\r\nBcc: eve@evil.example\r\n\r\nAnother body\u2028and\0more';
    expect(await senderFor(server.port, open).send({ ...MAIL, subject })).toMatchObject({ ok: true });
    const [mail] = server.received;
    expect(mail?.to).toEqual([MAIL.to]);
    expect(mail?.headers).not.toHaveProperty('bcc');
    expect(mail?.text).toBe('Hello');
  });
});

describe('the way to the mail server', () => {
  it('is encrypted by STARTTLS before the password is told', async () => {
    const tls = await selfSigned('mail.example');
    const server = await serverOf({ tls, login: LOGIN });
    const sender = senderFor(server.port, {
      ca: tls.cert,
      serverName: 'mail.example',
      user: LOGIN.user,
      secret: LOGIN.password,
    });
    expect(await sender.send(MAIL)).toMatchObject({ ok: true });
    expect(server.received).toMatchObject([{ secure: true, user: 'gateway', text: 'Hello' }]);
  });

  it('can be encrypted from the beginning', async () => {
    const tls = await selfSigned('mail.example');
    const server = await serverOf({ tls, implicit: true });
    const sender = senderFor(server.port, { tls: 'implicit', ca: tls.cert, serverName: 'mail.example' });
    expect(await sender.send(MAIL)).toMatchObject({ ok: true });
    expect(server.received).toMatchObject([{ secure: true }]);
  });

  it('ends where the server, or somebody in between, offers no TLS', async () => {
    const server = await serverOf({ login: LOGIN });
    const sender = senderFor(server.port, { user: LOGIN.user, secret: LOGIN.password });
    expect(await sender.send(MAIL)).toMatchObject({ ok: false, reason: expect.stringMatching(/^tls/) });
    expect(server).toMatchObject({ received: [], tried: [] });
  });

  it.each(['starttls', 'implicit'])('ends at a certificate that it does not know, with %s', async (mode) => {
    const tls = await selfSigned('mail.example');
    const server = await serverOf({ tls, implicit: mode === 'implicit', login: LOGIN });
    const login = { user: LOGIN.user, secret: LOGIN.password };
    for (const wrong of [{ serverName: 'mail.example' }, { ca: tls.cert, serverName: 'other.example' }]) {
      const sender = senderFor(server.port, { tls: mode, ...login, ...wrong });
      const sent = await sender.send(MAIL);
      expect(sent).toMatchObject({ ok: false });
      expect(sent).not.toHaveProperty('unsure');
    }
    expect(server).toMatchObject({ received: [], tried: [] });
  });
});

describe('a mail is not taken, and it is said so,', () => {
  it('with a wrong password', async () => {
    const server = await serverOf({ login: LOGIN });
    const sender = senderFor(server.port, { ...open, user: LOGIN.user, secret: 'wrong' });
    expect(await sender.send(MAIL)).toEqual({ ok: false, reason: 'sign-in: status 535 5.7.8' });
    expect(server.received).toEqual([]);
  });

  it('where the server offers nobody to sign in', async () => {
    const server = await serverOf();
    const sender = senderFor(server.port, { ...open, user: LOGIN.user, secret: LOGIN.password });
    expect(await sender.send(MAIL)).toEqual({ ok: false, reason: 'sign-in: not offered' });
  });

  it.each([
    [{ code: 450, text: '4.2.1 try later', at: 'recipient' }, 'envelope: status 450 4.2.1'],
    [{ code: 550, text: '5.1.1 no alice@university.example here', at: 'recipient' }, 'envelope: status 550 5.1.1'],
    [{ code: 451, text: '4.3.0 later', at: 'message' }, 'message: status 451 4.3.0'],
    [{ code: 554, text: 'spam', at: 'message' }, 'message: status 554'],
  ] as const)('where the server answers %j', async (mood, reason) => {
    const server = await serverOf();
    server.mood = mood;
    expect(await senderFor(server.port, open).send(MAIL)).toEqual({ ok: false, reason });
  });

  it('where nobody is there', async () => {
    const server = await serverOf();
    await server.close();
    expect(await senderFor(server.port, open).send(MAIL)).toEqual({ ok: false, reason: 'connection' });
  });

  it('where the other side speaks something else, or cuts before the message', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const sent = await senderFor(port, open).send(MAIL);
    expect(sent).toMatchObject({ ok: false });
    expect(sent).not.toHaveProperty('unsure');
    expect(sockets).toHaveLength(1);
  });
});

it('may have been taken where the connection ended after the whole message', async () => {
  const server = await serverOf();
  server.mood = 'cuts';
  expect(await senderFor(server.port, open).send(MAIL)).toEqual({ ok: false, reason: 'no answer', unsure: true });
});

it('is given up at once when the gateway stops, and nothing is sent afterwards', async () => {
  const server = await serverOf();
  server.mood = 'silent';
  const sender = senderFor(server.port, open);
  const sent = sender.send(MAIL);
  await sender.close?.();
  expect(await sent).toMatchObject({ ok: false });
  server.mood = 'takes';
  expect(await sender.send(MAIL)).toEqual({ ok: false, reason: 'closed' });
  expect(server.received).toEqual([]);
});

it.each([
  ['a user without a secret', { user: 'us' }],
  ['a sender that is two', { from: { address: 'a@x.example, b@x.example' } }],
  ['a certificate that is none', { ca: 'hello' }],
  ['another mode', { tls: 'none' }],
])('settings with %s are refused', (_case, given) => {
  const base = { host: 'mail.example', from: { address: 'login@x.example' } };
  expect(smtp.settings.safeParse({ ...base, ...given }).success).toBe(false);
});

describe('addresses and lines', () => {
  it.each(['a@b.example', 'first.last+tag@mail.b.example', "o'brien@b.example", '陳@大學.example'])(
    '%s is one',
    (it) => {
      expect(isAddress(it)).toBe(true);
    },
  );

  const part = fc.string({ unit: 'binary', maxLength: 12 });

  it('never let a character through that means something in a header', () => {
    fc.assert(
      fc.property(part, part, (before, after) => {
        const address = `${before}@${after}`;
        if (isAddress(address)) expect(address).not.toMatch(/[\s\p{Cc}<>(),;:"\\]/u);
        expect(oneLine(address)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
