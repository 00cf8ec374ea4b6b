import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Response } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EphemeralStore } from '../core/store.ts';
import { writeCsv } from './csv.ts';
import { createStreams } from './streams.ts';

/** A response whose asker went away, and which has told of it. */
async function abandoned(): Promise<ServerResponse> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const asked = once(server, 'request');
  socket.write('GET / HTTP/1.1\r\nhost: gateway.example\r\n\r\n');
  const [, res] = (await asked) as [unknown, ServerResponse];
  const closed = once(res, 'close');
  socket.destroy();
  await closed;
  return res;
}

describe('whoever went away before they were answered', () => {
  it('has no stream, of whatever number', async () => {
    let subscribed = 0;
    const subscribe: EphemeralStore['subscribe'] = async () => {
      subscribed += 1;
      return () => {
        subscribed -= 1;
      };
    };
    const streams = createStreams({ ephemeral: { subscribe }, waiting: { changed: async () => [] }, now: () => 0 });
    for (let index = 0; index < 8; index += 1) {
      const res = Object.assign(await abandoned(), { set: () => res }) as unknown as Response;
      const awaited = { topic: 'topic', owner: 'sign-in', expires: 60_000 };
      expect(await streams.begin(res, awaited, '192.0.2.1')).toBe(true);
    }
    expect({ open: streams.size, subscribed }).toEqual({ open: 0, subscribed: 0 });
  });

  it('isn’t sent a file, for which nobody waits', async () => {
    let read = 0;
    function* records() {
      for (; read < 10_000; read += 1) yield [read, 'x'.repeat(100)];
    }
    await expect(writeCsv(await abandoned(), ['at'], records())).rejects.toThrow(/abort/i);
    expect(read).toBeLessThan(1_000);
  });
});
