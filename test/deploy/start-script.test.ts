import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { startFlags } from '../support/start-flags.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string) => readFileSync(join(root, name), 'utf8');

it('is what npm start, the image and the unit run: Node is run in one way', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } };
  expect(scripts.start).toBe('exec sh scripts/start.sh');
  expect(read('Dockerfile')).toMatch(/^ENTRYPOINT \["sh", "\/app\/scripts\/start\.sh"\]$/m);
});

it('becomes Node itself, with the flags, from any folder: a signal stops the gateway', async () => {
  const folder = temporaryFolder();
  const config = {
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
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
  const child = spawn('sh', [join(root, 'scripts/start.sh'), '--config', 'config.yaml'], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  await new Promise<void>((done, fail) => {
    child.stdout.on('data', (line: Buffer) => line.includes('listening') && done());
    void ended.then(([code]) => fail(new Error(`ended with ${code}`)));
  });
  const [command = '', ...words] = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0');
  expect(command).toBe('node');
  expect(startFlags().length).toBeGreaterThan(0);
  expect(words).toEqual([...startFlags(), join(root, 'src/main.ts'), '--config', 'config.yaml', '']);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
