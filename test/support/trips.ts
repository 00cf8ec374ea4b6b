import { Socket } from 'node:net';

/** One write to a server, which may hold several commands or statements: what is waited for together. */
export type Trip = readonly string[];

type Write = (writev: boolean, data: unknown, encoding: unknown, done: unknown) => unknown;

/**
 * What this process sends to the server at a port of the loopback address, from now on: each write to a socket is one
 * round trip. `read` says what is in one; a trip of nothing isn't counted.
 */
export function countTrips(port: number, read: (sent: string) => string[]) {
  // Every write of a socket ends here, a corked one whole.
  const prototype = Socket.prototype as unknown as { _writeGeneric: Write };
  const original = prototype._writeGeneric;
  let trips: Trip[] = [];
  prototype._writeGeneric = function (this: Socket, writev, data, encoding, done) {
    if (this.remotePort === port) {
      const what = read(textOf(writev, data));
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

function textOf(writev: boolean, data: unknown): string {
  const chunks = writev ? (data as { chunk: string | Buffer }[]).map(({ chunk }) => chunk) : [data as string | Buffer];
  return chunks.map((chunk) => chunk.toString()).join('');
}

/** Commands with their first argument: arrays of bulk strings (Redis serialization protocol specification). */
export function redisCommands(sent: string): string[] {
  return sent
    .split(/(?:^|\r\n)(?=\*[0-9]+\r\n\$)/)
    .filter((text) => text.startsWith('*'))
    .map((text) => {
      const [, , name = '', , first = '', , , , key = ''] = text.split('\r\n');
      // Of a script what it works on says more than its text, or the hash of that.
      return name.startsWith('eval') ? `script on ${key}` : `${name} ${first}`;
    });
}

/** Statements as they are sent (PostgreSQL's frontend protocol): text of queries, parsed or simple. */
export function statements(sent: string): string[] {
  const found = sent.match(/\b(?:select|insert|update|delete|begin|start transaction|commit|rollback|with)\b[^\0]*/gi);
  return found ?? [];
}
