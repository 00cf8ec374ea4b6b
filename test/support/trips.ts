import { Socket } from 'node:net';

/** One write to a server, which may hold several commands or statements: what is waited for together. */
export type Trip = readonly string[];

type Write = (writev: boolean, data: unknown, encoding: unknown, done: unknown) => unknown;

/**
 * What this process sends to the server at a port of the loopback address, from now on: each write to a socket is one
 * round trip. `read` says what is in one; a trip of nothing isn't counted.
 */
export function countTrips(port: number, read: (sent: Buffer) => string[]) {
  // Every write of a socket ends here, a corked one whole.
  const prototype = Socket.prototype as unknown as { _writeGeneric: Write };
  const original = prototype._writeGeneric;
  let trips: Trip[] = [];
  prototype._writeGeneric = function (this: Socket, writev, data, encoding, done) {
    if (this.remotePort === port) {
      const what = read(bytesOf(writev, data));
      if (what.length > 0) trips.push(what);
    }
    return original.call(this, writev, data, encoding, done);
  };
  return {
    /** Those since the last call. */
    taken(): Trip[] {
      const taken = trips;
      trips = [];
      return taken;
    },
    stop() {
      prototype._writeGeneric = original;
    },
  };
}

function bytesOf(writev: boolean, data: unknown): Buffer {
  const chunks = writev ? (data as { chunk: string | Buffer }[]).map(({ chunk }) => chunk) : [data as string | Buffer];
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)));
}

/** Commands with their first argument: arrays of bulk strings (Redis serialization protocol specification). */
export function redisCommands(sent: Buffer): string[] {
  return sent
    .toString()
    .split(/(?:^|\r\n)(?=\*[0-9]+\r\n\$)/)
    .filter((text) => text.startsWith('*'))
    .map((text) => {
      const [, , name = '', , first = '', , , , key = ''] = text.split('\r\n');
      // Of a script what it works on says more than its text, or the hash of that.
      return name.startsWith('eval') ? `script on ${key}` : `${name} ${first}`;
    });
}

/** Of a statement that the server keeps, its text is sent once: by its name. */
const kept = new Map<string, string>();

/** Statements as they are sent: asked at once, or bound to values (PostgreSQL's frontend protocol, section 54.7). */
export function statements(sent: Buffer): string[] {
  const found: string[] = [];
  // What begins a connection has a length and no type.
  if (sent[0] === 0) return found;
  for (let at = 0; at + 5 <= sent.length; at += 1 + sent.readInt32BE(at + 1)) {
    const [first = '', second = ''] = sent.toString('utf8', at + 5, at + 1 + sent.readInt32BE(at + 1)).split('\0');
    const type = String.fromCharCode(sent[at] ?? 0);
    if (type === 'Q') found.push(first);
    if (type === 'P') kept.set(first, second);
    if (type === 'B') found.push(kept.get(second) ?? second);
  }
  return found;
}
