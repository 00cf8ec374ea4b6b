import { once } from 'node:events';
import { afterAll, expect, it } from 'vitest';
import { CODE } from '../../src/doors/radius/codec/numbers.ts';
import type { Packet } from '../../src/doors/radius/codec/packet.ts';
import { PASSWORD } from '../support/gateway.ts';
import { told } from '../support/radius.ts';
import { authority, counted, RadsecClient, rawSocket } from '../support/radsec.ts';
import { stage } from '../support/scene.ts';

const ca = await authority();
const server = await ca.issue('radius.example.org', { use: 'server' });
const vpn = await ca.issue('vpn.example.org');

const scene = stage(() => ({
  config: {
    doors: {
      oidc: {},
      radius: {
        listen: { port: 0, accountingPort: 0, radsecPort: 0 },
        radsec: { cert: server.cert, key: server.key, ca: ca.cert },
        rate: 100_000,
      },
    },
    applications: {
      vpn: { name: 'VPN', radius: { clients: ['127.0.0.1'], radsec: { names: ['vpn.example.org'] } } },
    },
    policy: { rules: [{ name: 'one', level: 'sfa' }] },
  },
}));

const port = (): number => scene.gateway.doorPorts.portOf('radius', 'radsec') ?? 0;
const opened: { close(): void }[] = [];
afterAll(() => {
  for (const one of opened) one.close();
});
async function connected(): Promise<RadsecClient> {
  const { cert, key } = vpn;
  const client = await RadsecClient.connect(port(), { cert, key, ca: ca.cert });
  opened.push(client);
  return client;
}

it('10,000 malformed packets over TLS crash nothing, and keep nobody from signing in', async () => {
  const someone = await scene.newcomer();
  for (let made = 0; made < 10_000; made += 50) {
    const client = await connected();
    const some = Array.from({ length: 50 }, (_, at) => {
      const packet = client.access(`nobody ${made + at}`, 'x');
      // Whole by its length, and wrong somewhere behind it.
      packet.writeUInt8(packet.readUInt8(20 + (at % 20)) ^ (1 + (at % 255)), 20 + (at % 20));
      return packet;
    });
    client.send(...some);
    await client.ended();
  }
  const own = await connected();
  const answer = (await own.ask(own.access(someone.username, PASSWORD))) as Packet;
  expect(answer.code, told(answer)).toBe(CODE.accessAccept);
  expect(scene.gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
});

it('connections that show nothing are so many of one address, and end in time, however they drip', async () => {
  const silent = await Promise.all(Array.from({ length: 40 }, () => rawSocket(port())));
  await expect.poll(() => silent.filter(({ destroyed }) => destroyed).length).toBe(8);
  await expect.poll(() => counted(scene.gateway, 'connections')).toBe(8);
  await Promise.all(silent.map((one) => one.destroyed || once(one, 'close', { signal: AbortSignal.timeout(14_000) })));
  const slow = await rawSocket(port());
  // Half a ClientHello, and then an octet now and then.
  slow.write(Buffer.of(22, 3, 1, 0, 200));
  const drip = setInterval(() => slow.write(Buffer.of(0)), 500);
  await once(slow, 'close', { signal: AbortSignal.timeout(14_000) });
  clearInterval(drip);
  const client = await connected();
  expect((await client.ask(client.status()))?.code).toBe(CODE.accessAccept);
});

it('a connection ends where a packet’s octets drip in', async () => {
  const client = await connected();
  const packet = client.access('nobody', 'x');
  let sent = 0;
  const drip = setInterval(() => client.send(packet.subarray(sent, ++sent)), 500);
  await client.ended();
  clearInterval(drip);
  expect(await counted(scene.gateway, 'slow')).toBe(1);
});
