import { constants, type X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { Connections, Identity, Peer, PeerCertificate } from '../../core/listening.ts';
import { CIPHERS } from '../server.ts';
import { type Carrier, type OwnPort, plain } from './carrier.ts';
import { type Connection, carry } from './connection.ts';

/** Connections of one process: of one application, and of all. */
const OF_ONE = 64;
const OF_ALL = 1_000;
/** What may be under way at once for one application. */
const UNDER_WAY = 256;
/** Those that haven't shown yet who they are: of one address, and of all; and how long they may take, milliseconds. */
const HALF_OF_ADDRESS = 32;
const HALF_OF_ALL = 256;
const HANDSHAKE = 10_000;

/** Opens a port over TLS. Workers of one primary share it: each connection is one of theirs. */
export async function openConnections(listening: Connections, carrier: Carrier): Promise<OwnPort> {
  let { identity } = listening;
  const halves = createHalves();
  const applications = createApplications();

  const secure = createTlsServer({ ...contextOf(identity), requestCert: true, rejectUnauthorized: false });
  // Whatever they show: whose it is the door says, by an authority's word or by the certificate itself.
  secure.on('secureConnection', (socket) => {
    // Afterwards nobody listens to errors but by its end.
    socket.on('error', () => {});
    const address = plain(socket.remoteAddress ?? '');
    if (!halves.arrived(socket)) return void socket.destroy();
    const { gate } = carrier;
    const peer = peerOf(socket, address, identity);
    const why = peer.certificate && !isInTime(socket) ? 'expired' : undefined;
    const application = why ? undefined : gate?.admits(peer);
    const shared = application === undefined ? undefined : applications.enter(application);
    if (shared === undefined) {
      socket.destroy();
      if (why || application !== undefined) gate?.ended(why ?? 'too-many', address, application);
      return;
    }
    const { take } = carrier;
    const connection = carry(socket, {
      ...{ listening, peer, take, shared },
      ended: (reason) => carrier.gate?.ended(reason, address, application),
    });
    shared.add(connection);
    socket.once('close', () => shared.remove(connection));
    // What came with the last of the handshake.
    connection.read();
  });

  const server = createTcpServer({ noDelay: true, keepAlive: true }, (raw) => {
    raw.on('error', () => {});
    const address = plain(raw.remoteAddress ?? '');
    if (!carrier.gate?.expects(address)) return void raw.destroy();
    const entered = halves.enter(raw, address, () => carrier.gate?.ended('no-tls', address));
    if (entered) secure.emit('connection', raw);
    else {
      raw.destroy();
      carrier.gate.ended('too-many', address);
    }
  });
  await listen(server, listening);
  server.on('error', carrier.fault);
  const address = server.address();

  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    renew(next) {
      if (next.transport !== 'tls' || isSame(next.identity, identity)) return;
      const distrusted = next.identity.ca !== identity.ca;
      identity = next.identity;
      secure.setSecureContext(contextOf(identity));
      // Whom the authorities of before vouched for shows itself again.
      if (distrusted) for (const connection of applications.connections()) void connection.end();
    },
    leave: () => void server.close(),
    async close() {
      if (server.listening) server.close();
      halves.end();
      await Promise.all(applications.connections().map((connection) => connection.end()));
    },
  };
}

async function listen(server: Server, { host, port }: Connections): Promise<void> {
  server.listen({ host, port });
  await once(server, 'listening');
}

const isSame = (one: Identity, other: Identity): boolean =>
  one.cert === other.cert && one.key === other.key && one.ca === other.ca;

/** Without sessions to resume and without renegotiation: who is there is shown once, and for this connection. */
const contextOf = ({ cert, key, ca }: Identity): SecureContextOptions => ({
  ...{ cert, key, minVersion: 'TLSv1.2', ciphers: CIPHERS },
  ...(ca === undefined ? {} : { ca }),
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
});

function peerOf(socket: TLSSocket, address: string, { ca }: Identity): Peer {
  const shown = socket.getPeerX509Certificate();
  // Without authorities of its own a port would believe all that the public does.
  const certificate = shown && certificateOf(shown, ca !== undefined && socket.authorized);
  return { address, port: socket.remotePort ?? 0, ...(certificate && { certificate }) };
}

function certificateOf(shown: X509Certificate, vouched: boolean): PeerCertificate {
  return {
    fingerprint: shown.fingerprint256.replaceAll(':', '').toLowerCase(),
    vouched,
    expires: shown.validToDate.getTime(),
    isOf: (host) => shown.checkHost(host, { subject: 'default', wildcards: false }) !== undefined,
  };
}

function isInTime(socket: TLSSocket): boolean {
  const shown = socket.getPeerX509Certificate();
  const now = Date.now();
  return shown !== undefined && shown.validFromDate.getTime() <= now && now < shown.validToDate.getTime();
}

/** Connections that haven't shown who they are, by both ends' addresses. */
function createHalves() {
  const open = new Map<string, { raw: Socket; address: string; late: NodeJS.Timeout }>();
  const nameOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>) =>
    `${remoteAddress} ${remotePort}`;
  const ofAddress = (address: string) => [...open.values()].filter((half) => half.address === address).length;

  return {
    /** False where there are too many. `failed`: it ended before anything was shown. */
    enter(raw: Socket, address: string, failed: () => void): boolean {
      if (open.size >= HALF_OF_ALL || ofAddress(address) >= HALF_OF_ADDRESS) return false;
      const name = nameOf(raw);
      const late = setTimeout(() => raw.destroy(), HANDSHAKE).unref();
      open.set(name, { raw, address, late });
      raw.once('close', () => {
        if (open.get(name)?.raw !== raw) return;
        clearTimeout(late);
        open.delete(name);
        failed();
      });
      return true;
    },
    /** Whether it was one of them, and came in time. */
    arrived(socket: TLSSocket): boolean {
      const name = nameOf(socket);
      clearTimeout(open.get(name)?.late);
      return open.delete(name);
    },
    end(): void {
      for (const { raw } of [...open.values()]) raw.destroy();
    },
  };
}

/** Connections by the application whose they are. */
function createApplications() {
  const all = new Map<string, { open: Set<Connection>; entered: number; under: number }>();
  let entered = 0;

  return {
    /** What one more connection shares with the others; undefined where there are too many. */
    enter(application: string) {
      const of = all.get(application) ?? { open: new Set(), entered: 0, under: 0 };
      if (of.entered >= OF_ONE || entered >= OF_ALL) return undefined;
      all.set(application, of);
      of.entered += 1;
      entered += 1;
      return {
        add: (connection: Connection) => void of.open.add(connection),
        remove(connection: Connection): void {
          of.open.delete(connection);
          of.entered -= 1;
          entered -= 1;
          if (of.entered === 0) all.delete(application);
        },
        hasRoom: () => of.under < UNDER_WAY,
        begin(): void {
          of.under += 1;
        },
        end(): void {
          of.under -= 1;
          // The others may have been halted for it.
          if (of.under === UNDER_WAY - 1) for (const connection of of.open) connection.read();
        },
      };
    },
    connections: (): Connection[] => [...all.values()].flatMap(({ open }) => [...open]),
  };
}
