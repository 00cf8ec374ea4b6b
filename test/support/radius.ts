import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { hidePassword, randomRequest, reply } from '../../src/doors/radius/codec/authenticity.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { type Attribute, decode, encode, type Packet, text, valueIn } from '../../src/doors/radius/codec/packet.ts';

export const SECRET = 'between-us-0123456789-ABCDEFGHIJ';

/** Settings of an application whose client is this machine. */
export const radiusClient = (more: object = {}) => ({ clients: ['127.0.0.1'], secret: SECRET, ...more });

/** For a reply on a busy machine, milliseconds. */
const PATIENCE = 20_000;
/** Until a packet is sent again, milliseconds: as long as concentrators take, and long enough where nothing is lost. */
const AGAIN = 5_000;

interface Sent {
  code?: number;
  identifier?: number;
  authenticator?: Buffer;
  /** `none`: without Message-Authenticator. */
  integrity?: 'first' | 'none' | 'wrong';
}

/** A concentrator of ours, by raw octets: what arrived is kept in order. */
export class Concentrator {
  readonly secret: string;
  readonly #socket: Socket;
  readonly #port: number;
  readonly #heard: Buffer[] = [];
  #identifier = 0;

  private constructor(socket: Socket, port: number, secret: string) {
    this.#socket = socket;
    this.#port = port;
    this.secret = secret;
    socket.on('message', (octets) => this.#heard.push(octets));
  }

  /** `from`: address of its own. */
  static async at(port: number, { secret = SECRET, from = '127.0.0.1' } = {}): Promise<Concentrator> {
    const socket = createSocket('udp4').bind(0, from);
    await once(socket, 'listening');
    return new Concentrator(socket, port, secret);
  }

  close(): void {
    this.#socket.close();
  }

  /** Octets of an Access-Request with this name and what is typed. */
  request(attributes: readonly Attribute[], sent: Sent = {}): Buffer {
    this.#identifier = (this.#identifier + 1) % 256;
    const { code = CODE.accessRequest, identifier = this.#identifier, integrity = 'first' } = sent;
    const authenticator = sent.authenticator ?? randomBytes(16);
    if (integrity === 'none') return encode({ code, identifier, authenticator }, attributes);
    const octets = randomRequest(code, { identifier, authenticator }, attributes, this.secret);
    if (integrity === 'wrong') octets.writeUInt8(octets.readUInt8(25) ^ 1, 25);
    return octets;
  }

  /** Name and password or answer, hidden for this authenticator. */
  access(userName: string, typed: string, more: readonly Attribute[] = [], sent: Sent = {}): Buffer {
    const authenticator = sent.authenticator ?? randomBytes(16);
    const hidden = hidePassword(Buffer.from(typed), authenticator, this.secret);
    const password = { type: TYPE.userPassword, value: hidden };
    const own = [text(TYPE.userName, userName), password, text(TYPE.nasIdentifier, 'gate')];
    return this.request([...own, ...more], { ...sent, authenticator });
  }

  /** `port`: of another node. */
  send(octets: Buffer, port = this.#port): void {
    this.#socket.send(octets, port, '127.0.0.1');
  }

  /** The next reply's octets. */
  async next(): Promise<Buffer> {
    if (this.#heard.length === 0) await once(this.#socket, 'message', { signal: AbortSignal.timeout(PATIENCE) });
    const octets = this.#heard.shift();
    if (octets === undefined) throw new Error('nothing was heard');
    return octets;
  }

  /** The octets that answer this very packet, which is sent again where nothing comes: a busy gateway drops some. */
  async reply(octets: Buffer, port?: number): Promise<Buffer> {
    this.send(octets, port);
    const again = setInterval(() => this.send(octets, port), AGAIN);
    try {
      for (;;) {
        const heard = await this.next();
        if (heard.readUInt8(1) === octets.readUInt8(1)) return heard;
      }
    } finally {
      clearInterval(again);
    }
  }

  async ask(octets: Buffer, port?: number): Promise<Packet> {
    const answer = decode(await this.reply(octets, port));
    if (typeof answer === 'string') throw new Error(`no packet: ${answer}`);
    return answer;
  }

  /**
   * What was answered to these before the Status-Server behind them: what is dropped is dropped in the order of
   * arrival, before anything is begun for a later one. What isn't may be answered later.
   */
  async answered(...packets: readonly Buffer[]): Promise<Buffer[]> {
    for (const octets of packets) this.send(octets);
    const status = this.request([text(TYPE.nasIdentifier, 'gate')], { code: CODE.statusServer, identifier: 255 });
    this.send(status);
    const heard: Buffer[] = [];
    for (;;) {
      const octets = await this.next();
      if (octets.readUInt8(1) === 255) return heard;
      heard.push(octets);
    }
  }
}

/** What a person reads in a reply. */
export const told = (packet: Packet): string => valueIn(packet, TYPE.replyMessage)?.toString('utf8') ?? '';
/** The State to send back. */
export function stateOf(packet: Packet): Attribute {
  const value = valueIn(packet, TYPE.state);
  if (value === undefined) throw new Error(`no State in ${packet.code}: ${told(packet)}`);
  return { type: TYPE.state, value };
}

export { reply };

export interface Radclient {
  /** `Access-Accept` and so on; undefined where nothing was answered. */
  answer: string | undefined;
  /** By name, as it prints them. */
  attributes: Record<string, string>;
  output: string;
}

/** Debian's client: attributes as it reads them, one a line. */
export async function radclient(
  port: number,
  attributes: Readonly<Record<string, string>>,
  { secret = SECRET, command = 'auth', host = '127.0.0.1' } = {},
): Promise<Radclient> {
  const child = spawn('radclient', ['-x', '-r', '1', '-t', '5', `${host}:${port}`, command, secret]);
  const lines = Object.entries(attributes).map(([name, value]) => `${name} = ${value}`);
  child.stdin.end(`${lines.join('\n')}\n`);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
  }
  await once(child, 'close');
  const [, answer, rest = ''] = /Received (\S+) Id [^\n]*\n((?:\t[^\n]*\n?)*)/.exec(output) ?? [];
  const found = [...rest.matchAll(/^\t(\S+) = (.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    value.replace(/^"(.*)"$/, '$1'),
  ]);
  return { answer, attributes: Object.fromEntries(found), output };
}

/** A name and what is typed, as radclient sends them: with Message-Authenticator. */
export const entry = (username: string, typed: string, more: Readonly<Record<string, string>> = {}) => ({
  'User-Name': JSON.stringify(username),
  'User-Password': JSON.stringify(typed),
  'NAS-Identifier': '"gate"',
  'Message-Authenticator': '0x00',
  ...more,
});
