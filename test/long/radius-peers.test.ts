import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Freeradius, PROXY_SECRET, startFreeradius } from '../support/freeradius.ts';
import { type Gateway, PASSWORD, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { freePort } from '../support/ports.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { entry, radclient, radiusClient, SECRET } from '../support/radius.ts';
import { authority } from '../support/radsec.ts';

const ca = await authority();
const server = await ca.issue('radius.example.org', { use: 'server' });
const proxied = await ca.issue('proxy.example.org');
const eap = await ca.issue('eap.example.org', { use: 'server' });

const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'sallyport-radius-')));
let postgres: PostgresServer;
let nodes: Gateway[];
let proxy: Freeradius;

const node = (database: string, name: string, folder: string): Promise<Gateway> =>
  startGateway({
    ...{ folder, postgres: database, redis: inject('redisUrl'), prefix: 'radius-peers:' },
    config: {
      node: name,
      doors: {
        oidc: {},
        radius: {
          listen: { port: 0, accountingPort: 0, radsecPort: 0 },
          radsec: { cert: server.cert, key: server.key, ca: ca.cert },
        },
      },
      applications: {
        vpn: { name: 'VPN', radius: radiusClient() },
        tls: { name: 'TLS', radius: { clients: ['127.0.0.1'], radsec: { names: ['proxy.example.org'] } } },
      },
      policy: { rules: [{ name: 'two steps', level: 'mfa' }] },
    },
  });

beforeAll(async () => {
  postgres = await startPostgres();
  const database = await postgres.database();
  nodes = [];
  for (const [at, folder] of folders.entries()) nodes.push(await node(database, `node${at}`, folder));
  const [port = 0, spare = 0] = nodes.map(({ doorPorts }) => doorPorts.portOf('radius', 'access') ?? 0);
  const [tlsPort = 0, tlsSpare = 0] = nodes.map(({ doorPorts }) => doorPorts.portOf('radius', 'radsec') ?? 0);
  proxy = await startFreeradius({
    homes: [
      { name: 'udp', port, spare, secret: SECRET },
      { name: 'tls', port: tlsPort, spare: tlsSpare, secret: 'radsec', tls: { ...proxied, ca: ca.cert } },
    ],
    free: freePort,
    eap: { ...eap, ca: ca.cert },
  });
});
afterAll(async () => {
  await proxy?.stop();
  for (const gateway of nodes.toReversed()) await gateway.close();
  await postgres.stop();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

it('FreeRADIUS turns to another node, which goes on with what the first one began: over UDP and TLS', async () => {
  const [first] = nodes;
  if (first === undefined) throw new Error('no node runs');
  const begun: { username: string; port: number; State: string; code(): string }[] = [];
  for (const [name, port] of Object.entries(proxy.ports)) {
    await first.addUser(name);
    const person = new PersonAtBrowser(first);
    await person.enrol(await person.password(await person.begin('courses'), name));
    const challenge = await radclient(port, entry(name, PASSWORD), { secret: PROXY_SECRET });
    expect(challenge.answer, challenge.output).toBe('Access-Challenge');
    const { State = '' } = challenge.attributes;
    begun.push({ username: name, port, State, code: () => person.codeAt(30_000) });
  }
  await first.close();
  nodes = nodes.slice(1);
  for (const { username, port, State, code } of begun) {
    // Nobody answers until the proxy takes the first one for dead.
    let answer = await radclient(port, entry(username, code(), { State }), { secret: PROXY_SECRET });
    for (let again = 0; again < 5 && answer.answer === undefined; again += 1)
      answer = await radclient(port, entry(username, code(), { State }), { secret: PROXY_SECRET });
    expect(answer.answer, `${answer.output}\n${proxy.said().slice(-4_000)}`).toBe('Access-Accept');
  }
}, 120_000);
