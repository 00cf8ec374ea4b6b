import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { CODE } from '../../src/doors/radius/codec/numbers.ts';
import { type Attribute, decode, type Packet } from '../../src/doors/radius/codec/packet.ts';
import { type Cluster, openCluster } from '../support/cluster/open.ts';
import { type Running, run, startWords } from '../support/cluster/process.ts';
import { PASSWORD, PersonAtBrowser } from '../support/gateway.ts';
import { addUser } from '../support/newcomer.ts';
import { freePort } from '../support/ports.ts';
import { Concentrator, radiusClient, stateOf, told } from '../support/radius.ts';
import { authority, RadsecClient } from '../support/radsec.ts';

/** Workers of one primary, whose UDP and TLS ports are one. */
const ca = await authority();
const server = await ca.issue('radius.example.org', { use: 'server' });
const vpn = await ca.issue('vpn.example.org');

let cluster: Cluster;
let primary: Running;
let ports: { port: number; accountingPort: number; radsecPort: number };
const logs: { line?: string }[] = [];
const node = () => cluster.node('w');

beforeAll(async () => {
  ports = { port: await freePort(), accountingPort: await freePort(), radsecPort: await freePort() };
  cluster = await openCluster({
    ...{ nodes: [{ name: 'w' }], stopped: true, redis: inject('redisUrl') },
    config: {
      doors: { oidc: {}, radius: { listen: ports, radsec: { cert: server.cert, key: server.key, ca: ca.cert } } },
      applications: { vpn: { name: 'VPN', radius: radiusClient({ radsec: { names: ['vpn.example.org'] } }) } },
      policy: { rules: [{ name: 'two steps', level: 'mfa' }] },
    },
  });
  primary = run([...startWords(), '--config', node().config, '--workers', '2'], {}, logs as never);
  await vi.waitFor(async () => expect((await fetch(`${node().management}/health/ready`)).status).toBe(200), {
    timeout: 60_000,
  });
}, 120_000);
afterAll(async () => {
  for (const client of opened) client.close();
  primary?.send('SIGKILL');
  await cluster?.close();
});

/** Of the workers, as the system knows them. */
const workers = (): number[] =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(primary.pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number);

let people = 0;
interface Person {
  username: string;
  code(): string;
}
async function somebody(): Promise<Person> {
  people += 1;
  const username = `person${people}`;
  await addUser(node().command, username);
  const person = new PersonAtBrowser(cluster);
  await person.enrol(await person.password(await person.begin('courses'), username));
  // Each code counts once, and the next one is taken already.
  return { username, code: () => person.codeAt(30_000) };
}

const opened: { close(): void }[] = [];

/** As a client over UDP asks: again after a while, by the same octets. */
async function overUdp(username: string, typed: string, more: readonly Attribute[] = []): Promise<Packet> {
  const socket = await Concentrator.at(ports.port);
  opened.push(socket);
  const octets = socket.access(username, typed, more);
  for (let time = 0; time < 4; time += 1) {
    socket.send(octets);
    const heard = await Promise.race([socket.next().catch(() => undefined), pause(3_000)]);
    if (heard) return decode(heard) as Packet;
  }
  throw new Error('nobody answers over UDP');
}

let connection: RadsecClient | undefined;
/** As a client over TLS asks: by the connection that it has, and by another one where that ends. */
async function overTls(username: string, typed: string, more: readonly Attribute[] = []): Promise<Packet> {
  for (let time = 0; time < 4; time += 1) {
    if (connection === undefined || connection.socket.destroyed) {
      connection = await RadsecClient.connect(ports.radsecPort, { ...vpn, ca: ca.cert });
      opened.push(connection);
    }
    const heard = await connection.ask(connection.access(username, typed, more));
    if (heard) return heard;
  }
  throw new Error('nobody answers over TLS');
}

const ways = { overUdp, overTls };
type Way = (typeof ways)[keyof typeof ways];

async function challenged(way: Way, { username }: Person): Promise<Attribute> {
  const challenge = await way(username, PASSWORD);
  expect(challenge.code, told(challenge)).toBe(CODE.accessChallenge);
  return stateOf(challenge);
}
async function accepted(way: Way, { username, code }: Person, state: Attribute): Promise<void> {
  const answer = await way(username, code(), [state]);
  expect(answer.code, told(answer)).toBe(CODE.accessAccept);
}

it('takes what is begun at one worker to its end at the other, over UDP', async () => {
  const someone = await somebody();
  const [one = 0, other = 0] = workers();
  const halted = async <T>(pid: number, work: () => Promise<T>): Promise<T> => {
    process.kill(pid, 'SIGSTOP');
    try {
      return await work();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  };
  const state = await halted(one, () => challenged(overUdp, someone));
  await halted(other, () => accepted(overUdp, someone, state));
});

it('shares connections among the workers, and what one of them began goes on at the other', async () => {
  const someone = await somebody();
  const clients = await Promise.all(
    Array.from({ length: 4 }, () => RadsecClient.connect(ports.radsecPort, { ...vpn, ca: ca.cert })),
  );
  opened.push(...clients);
  const ofClients: Way[] = clients.map((client) => async (username, typed, more) => {
    const heard = await client.ask(client.access(username, typed, more));
    if (heard === undefined) throw new Error('the connection ended');
    return heard;
  });
  const [first] = ofClients;
  if (first === undefined) throw new Error('no connection');
  const state = await challenged(first, someone);
  const [one = 0] = workers();
  process.kill(one, 'SIGKILL');
  await vi.waitFor(() => expect(clients.filter(({ socket }) => socket.destroyed)).toHaveLength(2), { timeout: 10_000 });
  const left = ofClients.find((_, at) => clients[at]?.socket.destroyed === false);
  if (left === undefined) throw new Error('no connection is left');
  await accepted(left, someone, state);
  await vi.waitFor(async () => expect(workers()).toHaveLength(2), { timeout: 60_000 });
  await vi.waitFor(async () => expect((await fetch(`${node().management}/health/ready`)).status).toBe(200), {
    timeout: 60_000,
  });
});

it('loses no conversation while all are replaced, over UDP and TLS', async () => {
  const before = workers();
  const begun = await Promise.all(
    Array.from({ length: 8 }, async (_, at) => {
      const [someone, way] = [await somebody(), at % 2 === 0 ? overUdp : overTls];
      return { someone, way, state: await challenged(way, someone) };
    }),
  );
  const tree = JSON.parse(readFileSync(node().config, 'utf8'));
  tree.secrets.previousSealingKeys = ['q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnify'];
  writeFileSync(node().config, JSON.stringify(tree));
  let over = false;
  const reloaded = node()
    .command('config reload')
    .finally(() => {
      over = true;
    });
  // Somebody types a wrong password all the while, by either way: all of it is answered.
  const asked = Object.values(ways).map(async (way, at) => {
    let answered = 0;
    for (; !over; answered += 1) {
      expect((await way(`nobody${at}`, 'wrong')).code).toBe(CODE.accessReject);
      await pause(50);
    }
    return answered;
  });
  const during = begun.slice(0, 4).map(async ({ someone, way, state }, at) => {
    await pause(at * 1_000);
    await accepted(way, someone, state);
  });
  await Promise.all(during);
  expect((await reloaded)[0]).toBe('every worker of this machine was replaced, one after the other');
  for (const answered of await Promise.all(asked)) expect(answered).toBeGreaterThan(5);
  expect(workers().some((pid) => before.includes(pid))).toBe(false);
  for (const { someone, way, state } of begun.slice(4)) await accepted(way, someone, state);
}, 120_000);
