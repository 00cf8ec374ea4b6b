import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `node scripts/compile-cache.ts [USER…]`, at the installation: starts a gateway once and keeps what Node made of the
 * files, without their types and compiled, so that no later start does it again. A file that has changed since is
 * compiled as without it.
 *
 * Node looks for a cache that it only reads under the number of its user. USER, a name or number, is who will run the
 * gateway, where that is somebody else.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/sallyport');

/** A gateway that needs nothing and nobody. */
const LEAST = {
  issuer: 'http://localhost:3000',
  name: 'Sallyport',
  listen: { host: '127.0.0.1', port: 0 },
  management: { host: '127.0.0.1', port: 0 },
  data: 'data',
  stores: { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } },
  directories: { local: {} },
  factors: { password: {}, totp: {} },
  doors: { oidc: {} },
};

/** Runs until it says that it listens, or ends by itself; what it does is kept as it ends. */
async function run(config: string): Promise<void> {
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: folder, NODE_COMPILE_CACHE_READONLY: '0' };
  const child = spawn('sh', [join(root, 'scripts/start.sh'), '--config', config], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env,
  });
  child.stdout.on('data', (line: Buffer) => line.includes('"listening"') && child.kill('SIGTERM'));
  await once(child, 'exit');
}

const numberOf = (user: string): string =>
  /^[0-9]+$/.test(user) ? user : execFileSync('id', ['-u', user], { encoding: 'utf8' }).trim();

/** Written for nobody by name, as it holds for any place (NODE_COMPILE_CACHE_PORTABLE), and read by name. */
function share(cache: string, users: readonly string[]): void {
  const numbers = new Set([String(process.getuid?.()), ...users.map(numberOf)]);
  for (const number of numbers) symlinkSync(cache, join(folder, `${cache}-${number}`));
}

/** Whoever runs it reads it, whatever the umask of who installs. */
function open(): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}

const place = mkdtempSync(join(tmpdir(), 'sallyport-'));
try {
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(join(place, 'least.yaml'), JSON.stringify(LEAST));
  await run(join(place, 'least.yaml'));
  // Of what is no configuration the faults are told, with everything in mind that is installed.
  writeFileSync(join(place, 'none.yaml'), '{}');
  await run(join(place, 'none.yaml'));
  const [cache] = readdirSync(folder);
  if (cache === undefined) throw new Error('the gateway did not start: nothing was compiled');
  open();
  share(cache, process.argv.slice(2));
} catch (error) {
  process.stderr.write(`compile-cache: ${(error as Error).message}; starts will take longer\n`);
  process.exitCode = 1;
} finally {
  rmSync(place, { recursive: true, force: true });
}
