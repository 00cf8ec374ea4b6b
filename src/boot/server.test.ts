import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, getCiphers } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../../test/support/certificate.ts';
import { stopServer } from './app.ts';
import { serverOf } from './server.ts';

describe('TLS by the gateway itself (BCP 195)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'));
  const certificate = selfSigned('localhost');
  let server: ReturnType<typeof serverOf>;

  beforeAll(async () => {
    const { cert, key } = await certificate;
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key);
    server = serverOf((_req, res) => res.end('here'), files);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    await stopServer(server);
    rmSync(folder, { recursive: true });
  });

  /** The suite that was agreed on; undefined where there is none in common. */
  async function agreed(options: ConnectionOptions): Promise<string | undefined> {
    const { port } = server.address() as AddressInfo;
    const { cert } = await certificate;
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca: cert, ...options });
    try {
      await once(socket, 'secureConnect');
      return socket.getCipher().standardName;
    } catch {
      return undefined;
    } finally {
      socket.destroy();
    }
  }

  it('agrees on forward-secret authenticated suites, of whatever a client of TLS 1.2 can', async () => {
    const old = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    const suites = getCiphers().filter((name) => !name.startsWith('tls_'));
    const found = new Set<string>();
    for (const name of suites) {
      const suite = await agreed({ ...old, ciphers: `${name.toUpperCase()}:@SECLEVEL=0` });
      if (suite !== undefined) found.add(suite);
    }
    // That certificate's; an RSA one would have as many.
    expect(found.size).toBe(3);
    for (const suite of found) expect(suite).toMatch(/^TLS_ECDHE_ECDSA_WITH_(AES_\d+_GCM|CHACHA20_POLY1305)_/);
  });

  it('speaks TLS 1.3, and nothing before 1.2', async () => {
    expect(await agreed({})).toMatch(/^TLS_(AES_\d+_GCM|CHACHA20_POLY1305)_/);
    const older = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    expect(await agreed(older)).toBeUndefined();
  });
});

it('keeps connections that rest for longer than a proxy in front does: nginx a minute, HAProxy less', () => {
  expect(serverOf(() => {}, undefined).keepAliveTimeout).toBeGreaterThan(60_000);
});

it('that stops ends connections that come to rest after it: it waits for answers, and for no proxy', async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  const server = serverOf((_req, res) => asked.resolve(res), undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true });
  const sent = get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent });
  const answered = await asked.promise;
  const stopped = stopServer(server);
  answered.end('done');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(await text(response)).toBe('done');
  await stopped;
  agent.destroy();
});

it('that stops answers a connection that had just come, and had brought nothing yet', async () => {
  const server = serverOf((_req, res) => void res.end('done'), undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const come = once(server, 'connection');
  const socket = connectTo((server.address() as AddressInfo).port, '127.0.0.1');
  await come;
  const stopped = stopServer(server, 500);
  socket.write('GET / HTTP/1.1\r\nHost: uni.example\r\nConnection: close\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*done/s);
  await stopped;
});
