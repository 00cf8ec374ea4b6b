import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Told } from '../../src/boot/doctor/index.ts';
import { configFile, sallyport } from '../support/commands.ts';
import { temporaryFolder } from '../support/folders.ts';
import { freePort } from '../support/ports.ts';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';

const path = (file: string) => fileURLToPath(new URL(`../../src/${file}`, import.meta.url));
const ARGUMENTS = ['--disable-warning=ExperimentalWarning'];

interface Seen {
  exitCode: number;
  found: Told[];
}

/** What is told. */
async function look(config: string): Promise<Seen> {
  const { exitCode, out } = await sallyport(config, ['doctor', '--json']);
  return { exitCode, found: JSON.parse(out) };
}

/** The same by the real program, in a process of its own. */
async function lookApart(config: string): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number; out: string }>();
  const words = [...ARGUMENTS, path('cli.ts'), '--config', config, 'doctor', '--json'];
  execFile(process.execPath, words, (error, out) => resolve({ exitCode: Number(error?.code ?? 0), out }));
  const { exitCode, out } = await promise;
  return { exitCode, found: JSON.parse(out) };
}

const levels = (found: readonly Told[], name: string) =>
  found.filter(({ about }) => about === name).map(({ level, text }) => `${level}: ${text}`);

const NO_DEVICES = { policy: { rules: [{ name: 'day', level: 'mfa', remember: '24h' }] } };

async function serve(config: string): Promise<void> {
  const child = spawn(process.execPath, [...ARGUMENTS, path('main.ts'), '--config', config]);
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await new Promise((done) => child.once('exit', done));
  });
  await new Promise<void>((done, fail) => {
    child.stdout.on('data', (line: Buffer) => line.includes('listening') && done());
    child.once('exit', () => fail(new Error('it ended')));
  });
}

async function gateway(folder: string, durable: object = { type: 'sqlite' }, more: object = {}) {
  const [port, management] = [await freePort(), await freePort()];
  const ports = { listen: { port }, management: { port: management }, log: { level: 'info' } };
  return configFile(folder, durable, { issuer: `http://localhost:${port}`, ...ports, ...NO_DEVICES, ...more });
}

async function listening(server: Server): Promise<number> {
  const port = await freePort();
  await new Promise<void>((done) => void server.listen(port, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return port;
}

describe('sallyport doctor', () => {
  it('makes nothing where there is nothing yet, and finds nothing wrong', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder, { type: 'sqlite' }, NO_DEVICES);
    const { exitCode, found } = await look(config);
    expect(found.filter(({ level }) => level === 'fault')).toEqual([]);
    expect(exitCode).toBe(0);
    expect(levels(found, 'stores.durable')).toEqual(['notice: there is no file yet']);
    expect(levels(found, 'issuer')[0]).toMatch(/^notice: .*no gateway runs here$/);
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  it('names what is wrong with the configuration, and ends with 1', async () => {
    const config = configFile(temporaryFolder(), { type: 'sqlite' }, { issuer: 'nowhere', colour: 'red' });
    const { exitCode, out } = await sallyport(config, ['doctor']);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/✗ configuration: .*issuer/);
    expect(out).toMatch(/✗ configuration: .*colour/);
    expect(out).toMatch(/0 good, 0 to look at, \d+ wrong\n$/);
  });

  it('looks at a gateway that runs, through its own address, and says who can read its data', async () => {
    const folder = temporaryFolder();
    const config = await gateway(folder);
    await serve(config);
    const before = await lookApart(config);
    expect(before.exitCode, JSON.stringify(before.found)).toBe(0);
    expect(levels(before.found, 'issuer')[0]).toMatch(/^good: .*is reachable, and answers as itself$/);
    expect(levels(before.found, 'stores.durable')[0]).toMatch(/^good: reachable/);
    expect(levels(before.found, 'keys').join()).toContain('the signing key of oidc has signed for 0 days');
    expect(levels(before.found, 'audit')[0]).toMatch(/^good: /);
    expect((await sallyport(config, ['user', 'add', 'ada', '--name', 'Ada'], 'a long password')).exitCode).toBe(0);
    expect(levels((await look(config)).found, 'audit')[1]).toMatch(/^good: the last \d+ entries are whole/);
    const database = new DatabaseSync(join(folder, 'data', 'sallyport.db'));
    database.exec(`UPDATE audit SET detail = '{}' WHERE event = 'user.added'`);
    database.close();
    expect(levels((await look(config)).found, 'audit')[1]).toMatch(
      /^fault: the audit chain of main is broken at entry \d+: altered$/,
    );
    onTestFinished(() => chmodSync(join(folder, 'data'), 0o700));
    chmodSync(join(folder, 'data'), 0o755);
    const { exitCode, found } = await look(config);
    expect(exitCode).toBe(1);
    expect(found.find(({ about, level }) => about === 'data' && level === 'fault')).toMatchObject({
      text: expect.stringContaining('is open to others of this machine'),
      todo: expect.stringMatching(/^chmod \d00 /),
    });
  });

  it('sees a proxy that asks for another host, and one that takes headers away', async () => {
    const folder = temporaryFolder();
    const [port, inner, management] = [await freePort(), await freePort(), await freePort()];
    const ports = { listen: { port: inner }, management: { port: management }, log: { level: 'info' } };
    const more = { issuer: `http://localhost:${port}`, ...ports, ...NO_DEVICES };
    const config = configFile(folder, { type: 'sqlite' }, more);
    await serve(config);
    let host: string | undefined;
    let taken = '';
    const proxy = createHttpServer((req, res) => {
      const headers = { ...req.headers, host: host ?? req.headers.host };
      const onward = request({ port: inner, path: req.url, headers }, (answer) => {
        const kept = Object.entries(answer.headers).filter(([name]) => name !== taken);
        res.writeHead(answer.statusCode ?? 500, Object.fromEntries(kept));
        answer.pipe(res);
      });
      onward.end();
    });
    await new Promise<void>((done) => void proxy.listen(port, 'localhost', done));
    onTestFinished(() => void proxy.close());
    expect(levels((await look(config)).found, 'issuer').filter((line) => !line.startsWith('good'))).toEqual([]);
    taken = 'content-security-policy';
    expect(levels((await look(config)).found, 'issuer')).toContain(
      'fault: answers come without content-security-policy',
    );
    host = 'backend:8080';
    const { exitCode, found } = await look(config);
    expect(exitCode).toBe(1);
    expect(levels(found, 'issuer')[0]).toMatch(/^fault: .*asked for another host$/);
  });

  it('says which policy locks people out', async () => {
    const rules = [
      { name: 'vault', applications: ['sallyport-account'], level: 'phr' },
      { name: 'guests', groups: ['guests'], deny: true },
      { name: 'long', level: 'mfa', remember: '30d' },
    ];
    const config = configFile(temporaryFolder(), { type: 'sqlite' }, { policy: { rules } });
    const { exitCode, out } = await sallyport(config, ['doctor']);
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      /✗ policy: nobody can sign in to sallyport-account: phr is asked for by long, vault, and the enabled factors reach mfa/,
    );
    expect(out).toContain('! policy: people of the group guests can sign in nowhere');
    expect(out).toContain(
      '! remembered devices: the rule "long" lets a remembered browser stand for the second factor for 30 d',
    );
    expect(out).toContain('    Set remember: 24h or less there');
  });

  it('waits for nobody who is silent, and sends nothing', async () => {
    const heard: string[] = [];
    const silent = createServer((socket) => void socket.on('data', (data) => heard.push(String(data))));
    const port = await listening(silent);
    const smtp = { host: '127.0.0.1', port, tls: 'dangerouslyNone', from: { address: 'sso@example.edu' } };
    const gone = { host: '127.0.0.1', port: await freePort() };
    const senders = { smtp, smpp: { ...gone, systemId: 'me', secret: 'secret', from: { address: 'Uni' } } };
    const config = configFile(temporaryFolder(), { type: 'sqlite' }, { ...NO_DEVICES, senders });
    const { exitCode, out } = await sallyport(config, ['doctor']);
    expect(out).toMatch(/✗ senders\.smtp: /);
    expect(out).toMatch(/✗ senders\.smpp: .*ECONNREFUSED/);
    expect(exitCode).toBe(1);
    expect(heard.join('')).not.toContain('MAIL FROM');
  });

  it('looks at PostgreSQL and Redis as they are, and brings no table up to date', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const redis = await startRedis({ more: { 'maxmemory-policy': 'allkeys-lru' } });
    onTestFinished(() => redis.stop());
    const url = await server.database();
    const stores = { durable: { type: 'postgres', url }, ephemeral: { type: 'redis', url: redis.url } };
    const config = configFile(temporaryFolder(), {}, { stores, ...NO_DEVICES });
    const before = await look(config);
    expect(before.exitCode).toBe(1);
    expect(levels(before.found, 'stores.durable')[0]).toMatch(/^notice: its tables are behind this program/);
    expect(await server.run("select tablename from pg_tables where schemaname = 'public'", url)).toEqual([]);
    const ephemeral = levels(before.found, 'stores.ephemeral');
    expect(ephemeral[0]).toBe('good: reachable');
    expect(ephemeral.join('\n')).toMatch(/^fault: Redis evicts keys .*allkeys-lru/m);
    expect(ephemeral.join('\n')).toMatch(/^notice: Redis has no replica/m);
    expect((await sallyport(config, ['db', 'migrate'])).exitCode).toBe(0);
    expect(levels((await look(config)).found, 'stores.durable')[0]).toMatch(
      /^good: reachable; its tables have version/,
    );
    await redis.kill();
    await server.kill();
    const { exitCode, found } = await look(config);
    expect(exitCode).toBe(1);
    expect(levels(found, 'stores.durable').join()).toMatch(/^fault: /);
    expect(levels(found, 'stores.ephemeral').join()).toMatch(/^fault: /);
    expect(existsSync(join(config, '..', 'data'))).toBe(false);
  });
});
