import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  bindBody,
  COMMANDS,
  createReader,
  encode,
  GENERIC_NACK,
  INVALID_COMMAND,
  OK,
  type Pdu,
  RESPONSE,
} from './pdu.ts';

/** How long the other side may take for an answer, milliseconds. */
const PATIENCE = 7_000;
/** After this long without a word each asks whether the other is there (section 2.7.2), milliseconds. */
const IDLE = 30_000;
const HIGHEST_SEQUENCE = 0x7fff_ffff;

export interface Where {
  host: string;
  port: number;
  tls?: { ca?: string | undefined; serverName?: string | undefined } | undefined;
  bind: 'transceiver' | 'transmitter';
  login: { systemId: string; secret: string; systemType: string };
}

/** A bound session with a message centre. */
export interface Link {
  /** Rejects where it ends before the answer, or none comes. */
  request(command: number, body: Buffer): Promise<Pdu>;
  readonly open: boolean;
  close(): Promise<void>;
}

function reach({ host, port, tls }: Where): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({
          ...{ host, port, minVersion: 'TLSv1.2' as const, servername: tls.serverName ?? host },
          ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        })
      : connect({ host, port });
    const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), PATIENCE);
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(timer));
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

interface Waiting {
  resolve(pdu: Pdu): void;
  reject(error: Error): void;
}

/** Speaks over one connection. `ended` is told once, when it is over. */
function speak(socket: Socket, ended: (error: Error | undefined) => void): Link {
  const waiting = new Map<number, Waiting>();
  const read = createReader();
  let sequence = 0;
  let open = true;
  let failure: Error | undefined;

  const answer = (pdu: Pdu, status: number, body: Buffer, command = pdu.command | RESPONSE) =>
    socket.write(encode({ command, status, sequence: pdu.sequence, body }));

  function take(pdu: Pdu): void {
    if (pdu.command >= RESPONSE) {
      waiting.get(pdu.sequence)?.resolve(pdu);
      waiting.delete(pdu.sequence);
    } else if (pdu.command === COMMANDS.enquireLink) answer(pdu, OK, Buffer.alloc(0));
    else if (pdu.command === COMMANDS.deliver) answer(pdu, OK, Buffer.from([0]));
    else if (pdu.command === COMMANDS.unbind) {
      answer(pdu, OK, Buffer.alloc(0));
      socket.end();
    } else answer(pdu, INVALID_COMMAND, Buffer.alloc(0), GENERIC_NACK);
  }

  function request(command: number, body: Buffer): Promise<Pdu> {
    if (!open) return Promise.reject(new Error('the session is over'));
    sequence = sequence >= HIGHEST_SEQUENCE ? 1 : sequence + 1;
    const own = sequence;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(own);
        reject(new Error('no answer in time'));
        // It may answer the next one as late: what state it is in can't be known.
        socket.destroy();
      }, PATIENCE);
      const settle = (done: () => void) => {
        clearTimeout(timer);
        done();
      };
      waiting.set(own, {
        resolve: (pdu) => settle(() => resolve(pdu)),
        reject: (error) => settle(() => reject(error)),
      });
      socket.write(encode({ command, status: 0, sequence: own, body }));
    });
  }

  socket.setKeepAlive(true);
  socket.setTimeout(IDLE, () => void request(COMMANDS.enquireLink, Buffer.alloc(0)).catch(() => undefined));
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const pdu of read(chunk)) take(pdu);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => {
    open = false;
    for (const { reject } of waiting.values()) reject(failure ?? new Error('the session ended'));
    waiting.clear();
    ended(failure);
  });

  return {
    request,
    get open() {
      return open;
    },
    async close() {
      if (open) await request(COMMANDS.unbind, Buffer.alloc(0)).catch(() => undefined);
      socket.destroy();
    },
  };
}

/** Connects and binds. Rejects with what stood in the way; a refusal names the status. */
export async function bind(where: Where, ended: (error: Error | undefined) => void): Promise<Link> {
  const link = speak(await reach(where), ended);
  const command = where.bind === 'transceiver' ? COMMANDS.bindTransceiver : COMMANDS.bindTransmitter;
  const { status } = await link.request(command, bindBody(where.login));
  if (status === OK) return link;
  await link.close();
  throw new Error(`the bind was refused with status 0x${status.toString(16)}`);
}
