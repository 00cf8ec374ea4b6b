import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { type ErrorCode, SallyportError } from '../core/errors.ts';

/**
 * The socket in the data folder by which the command line reaches the process that owns the data:
 * one JSON request and one JSON response per connection, each ended by the end of its stream.
 * Whoever may open the socket may run every command: its mode is 0600, and the folder's 0700.
 */
export interface ControlServer {
  /** Stops listening; a request that has arrived is still answered. */
  close(): Promise<void>;
}

/** Where the socket of a data folder is. */
export function controlPath(data: string): string {
  return join(data, 'control.sock');
}

/** Bytes of a request (a file of people to import) and of a response. */
const MOST = 16 * 1024 * 1024;
/** Milliseconds that a connection may be silent while its request is awaited. */
const SILENCE = 10_000;

const reply = z.union([
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) }),
]);

/**
 * Serves requests. The caller holds the data lock, so that a socket found here is a dead process's.
 *
 * @throws SallyportError ERR_CONFIG if the path is longer than a socket's may be
 */
export async function serveControl(
  path: string,
  handler: (request: unknown) => Promise<unknown>,
): Promise<ControlServer> {
  const address = addressOf(path);
  rmSync(path, { force: true });
  const waiting = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    waiting.add(socket);
    socket.on('close', () => waiting.delete(socket));
    // A caller that went away needs no answer.
    socket.on('error', () => socket.destroy());
    void answer(socket, (request) => {
      waiting.delete(socket);
      return handler(request);
    });
  });
  // The socket must not be open to others even for the moment before chmod.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(address, done);
      process.umask(mask);
    });
  } finally {
    process.umask(mask);
  }
  chmodSync(path, 0o600);
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of waiting) socket.destroy();
      }),
  };
}

async function answer(socket: Socket, handler: (request: unknown) => Promise<unknown>): Promise<void> {
  let response: z.input<typeof reply>;
  try {
    const request: unknown = JSON.parse(await received(socket));
    socket.setTimeout(0);
    response = { result: await handler(request) };
  } catch (error) {
    const code = error instanceof SallyportError ? error.code : 'ERR_INPUT';
    response = { error: { code, message: error instanceof Error ? error.message : String(error) } };
  }
  socket.write(JSON.stringify(response));
  socket.destroySoon();
}

/** What the other side sent until it ended its half. */
async function received(socket: Socket): Promise<string> {
  let size = 0;
  socket.setTimeout(SILENCE, () => socket.destroy());
  const bounded = async function* (): AsyncIterable<Uint8Array> {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > MOST) throw new SallyportError('ERR_INPUT', `longer than ${MOST} bytes`);
      yield chunk;
    }
  };
  return await text(bounded());
}

/**
 * Sends one request to the process that owns the data. Undefined if none is listening, and then
 * the caller may take the data lock and do the work itself.
 *
 * @throws SallyportError with the code of the other side's error
 */
export async function callControl(path: string, request: unknown): Promise<{ result: unknown } | undefined> {
  const body = JSON.stringify(request);
  if (Buffer.byteLength(body) > MOST) throw new SallyportError('ERR_INPUT', `longer than ${MOST} bytes`);
  const socket = await connect(addressOf(path));
  if (socket === undefined) return undefined;
  socket.end(body);
  const response = reply.parse(JSON.parse(await text(socket)));
  if ('result' in response) return { result: response.result };
  // Both ends are the same program, so that the code is one of its own.
  throw new SallyportError(response.error.code as ErrorCode, response.error.message);
}

function connect(address: string): Promise<Socket | undefined> {
  return new Promise((done, fail) => {
    const socket = createConnection({ path: address, allowHalfOpen: true });
    socket.once('connect', () => done(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') done(undefined);
      else fail(error);
    });
  });
}

/** sockaddr_un holds 107 bytes on Linux, 103 elsewhere; a longer path may still be short from here. */
function addressOf(path: string): string {
  const address = [path, relative(process.cwd(), path)].find((candidate) => Buffer.byteLength(candidate) <= 103);
  if (address !== undefined) return address;
  throw new SallyportError('ERR_CONFIG', `${path} is too long for a socket: choose a shorter data folder`);
}
