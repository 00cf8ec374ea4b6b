import { spawn } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { lockData } from '../../src/boot/lock.ts';
import { temporaryFolder } from '../support/folders.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

it('ends, and lets go of the data, where one of its ports is taken', async () => {
  const taken = createServer();
  await new Promise<void>((done) => void taken.listen(0, '127.0.0.1', done));
  onTestFinished(() => void taken.close());
  const folder = temporaryFolder();
  const config = {
    issuer: 'http://localhost:3000',
    name: 'Test University',
    listen: { port: 0 },
    management: { port: (taken.address() as AddressInfo).port },
    data: 'data',
    stores: { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } },
    directories: { local: {} },
    factors: { password: {} },
    doors: { oidc: {} },
  };
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
  const child = spawn(process.execPath, [MAIN, '--config', join(folder, 'config.yaml')]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise((done) => void child.once('exit', done));
  const [exitCode, complaint] = await Promise.all([ended, text(child.stderr)]);
  expect([exitCode, complaint]).toEqual([1, expect.stringMatching(/^sallyport: listen EADDRINUSE/)]);
  lockData(join(folder, 'data')).release();
});

it('ends at once where another server has the same file, whatever folder it calls its own', async () => {
  const folder = temporaryFolder();
  const start = (name: string, durable: object, ephemeral: object) => {
    const config = {
      issuer: 'http://localhost:3000',
      name: 'Test University',
      listen: { port: 0 },
      management: { port: 0 },
      data: name,
      stores: { durable: { type: 'sqlite', ...durable }, ephemeral: { type: 'embedded', ...ephemeral } },
      directories: { local: {} },
      factors: { password: {} },
      doors: { oidc: {} },
    };
    writeFileSync(join(folder, `${name}.yaml`), JSON.stringify(config));
    const child = spawn(process.execPath, [MAIN, '--config', join(folder, `${name}.yaml`)]);
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
  const first = start('first', {}, {});
  await new Promise<void>((done) => first.stdout.on('data', (line: Buffer) => line.includes('listening') && done()));
  symlinkSync(join(folder, 'first', 'sallyport.db'), join(folder, 'linked.db'));
  for (const [name, durable, ephemeral, named] of [
    ['first', {}, {}, 'first'],
    ['second', { file: 'first/sallyport.db' }, {}, 'sallyport.db'],
    ['third', { file: 'linked.db' }, {}, 'linked.db'],
    ['fourth', {}, { file: 'first/ephemeral.db' }, 'ephemeral.db'],
  ] as const) {
    const child = start(name, durable, ephemeral);
    const ended = new Promise((done) => void child.once('exit', done));
    const [exitCode, complaint] = await Promise.all([ended, text(child.stderr)]);
    expect([exitCode, complaint], name).toEqual([
      1,
      expect.stringMatching(/^sallyport: \S+ is in use by another process: one server at a time/),
    ]);
    expect(complaint).toContain(`${named} is in use`);
  }
});
