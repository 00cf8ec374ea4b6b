import 'reflect-metadata';
import { KeyObject, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { hidePassword, randomRequest } from '../../src/doors/radius/codec/authenticity.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { type Attribute, decode, type Packet, text } from '../../src/doors/radius/codec/packet.ts';
import { TLS_SECRET } from '../../src/doors/radius/radsec.ts';
import type { Gateway } from './gateway.ts';

const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;

/** A certificate with its key, PEM. */
export interface Certified {
  cert: string;
  key: string;
  /** SHA-256, as OpenSSL writes it. */
  fingerprint: string;
}

export interface Authority {
  cert: string;
  /** For this name; `days` from now on, fewer than none where it has ended. */
  issue(name: string, options?: { days?: number; use?: 'client' | 'server'; bare?: boolean }): Promise<Certified>;
}

const pairOf = () => crypto.subtle.generateKey(ES256, true, ['sign', 'verify']);
const keyOf = (key: CryptoKey) => String(KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }));

/** An authority of a test's own. */
export async function authority(name = 'Authority'): Promise<Authority> {
  const keys = await pairOf();
  const own = await X509CertificateGenerator.createSelfSigned({
    ...{ name: `CN=${name}`, keys, signingAlgorithm: ES256 },
    notBefore: new Date(Date.now() - 30 * DAY),
    notAfter: new Date(Date.now() + 30 * DAY),
    extensions: [new BasicConstraintsExtension(true, 1, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
  });
  return {
    cert: own.toString('pem'),
    async issue(subject, { days = 1, use = 'client', bare = false } = {}) {
      const pair = await pairOf();
      const certificate = await X509CertificateGenerator.create({
        ...{ subject: `CN=${subject}`, issuer: own.subject, publicKey: pair.publicKey, signingKey: keys.privateKey },
        signingAlgorithm: ES256,
        notBefore: new Date(Date.now() - 20 * DAY),
        notAfter: new Date(Date.now() + days * DAY),
        extensions: [
          new ExtendedKeyUsageExtension([ExtendedKeyUsage[use === 'client' ? 'clientAuth' : 'serverAuth']]),
          ...(bare ? [] : [new SubjectAlternativeNameExtension([{ type: 'dns', value: subject }])]),
        ],
      });
      const digest = Buffer.from(await certificate.getThumbprint('SHA-256'))
        .toString('hex')
        .toUpperCase();
      const fingerprint = digest.replaceAll(/(..)(?=.)/g, '$1:');
      return { cert: certificate.toString('pem'), key: keyOf(pair.privateKey), fingerprint };
    },
  };
}

/** A client over TLS, by raw octets: what arrived is cut into packets, and kept in order. */
export class RadsecClient {
  readonly socket: TLSSocket;
  readonly #heard: Buffer[] = [];
  #rest: Buffer = Buffer.of();
  #identifier = 0;
  readonly #changed = new EventEmitter();

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => this.#changed.emit('change'));
    socket.on('data', (octets: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, octets]);
      while (this.#rest.length >= 4 && this.#rest.length >= this.#rest.readUInt16BE(2)) {
        const length = this.#rest.readUInt16BE(2);
        this.#heard.push(this.#rest.subarray(0, length));
        this.#rest = this.#rest.subarray(length);
      }
      this.#changed.emit('change');
    });
  }

  /** Once the handshake is over at this end; the other one may still refuse. */
  static async connect(port: number, options: ConnectionOptions): Promise<RadsecClient> {
    const socket = connect({ host: '127.0.0.1', port, servername: 'radius.example.org', ...options });
    const client = new RadsecClient(socket);
    await once(socket, 'secureConnect');
    return client;
  }

  close(): void {
    this.socket.destroy();
  }

  send(...octets: readonly Buffer[]): void {
    for (const one of octets) this.socket.write(one);
  }

  access(userName: string, typed: string, more: readonly Attribute[] = []): Buffer {
    const authenticator = randomBytes(16);
    const password = { type: TYPE.userPassword, value: hidePassword(Buffer.from(typed), authenticator, TLS_SECRET) };
    return this.request([text(TYPE.userName, userName), password, text(TYPE.nasIdentifier, 'gate'), ...more], {
      authenticator,
    });
  }

  status = (): Buffer => this.request([text(TYPE.nasIdentifier, 'gate')], { code: CODE.statusServer });

  request(
    attributes: readonly Attribute[],
    { code = CODE.accessRequest as number, authenticator = randomBytes(16) } = {},
  ): Buffer {
    this.#identifier = (this.#identifier + 1) % 256;
    return randomRequest(code, { identifier: this.#identifier, authenticator }, attributes, TLS_SECRET);
  }

  /** The next packet that nobody else waits for; undefined where the connection ended before. */
  async next(isIt: (octets: Buffer) => boolean = () => true): Promise<Buffer | undefined> {
    const signal = AbortSignal.timeout(30_000);
    for (;;) {
      const at = this.#heard.findIndex(isIt);
      if (at >= 0) return this.#heard.splice(at, 1)[0];
      if (this.socket.destroyed) return undefined;
      await once(this.#changed, 'change', { signal });
    }
  }

  /** What answers this packet; undefined where the connection ended before. */
  async ask(octets: Buffer): Promise<Packet | undefined> {
    this.send(octets);
    const heard = await this.next((one) => one.readUInt8(1) === octets.readUInt8(1));
    const packet = heard && decode(heard);
    if (typeof packet === 'string') throw new Error(`no packet: ${packet}`);
    return packet;
  }

  /** Settled when the other end has ended it. */
  async ended(): Promise<void> {
    if (!this.socket.destroyed) await once(this.socket, 'close', { signal: AbortSignal.timeout(15_000) });
  }
}

/** How a connection that isn't wanted ends: by an alert, a reset, or without a word. Not at all is a fault. */
export async function refused(port: number, options: ConnectionOptions): Promise<boolean> {
  try {
    const client = await RadsecClient.connect(port, options);
    const answer = await client.ask(client.status());
    client.close();
    return answer === undefined;
  } catch {
    return true;
  }
}

/** Octets that aren't TLS, or not yet. */
export async function rawSocket(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connectTcp({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

/** How many arrivals had this outcome so far. */
export async function counted({ app }: Pick<Gateway, 'app'>, outcome: string): Promise<number> {
  const metrics = await app.metrics.json();
  const arrivals = metrics.find(({ name }) => name === 'sallyport_arrivals_total');
  const { values = [] } = (arrivals ?? {}) as { values?: { labels: { outcome?: string }; value: number }[] };
  return values.filter(({ labels }) => labels.outcome === outcome).reduce((sum, { value }) => sum + value, 0);
}
