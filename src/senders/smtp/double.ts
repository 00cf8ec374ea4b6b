import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Mail {
  from: string;
  to: string[];
  /** As it came over the wire. */
  raw: string;
  /** By lower-case name, unfolded; of several the last. */
  headers: Record<string, string>;
  text: string;
  /** All of it; a plain mail has one. */
  parts: Part[];
  secure: boolean;
  user: string | undefined;
}

/** What the server does with a message once it has it, or with a recipient: takes it, answers a code, or goes away (without TLS). */
export type Mood = 'takes' | { code: number; text: string; at: 'recipient' | 'message' } | 'cuts' | 'silent';

export interface MailServer {
  port: number;
  received: Mail[];
  /** Names and passwords that were tried. */
  tried: { user: string; password: string }[];
  mood: Mood;
  close(): Promise<void>;
}

export interface MailServerOptions {
  tls?: { cert: string; key: string };
  /** TLS from the first byte. */
  implicit?: boolean;
  login?: { user: string; password: string };
  port?: number;
}

type Headers = Record<string, string>;

/** One part of a message as its reader sees it. */
export interface Part {
  /** A media type, without its parameters. */
  type: string;
  /** Of a file. */
  name?: string;
  content: string;
}

function unquoted(body: string): string {
  const joined = body.replaceAll(/=\r\n/g, '');
  const bytes = joined.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function divided(raw: string): { headers: Headers; body: string } {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { headers, body: raw.slice(end + 4) };
}

/** Parts of a message, those within others among them (RFC 2046 section 5.1). */
function partsOf(raw: string): Part[] {
  const { headers, body } = divided(raw);
  const kind = headers['content-type'] ?? 'text/plain';
  const boundary = /boundary="?([^";]+)"?/.exec(kind)?.[1];
  if (boundary !== undefined) {
    const [, ...inner] = `\r\n${body}`.split(`\r\n--${boundary}`);
    return inner.filter((part) => !part.startsWith('--')).flatMap((part) => partsOf(part.replace(/^\r\n/, '')));
  }
  const name = /filename="?([^";]+)"?/.exec(headers['content-disposition'] ?? '')?.[1];
  const coded = headers['content-transfer-encoding'] === 'base64';
  const content = coded ? Buffer.from(body, 'base64').toString('utf8') : unquoted(body);
  const [type = ''] = kind.split(';');
  return [{ type, ...(name === undefined ? {} : { name }), content }];
}

function readMail(raw: string): Pick<Mail, 'headers' | 'text' | 'parts'> {
  const parts = partsOf(raw);
  const text = (parts.find(({ type }) => type === 'text/plain')?.content ?? '')
    .replaceAll('\r\n', '\n')
    .replace(/\n$/, '');
  return { headers: divided(raw).headers, text, parts };
}

/** A mail server as the library makes one. Without `tls` it offers no STARTTLS. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { tls, implicit = false, login } = options;
  const sockets = new Set<Socket>();
  const answer = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code });

  const server = new SMTPServer({
    secure: implicit,
    ...(tls ?? {}),
    ...(login ? {} : { authOptional: true }),
    disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 50,
    onAuth({ username = '', password }, _session, done) {
      service.tried.push({ user: username, password: password ?? '' });
      const right = username === login?.user && password === login?.password;
      done(right ? null : answer(535, '5.7.8 no such account alice@university.example'), { user: username });
    },
    onRcptTo(_address, _session, done) {
      const { mood } = service;
      done(typeof mood === 'object' && mood.at === 'recipient' ? answer(mood.code, mood.text) : null);
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mood } = service;
        if (mood === 'silent') return;
        if (mood === 'cuts') {
          for (const socket of sockets) socket.destroy();
          return;
        }
        if (typeof mood === 'object') return done(answer(mood.code, mood.text));
        const raw = Buffer.concat(chunks).toString('utf8');
        const { mailFrom, rcptTo } = session.envelope;
        service.received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw,
          ...readMail(raw),
          secure: session.secure,
          user: session.user as string | undefined,
        });
        done();
      });
    },
  });
  // A client that refuses our certificate ends the connection: that is what is tested.
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const service: MailServer = {
    port: 0,
    received: [],
    tried: [],
    mood: 'takes',
    async close() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server.server, 'listening');
  service.port = (server.server.address() as AddressInfo).port;
  return service;
}
