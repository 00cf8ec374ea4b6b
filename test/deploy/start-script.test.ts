import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { freePort } from '../support/ports.ts';
import { radiusClient } from '../support/radius.ts';
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

describe('where another program has a port of a door', () => {
  /** Starts it with that port taken; what it says until it ends, or until it says that. */
  async function started(more: object, until: string): Promise<{ said: string; code: number | null }> {
    const folder = temporaryFolder();
    const taken = createSocket('udp4').bind(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const radius = { listen: { port: 0, accountingPort: taken.address().port } };
    const config = {
      ...{ issuer: 'http://localhost:3000', name: 'Test University', listen: { port: 0 }, management: { port: 0 } },
      ...{ data: 'data', stores: { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } } },
      ...{ directories: { local: {} }, factors: { password: {} }, doors: { oidc: {}, radius } },
      applications: { vpn: { name: 'VPN', radius: radiusClient() } },
      policy: { rules: [{ name: 'all', level: 'sfa' }] },
      ...more,
    };
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
    const child = spawn('sh', [join(root, 'scripts/start.sh'), '--config', 'config.yaml'], {
      cwd: folder,
      env: { PATH: '/usr/bin:/bin' },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    // Once all that it wrote has been read.
    const ended = once(child, 'close') as Promise<[number | null]>;
    const told = new Promise<void>((done) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (part: string) => {
          said += part;
          if (said.includes(until)) done();
        });
    });
    await Promise.race([ended, told]);
    if (child.exitCode === null) child.kill('SIGKILL');
    const [code] = await ended;
    return { said: said.replaceAll(String(taken.address().port), 'PORT'), code };
  }

  it('a demonstration says so, and goes on without the door', async () => {
    const demo = { accounts: [{ username: 'alice', name: 'Alice' }], relyingParty: { port: await freePort() } };
    const { said } = await started({ demo }, 'Stop with Ctrl-C');
    expect(said).toMatch(/^Sallyport is at /m);
    expect(said).toContain('There is no door radius: another program has port PORT. Stop that one, and start again.');
    expect(said).not.toContain('radclient');
  });

  it('nothing else starts', async () => {
    const { said, code } = await started({}, 'listening on');
    expect(said).toMatch(/^sallyport: .*EADDRINUSE .*PORT$/m);
    expect(code).toBe(1);
  });
});
