import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { selfSigned } from '../../../test/support/certificate.ts';
import { freePort } from '../../../test/support/ports.ts';
import { createProbes } from './network.ts';

const DAY = 86_400_000;

async function listening(server: Server): Promise<number> {
  const port = await freePort();
  await new Promise<void>((done) => void server.listen(port, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return port;
}

describe('the certificate of a server', () => {
  it('is good while it is trusted, for the name that is asked for, and not near its end', async () => {
    const pair = await selfSigned('db.example.edu');
    const port = await listening(createTlsServer(pair));
    const server = { host: '127.0.0.1', port, serverName: 'db.example.edu' };
    const { certificate } = createProbes(Date.now);
    expect((await certificate({ ...server, ca: pair.cert })).text).toMatch(/ends on \d{4}-\d\d-\d\d, in \d+ days$/);
    expect(await certificate(server)).toMatchObject({
      level: 'fault',
      text: expect.stringContaining('isn’t trusted'.replace('’', "'")),
    });
    expect(await certificate({ ...server, serverName: 'other.example.edu', ca: pair.cert })).toMatchObject({
      level: 'fault',
    });
    const later = createProbes(() => Date.now() + 36_500 * DAY);
    expect(await later.certificate({ ...server, ca: pair.cert })).toMatchObject({
      ...{ level: 'fault', text: expect.stringMatching(/ended on \d{4}-\d\d-\d\d$/) },
    });
  });

  it('is asked for as the protocol wants it, in the clear first', async () => {
    const pair = await selfSigned('db.example.edu');
    const begins: string[] = [];
    const upgrade = (socket: Socket) =>
      socket.once('data', (asked) => {
        begins.push(asked.toString('hex'));
        socket.write('S');
        const secure = new TLSSocket(socket, { isServer: true, ...pair });
        secure.on('error', () => {});
      });
    const port = await listening(createServer(upgrade));
    const prelude = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);
    const server = { host: '127.0.0.1', port, serverName: 'db.example.edu', ca: pair.cert, prelude };
    expect((await createProbes(Date.now).certificate(server)).text).toMatch(/ends on \d{4}-\d\d-\d\d, in \d+ days$/);
    expect(begins).toEqual(['0000000804d2162f']);
  });

  it('is none where nothing listens, or what listens ends the connection', async () => {
    const { certificate, connect } = createProbes(Date.now);
    await expect(connect('127.0.0.1', await freePort())).rejects.toThrow('ECONNREFUSED');
    const port = await listening(createServer((socket) => socket.end()));
    await expect(certificate({ host: '127.0.0.1', port })).rejects.toThrow();
  });
});
