import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
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
