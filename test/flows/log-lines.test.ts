import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { freePort } from '../support/ports.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** A fault that nobody catches, when it is asked for. */
const CRASH = "data:text/javascript,process.on('SIGUSR2',()=>{throw new Error('a crash of the tests')})";
const AT_ONCE = 12;
/** So many are answered before it ends, and more go on being asked. */
const ANSWERED = 300;

async function start() {
  const folder = temporaryFolder();
  const port = await freePort();
  const config = {
    issuer: `http://localhost:${port}`,
    name: 'Test University',
    listen: { port },
    management: { port: 0 },
    data: 'data',
    stores: { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } },
    directories: { local: {} },
    factors: { password: {} },
    doors: { oidc: {} },
  };
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
  const child = spawn(process.execPath, ['--import', CRASH, MAIN, '--config', join(folder, 'config.yaml')]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  const listening = Promise.withResolvers<void>();
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk;
    if (said.includes('"listening"')) listening.resolve();
  });
  child.stderr.resume();
  const closed = once(child, 'close');
  await Promise.race([listening.promise, closed]);
  return { child, closed, url: config.issuer, said: () => said };
}

it.each(['SIGTERM', 'SIGUSR2'] as const)(
  'each request that was answered has its line, at the end by %s under load',
  async (signal) => {
    const { child, closed, url, said } = await start();
    const answered: string[] = [];
    let over = false;
    const ask = async () => {
      while (!over) {
        const response = await fetch(`${url}/.well-known/openid-configuration`);
        await response.arrayBuffer();
        answered.push(response.headers.get('x-request-id') ?? '');
        if (answered.length === ANSWERED) child.kill(signal);
      }
    };
    // At the end connections are refused, or cut.
    const asking = Promise.allSettled(Array.from({ length: AT_ONCE }, ask));
    await closed;
    over = true;
    await asking;
    const lines = said()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { reference?: string });
    const told = new Set(lines.map(({ reference }) => reference));
    expect(answered.length).toBeGreaterThanOrEqual(ANSWERED);
    expect(answered.filter((reference) => !told.has(reference))).toEqual([]);
  },
);
