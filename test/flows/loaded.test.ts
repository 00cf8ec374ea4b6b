import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configText, folderWith } from '../../src/boot/testing/folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Notes whatever is loaded, by `import` or `require`, and tells it at the end. */
const RECORD = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
  process.on('exit', () => process.send(loaded));`;

/** The least that an institution runs: applications by OpenID Connect, a password and an authenticator app. */
const LEAST = {
  stores: { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } },
  directories: { local: {} },
  factors: { password: {}, totp: {} },
  doors: { oidc: {} },
  listen: { port: 0 },
  management: { port: 0 },
};

/** Plug-ins and packages that a gateway has loaded once it listens. */
async function loadedBy(sections: object): Promise<{ plugIns: string[]; packages: string[]; files: number }> {
  const file = join(folderWith({ 'config.yaml': configText({ ...LEAST, ...sections }) }), 'config.yaml');
  const preload = `data:text/javascript,${encodeURIComponent(RECORD)}`;
  const child = spawn(process.execPath, ['--import', preload, join(root, 'src/main.ts'), '--config', file], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {},
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const told = new Promise<string[]>((done, fail) => {
    child.on('message', (urls) => done(urls as string[]));
    child.on('exit', (code) => fail(new Error(`ended with ${code}`)));
  });
  child.stdout?.on('data', (line: Buffer) => line.includes('"listening"') && child.kill('SIGTERM'));
  const files = (await told).filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url));
  const first = (pattern: RegExp) => [...new Set(files.flatMap((path) => pattern.exec(path)?.[1] ?? []))].sort();
  return {
    plugIns: first(/\/src\/((?:directories|doors|factors|senders|stores)\/[^/]+)\/index\.ts$/),
    packages: first(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/),
    files: files.length,
  };
}

describe('a gateway that listens', () => {
  it('has loaded what its configuration names, and nothing of what it leaves out', async () => {
    const { plugIns, packages, files } = await loadedBy({});
    expect(plugIns).toEqual([
      'directories/local',
      'doors/oidc',
      'factors/password',
      'factors/totp',
      'stores/embedded',
      'stores/sqlite',
    ]);
    expect(packages).toEqual(expect.arrayContaining(['oidc-provider', 'kysely', 'zod', 'yaml']));
    const others =
      /^(?:@peculiar|@simplewebauthn|@xmldom|ioredis|ldapts|libphonenumber-js|libxml2-wasm|maxmind|node-rsa)/;
    const more =
      /^(?:nodemailer|oauth4webapi|openid-client|pg|reflect-metadata|samlify|tsyringe|web-push|xml-crypto|xpath)/;
    expect(packages.filter((name) => others.test(name) || more.test(name))).toEqual([]);
    // Each file costs the start a part of a millisecond, and its memory for good.
    expect(files).toBeLessThan(1_700);
  });

  it('has loaded what it names besides', async () => {
    const { plugIns, packages } = await loadedBy({
      factors: { password: {}, fido2: { rpId: 'localhost' } },
      senders: { smtp: { host: '127.0.0.1', from: { address: 'login@university.example', name: 'Login' } } },
    });
    expect(plugIns).toEqual(expect.arrayContaining(['factors/fido2', 'senders/smtp']));
    expect(packages).toEqual(expect.arrayContaining(['@simplewebauthn/server', 'nodemailer']));
  });
});
