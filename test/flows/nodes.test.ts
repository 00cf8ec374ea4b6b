import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { Client } from '../support/client.ts';
import { sallyport } from '../support/commands.ts';
import { cuttable } from '../support/cuttable.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, type GatewayOptions, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const LASTS = 3_000;

/** A gateway of the running test's own, as one node of several. */
async function node(postgres: string, name: string, more: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const { config = {}, ...rest } = more;
  const gateway = await startGateway({
    ...{ folder: temporaryFolder(), postgres, node: { lasts: LASTS } },
    ...rest,
    config: { node: name, ...config },
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** Where each chain ends, as `audit verify` tells it: throws where one is broken. */
async function verified(gateway: Gateway): Promise<Record<string, number>> {
  const lines = await gateway.command('audit verify');
  const whole = lines.flatMap((line) => [...line.matchAll(/^(\S+): entries 1 to (\d+) are whole/g)]);
  return Object.fromEntries(whole.map(([, name, last]) => [name, Number(last)]));
}

async function ready(gateway: Gateway): Promise<{ status: number; reason: string }> {
  const management = createServer(gateway.app.management);
  await new Promise<void>((done) => management.listen(0, '127.0.0.1', done));
  onTestFinished(() => void management.close());
  const answer = await fetch(`http://127.0.0.1:${(management.address() as AddressInfo).port}/health/ready`);
  return { status: answer.status, reason: ((await answer.json()) as { reason?: string }).reason ?? '' };
}

async function signsIn(gateway: Gateway, username: string): Promise<boolean> {
  const person = new PersonAtBrowser(gateway, new Client());
  const page = await person.begin('library');
  if (page.status !== 200) return false;
  return (await person.password(page, username)).url.pathname === '/library';
}

describe('several nodes on one PostgreSQL', () => {
  it('write a chain each, of sign-ins at both at once', async () => {
    const url = await server.database();
    const both = [await node(url, 'a', { node: {} }), await node(url, 'b', { node: {} })] as const;
    const people = Array.from({ length: 20 }, (_, index) => `person${index}`);
    for (const person of people) await both[0].addUser(person);
    const signIns = Array.from({ length: 100 }, (_, index) =>
      signsIn(both[index % 2] as Gateway, people[index % people.length] as string),
    );
    expect(await Promise.all(signIns)).toEqual(Array(100).fill(true));
    for (const gateway of both) {
      await vi.waitFor(async () => {
        const ends = await verified(gateway);
        expect(Object.keys(ends)).toEqual(['a', 'b']);
        // At least what was proved, and what was completed.
        expect(Object.values(ends).every((end) => end >= 100)).toBe(true);
      });
      expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
    }
    expect(await both[0].command('audit verify', [], { node: 'b' })).not.toContainEqual(expect.stringMatching(/^a:/));
  });

  it('name the one whose chain is broken', async () => {
    const url = await server.database();
    const a = await node(url, 'a');
    await a.addUser('ada');
    await server.run(
      `insert into audit (id, node, sequence, at, event, detail, hash)
      values ('x', 'b', 1, 1, 'forged', '{}', 'ff')`,
      url,
    );
    await expect(verified(a)).rejects.toThrow(/^a: entries[\s\S]*^b: BROKEN at entry 1/m);
  });

  it('refuse one with a name that another has, and wait for one that was left behind', async () => {
    const url = await server.database();
    const a = await node(url, 'a');
    const refused = node(url, 'a');
    await expect(refused).rejects.toThrow(`there is a node a already: process ${process.pid} on `);
    await expect(refused).rejects.toThrow('Give each node a name of its own');
    expect(await ready(a)).toMatchObject({ status: 200 });
    await a.close();
    expect(await ready(await node(url, 'a'))).toMatchObject({ status: 200 });
  });

  it('close the chain of one that is gone, once, and let it go on where it comes back', async () => {
    const url = await server.database();
    const line = await cuttable(url);
    const [a, c] = [await node(url, 'a'), await node(url, 'c')];
    const b = await node(line.url, 'b');
    await b.addUser('ada');
    line.cut();
    const chain = async () =>
      (await server.run(`select event, detail from audit where node = 'b' order by sequence`, url)) as {
        event: string;
        detail: string;
      }[];
    await vi.waitFor(async () => expect((await chain()).at(-1)?.event).toBe('audit.signed'), { timeout: 20_000 });
    const closings = (await chain()).filter(({ event }) => event === 'node.closed');
    expect(closings).toHaveLength(1);
    expect(JSON.parse(closings[0]?.detail ?? '')).toMatchObject({
      by: expect.stringMatching(/^[ac]$/),
      pid: process.pid,
    });
    expect((await chain()).map(({ event }) => event)).toContain('user.added');
    const told = [a, c].flatMap(({ logs }) => logs.filter(({ message }) => /closed the audit chain/.test(message)));
    expect(told).toHaveLength(1);

    line.mend();
    await vi.waitFor(() => b.app.ready(), { timeout: 20_000, interval: 100 });
    await vi.waitFor(() => b.addUser('bob'), { timeout: 20_000 });
    expect((await chain()).at(-1)?.event).toBe('user.added');
    expect(Object.keys(await verified(a))).toEqual(expect.arrayContaining(['b']));
    expect((await chain()).filter(({ event }) => event === 'node.closed')).toHaveLength(1);
  });

  it('keep one that has lost its name from answering anything, until it has it again', async () => {
    const url = await server.database();
    const line = await cuttable(url);
    const lost = await node(line.url, 'b');
    await lost.addUser('ada');
    line.cut();
    const successor = await node(url, 'b');
    line.mend();
    await vi.waitFor(async () => expect((await ready(lost)).reason).toContain('the node b is another process by now'), {
      timeout: 20_000,
    });
    expect((await ready(lost)).status).toBe(503);
    const before = await verified(successor);
    await expect(lost.addUser('bob')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    // A sign-in with a password writes notes alone, which would wait.
    const page = await new Client().get(`${lost.url}/account`);
    expect([page.status, page.headers['retry-after']]).toEqual([503, '30']);
    const { status } = await new Client().post(`${lost.url}/token`, { grant_type: 'authorization_code' });
    expect(status).toBe(503);
    expect((await new Client().get(`${lost.url}/applications`)).status).toBe(200);
    expect(await verified(successor)).toEqual(before);
    expect(await signsIn(successor, 'ada')).toBe(true);
    const said = lost.logs.filter(({ message }) => message === 'another process has the name of this node');
    expect(said).toHaveLength(1);
    await successor.close();
    await vi.waitFor(async () => expect(await signsIn(lost, 'ada')).toBe(true), { timeout: 20_000, interval: 500 });
  });

  it('ask before they answer, where one was halted for longer than its name lasts', async () => {
    const url = await server.database();
    const line = await cuttable(url);
    const halted = await node(line.url, 'b');
    await halted.addUser('ada');
    line.cut();
    const successor = await node(url, 'b');
    line.mend();
    // It has not noticed yet, whenever it asks by itself.
    expect((await new Client().get(`${halted.url}/account`)).status).toBe(503);
    expect(await signsIn(successor, 'ada')).toBe(true);
  });
});

describe('a command beside nodes that run', () => {
  it('has a chain of its own, and gives its name back', async () => {
    const url = await server.database();
    const folder = temporaryFolder();
    const shared = { redis: inject('redisUrl'), prefix: 'nodes:' };
    const a = await node(url, 'a', { folder, ...shared });
    const b = await node(url, 'b', shared);
    // No socket is there: these nodes are on other machines.
    const config = join(folder, 'config.yaml');
    const { exitCode, err } = await sallyport(
      config,
      ['user', 'add', 'ada', '--name', 'Ada'],
      'a long password of hers',
    );
    expect([exitCode, err]).toEqual([0, '']);
    expect((await b.command('user list')).join('\n')).toContain('ada');
    expect(Object.keys(await verified(b))).toContain('a.cli');
    expect(
      (await server.run(`select id from records where namespace = 'nodes' order by id`, url)).map(({ id }) => id),
    ).toEqual(['a', 'b']);
    expect(await ready(a)).toMatchObject({ status: 200 });
    const two = ['one', 'two'].map((name) =>
      sallyport(config, ['user', 'add', name, '--name', name], 'a long password'),
    );
    expect((await Promise.all(two)).map((run) => run.err)).toEqual(['', '']);
    // A name that is free again is taken again.
    expect(Object.keys(await verified(b)).filter((name) => !['a', 'b', 'a.cli', 'a.cli2'].includes(name))).toEqual([]);
  });
});
