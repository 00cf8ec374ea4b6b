import type { TLSSocket } from 'node:tls';
import type { Connections, Ending, Peer } from '../../core/listening.ts';
import type { Carrier } from './carrier.ts';

/** Answers that are yet to be made for one connection: it isn't read meanwhile. */
const UNDER_WAY = 64;
/** Octets of answers that its other end hasn't taken yet: it isn't read meanwhile either. */
const UNSENT = 64 * 1024;
/** How long a message may take from its first octet to its last, milliseconds. */
const MESSAGE = 10_000;
/** How long a connection may rest, milliseconds: those that mean to keep one send a Status-Server now and then. */
const REST = 600_000;
/** How long the other end may take to part, milliseconds. */
const PARTING = 1_000;

/** One connection whose other end has shown who it is. */
export interface Connection {
  /** Goes on with what it was halted at. */
  read(): void;
  /** Is read no more, and ends once what is under way is answered. */
  end(): Promise<void>;
}

/** What it is given: its port, who is there, and what is shared with the other connections of the same application. */
interface Parts {
  listening: Pick<Connections, 'name' | 'lengthOf' | 'longest'>;
  peer: Peer;
  take: Carrier['take'];
  /** What is under way of all of that application, and whether it may be more. */
  shared: { hasRoom(): boolean; begin(): void; end(): void };
  /** It was ended for this. */
  ended(why: Ending): void;
}

/** Takes messages out of what comes, each whole and in its order, however it is split or joined. */
export function carry(socket: TLSSocket, { listening, peer, take, shared, ended }: Parts): Connection {
  const { name: at, lengthOf, longest } = listening;
  const expires = peer.certificate?.expires ?? Number.POSITIVE_INFINITY;
  let rest: Buffer = Buffer.of();
  let under = 0;
  let late: NodeJS.Timeout | undefined;
  let leaving = false;

  function cut(why: Ending): void {
    if (socket.destroyed) return;
    socket.destroy();
    ended(why);
  }

  /** The next whole message; undefined where there is none yet, or none will ever be. */
  function next(): Buffer | undefined {
    const length = lengthOf(rest);
    if (length === 'broken' || (length !== 'unknown' && length > longest)) {
      cut('broken');
      return undefined;
    }
    if (length === 'unknown' || rest.length < length) return undefined;
    // A copy: what is kept of it doesn't keep all that came along.
    const octets = Buffer.from(rest.subarray(0, length));
    rest = rest.subarray(length);
    return octets;
  }

  async function work(octets: Buffer): Promise<void> {
    const done = take({
      ...{ at, octets, from: peer, hangUp: () => void socket.destroy() },
      answer(reply) {
        if (socket.writable) socket.write(reply);
      },
    });
    if (done === undefined) return;
    under += 1;
    shared.begin();
    await done;
    under -= 1;
    shared.end();
    if (leaving) part();
    else read();
  }

  const isHalted = () => under >= UNDER_WAY || socket.writableLength > UNSENT || !shared.hasRoom();

  function read(): void {
    if (leaving || socket.destroyed) return;
    if (Date.now() >= expires) cut('expired');
    let halted = isHalted();
    for (; !halted && !socket.destroyed && rest.length > 0; halted = isHalted()) {
      const octets = next();
      if (octets === undefined) break;
      void work(octets);
    }
    if (socket.destroyed) return;
    if (halted) socket.pause();
    else socket.resume();
    if (halted || rest.length === 0) {
      clearTimeout(late);
      late = undefined;
    } else late ??= setTimeout(cut, MESSAGE, 'slow').unref();
  }

  /** Where nothing is under way, so that no answer is lost. */
  function part(): void {
    if (under === 0) socket.end();
  }

  socket.setTimeout(REST, () => socket.destroy());
  socket.on('drain', read);
  socket.on('data', (octets: Buffer) => {
    rest = rest.length === 0 ? octets : Buffer.concat([rest, octets]);
    read();
  });
  socket.once('close', () => clearTimeout(late));

  return {
    read,
    end() {
      leaving = true;
      const closed = new Promise<void>((resolve) => void socket.once('close', resolve));
      if (socket.destroyed) return Promise.resolve();
      // Still read, so that the other end's parting is seen; what else comes is theirs to send elsewhere.
      socket.removeAllListeners('data');
      socket.resume();
      const over = setTimeout(() => socket.destroy(), PARTING).unref();
      part();
      return closed.finally(() => clearTimeout(over));
    },
  };
}
