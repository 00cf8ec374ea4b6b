import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const LEAST = {
  issuer: 'http://localhost:3000',
  name: 'Test University',
  listen: { port: 0 },
  management: { port: 0 },
  data: 'data',
  stores: { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } },
  directories: { local: {} },
  factors: { password: {} },
  doors: { oidc: {} },
};

/** What lies in a folder, and since when. */
const contentsOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => [
    name,
    statSync(join(folder, name)).mtimeMs,
  ]);

it('is made once, for whoever runs the gateway, and only read at a start', { timeout: 240_000 }, async () => {
  const cache = join(temporaryFolder(), 'cache');
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: cache };
  execFileSync(process.execPath, [join(root, 'scripts/compile-cache.ts'), '10001'], { env });
  const made = contentsOf(cache);
  const [of = ''] = readdirSync(cache);
  expect(readlinkSync(join(cache, `${of}-${process.getuid?.()}`))).toBe(of);
  expect(readlinkSync(join(cache, `${of}-10001`))).toBe(of);

  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(LEAST));
  const child = spawn('sh', [join(root, 'scripts/start.sh'), '--config', join(folder, 'config.yaml')], {
    env: { ...env, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let told = '';
  child.stderr.on('data', (text: Buffer) => {
    told += text.toString();
  });
  child.stdout.on('data', (text: Buffer) => {
    told += text.toString();
    if (text.includes('"listening"')) child.kill('SIGTERM');
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  // Ours without their types, and a package's, as V8 compiled them.
  expect(told).toMatch(/V8 code cache for \S+ \S*src\/boot\/app\.ts was accepted/);
  expect(told).toMatch(/V8 code cache for \S+ \S*node_modules\/oidc-provider\/lib\/provider\.js was accepted/);
  expect(contentsOf(cache)).toEqual(made);
});
