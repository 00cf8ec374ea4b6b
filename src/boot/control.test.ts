import { statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SallyportError } from '../core/errors.ts';
import { callControl, controlPath, serveControl } from './control.ts';
import { folderWith } from './testing/folder.ts';

async function serve(handler: (request: unknown) => Promise<unknown>, path = controlPath(folderWith())) {
  const server = await serveControl(path, handler);
  onTestFinished(() => server.close());
  return { path, server };
}

describe('the control socket', () => {
  it('carries a request and its answer, of any size that an import has', async () => {
    const { path } = await serve(async (request) => ({ got: request }));
    const request = { lines: Array.from({ length: 50_000 }, (_, index) => `user${index},陳大文`) };
    expect(await callControl(path, request)).toEqual({ result: { got: request } });
  });

  it('answers many at once, each its own', async () => {
    const { path } = await serve(async (request) => request);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => callControl(path, index)));
    expect(answers.map((answer) => answer?.result)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('carries errors with their codes', async () => {
    const { path } = await serve(async () => {
      throw new SallyportError('ERR_NOT_FOUND', 'nobody of that name');
    });
    await expect(callControl(path, {})).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
      message: 'nobody of that name',
    });
  });

  it('is open to its owner alone', async () => {
    const { path } = await serve(async () => 1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('refuses what is not JSON and goes on serving', async () => {
    const { path } = await serve(async () => 'served');
    const socket = createConnection(path);
    socket.end('{"name":');
    expect(JSON.parse(await text(socket))).toMatchObject({ error: { code: 'ERR_INPUT' } });
    expect(await callControl(path, {})).toEqual({ result: 'served' });
  });

  it('refuses a request without end', async () => {
    const { path } = await serve(async () => 'served');
    await expect(callControl(path, 'x'.repeat(17 * 1024 * 1024))).rejects.toMatchObject({ code: 'ERR_INPUT' });
    const socket = createConnection({ path, allowHalfOpen: true });
    const closed = new Promise<void>((done) => void socket.on('error', () => done()).on('close', () => done()));
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < 40 && !socket.destroyed; sent += 1) socket.write(chunk);
    socket.resume();
    await closed;
    expect(await callControl(path, {})).toEqual({ result: 'served' });
  });

  it('of nobody is no error: the caller may do the work itself', async () => {
    const folder = folderWith();
    expect(await callControl(join(folder, 'none.sock'), {})).toBeUndefined();
    const { path, server } = await serve(async () => 1);
    await server.close();
    expect(await callControl(path, {})).toBeUndefined();
  });

  it('takes the place of what a dead process left', async () => {
    const path = controlPath(folderWith());
    writeFileSync(path, '');
    await serve(async () => 'new', path);
    expect(await callControl(path, {})).toEqual({ result: 'new' });
  });

  it('answers what has arrived before it closes, and waits for nobody who is silent', async () => {
    const running = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const { path, server } = await serve(async () => {
      running.resolve();
      await release.promise;
      return 'done';
    });
    const silent = createConnection(path);
    await new Promise((done) => silent.once('connect', done));
    const answer = callControl(path, {});
    await running.promise;
    const closed = server.close();
    release.resolve();
    expect(await answer).toEqual({ result: 'done' });
    await closed;
  });

  it('says so where its path is too long for a socket', async () => {
    await expect(serveControl(`/${'x'.repeat(120)}/control.sock`, async () => 1)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
    });
  });
});
