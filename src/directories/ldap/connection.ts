import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Client, type Control } from 'ldapts';
import type { Settings } from './settings.ts';

export type Reaching = Pick<Settings, 'ca' | 'tls' | 'connectWithin' | 'answerWithin'>;

const PORTS: Readonly<Record<string, number>> = { 'ldap:': 389, 'ldaps:': 636 };

/**
 * One connection to one server. It never comes back by itself: the library would connect again without a word,
 * unauthenticated and in clear text, and go on with whatever was asked.
 */
export class Connection {
  readonly client: Client;
  /** Of the server, as configured. */
  readonly url: string;
  readonly #socket: Socket;
  readonly #secured: TLSSocket | undefined;

  private constructor(url: string, client: Client, socket: Socket, secured: TLSSocket | undefined) {
    this.url = url;
    this.client = client;
    this.#socket = socket;
    this.#secured = secured;
  }

  /** Who the server is by its certificate, and until when, epoch milliseconds; undefined without TLS. */
  get certificate(): { subject: string; until: number } | undefined {
    if (this.#secured === undefined) return undefined;
    const { subject, subjectaltname, valid_to: until } = this.#secured.getPeerCertificate();
    return { subject: [subject?.CN ?? subjectaltname ?? 'no name'].flat().join(', '), until: Date.parse(until) };
  }

  /** Over TLS, bound to nobody yet. Throws where it can't be reached in time, or isn't who its certificate says. */
  static async open(url: string, reaching: Reaching): Promise<Connection> {
    const { hostname, port, protocol } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    const { ca, connectWithin, answerWithin } = reaching;
    const trust = {
      ...(ca && { ca }),
      ...(isIP(host) ? {} : { servername: host }),
      host,
      minVersion: 'TLSv1.2',
    } as const;
    const secure = protocol === 'ldaps:';
    const upgraded = !secure && reaching.tls === 'required';
    return within(connectWithin, async (signal) => {
      const where = { host, port: Number(port) || (PORTS[protocol] ?? 0) };
      const socket = secure ? connectTls({ ...where, ...trust }) : connectTcp(where);
      signal.addEventListener('abort', () => socket.destroy());
      await once(socket, secure ? 'secureConnect' : 'connect');
      // Until the library listens.
      socket.on('error', () => {});
      let handedOver = false;
      let secured = secure ? (socket as TLSSocket) : undefined;
      const upgrade = ((...given: Parameters<typeof connectTls>) => {
        secured = connectTls(...given);
        return secured;
      }) as typeof connectTls;
      const handOver = (): Socket => {
        if (handedOver) throw new Error('the connection was lost');
        handedOver = true;
        return socket;
      };
      const client = new Client({
        ...{ url, timeout: answerWithin, strictDN: false },
        createConnection: handOver as typeof connectTcp,
        createSecureConnection: (secure ? handOver : upgrade) as typeof connectTls,
      });
      if (upgraded) await client.startTLS({ ...trust });
      return new Connection(url, client, socket, secured);
    });
  }

  /** `dn` is an entry's whole name; an empty password would be no proof (RFC 4513 section 5.1.2). */
  async bind(dn: string, password: string, control?: Control): Promise<void> {
    if (dn === '' || password === '') throw new TypeError('a bind without a name or password proves nothing');
    // The library takes some names for mechanisms of SASL; a name of an entry holds an equals sign.
    if (!dn.includes('=')) throw new TypeError('not the name of an entry');
    await this.client.bind(dn, password, control);
  }

  /** Whether it still stands, bound as it was. */
  get usable(): boolean {
    return this.client.isConnected && this.client.isBound;
  }

  async close(): Promise<void> {
    try {
      await this.client.unbind();
    } catch {
      // It was gone already.
    } finally {
      this.#socket.destroy();
    }
  }
}

/** What isn't done in time is given up: the library has no bound for a handshake. */
async function within<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), milliseconds);
  const ended = once(late.signal, 'abort').then(() => Promise.reject(new Error('no connection in time')));
  try {
    return await Promise.race([work(late.signal), ended]);
  } catch (error) {
    late.abort();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
