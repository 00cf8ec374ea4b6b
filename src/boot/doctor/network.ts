import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ExaminePorts, Finding, TlsServer } from '../../core/finding.ts';
import { ending, fault } from './told.ts';

const WITHIN = 4_000;

/** Connections that are made and ended again, without a word said on them. */
export function createProbes(now: () => number): Pick<ExaminePorts, 'connect' | 'certificate'> {
  return {
    async connect(host, port) {
      (await opened(host, port)).destroy();
    },

    async certificate(server) {
      const { host, port, serverName = host, ca, prelude } = server;
      const plain = await opened(host, port);
      try {
        if (prelude) await answered(plain, prelude);
        const socket = await secured(plain, { ...server, serverName });
        return verdict(socket, `${host}:${port}`, ca, now());
      } finally {
        plain.destroy();
      }
    },
  };
}

function verdict(socket: TLSSocket, where: string, ca: string | undefined, now: number): Finding {
  const { valid_to: until } = socket.getPeerCertificate();
  if (!socket.authorized && Date.parse(until) > now) {
    const whom = ca === undefined ? 'the public authorities' : 'the configured certificate';
    return fault(
      `the certificate of ${where} isn't trusted: ${socket.authorizationError}`,
      `Have it signed by ${whom}, with the name that is asked for, or configure the certificate that signed it.`,
    );
  }
  return ending(`the certificate of ${where}`, Date.parse(until), now, 'Renew it, and see why nothing else did.');
}

async function opened(host: string, port: number): Promise<Socket> {
  const socket = connectTcp({ host, port, timeout: WITHIN });
  await settled(socket, 'connect');
  return socket;
}

async function answered(socket: Socket, prelude: Uint8Array): Promise<void> {
  socket.write(prelude);
  await settled(socket, 'readable');
  socket.read();
}

async function secured(socket: Socket, { serverName, ca }: TlsServer): Promise<TLSSocket> {
  // An untrusted certificate is to be told of, not a reason to know no more; nothing is said on the connection.
  const secure = connectTls({ socket, servername: serverName, rejectUnauthorized: false, ...(ca ? { ca } : {}) });
  await settled(secure, 'secureConnect');
  return secure;
}

function settled(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('error', reject);
    socket.once('timeout', () => reject(new Error('no answer')));
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}
