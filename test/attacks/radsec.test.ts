import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { CODE } from '../../src/doors/radius/codec/numbers.ts';
import type { Packet } from '../../src/doors/radius/codec/packet.ts';
import { PASSWORD } from '../support/gateway.ts';
import { told } from '../support/radius.ts';
import { authority, type Certified, counted, RadsecClient, rawSocket, refused } from '../support/radsec.ts';
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
      // Only at another address.
      far: { name: 'Far', radius: { clients: ['127.0.0.2'], radsec: { names: ['far.example.org'] } } },
      near: { name: 'Near', radius: { clients: ['127.0.0.1'], radsec: { names: ['near.example.org'] } } },
    },
    policy: { rules: [{ name: 'one', level: 'sfa' }] },
  },
}));

const port = (): number => scene.gateway.doorPorts.portOf('radius', 'radsec') ?? 0;
const opened: RadsecClient[] = [];
afterAll(() => {
  for (const one of opened) one.close();
});
async function connected(more: object = {}, { cert, key }: Certified = vpn): Promise<RadsecClient> {
  const client = await RadsecClient.connect(port(), { cert, key, ca: ca.cert, ...more });
  opened.push(client);
  return client;
}
describe('whoever isn’t known is refused and counted', () => {
  it.each<[string, string, () => Promise<object>]>([
    ['another authority’s certificate', 'certificate', async () => (await authority()).issue('vpn.example.org')],
    [
      'one that nobody signed',
      'certificate',
      async () => (await authority('vpn.example.org')).issue('vpn.example.org'),
    ],
    ['one that has expired', 'certificate', () => ca.issue('vpn.example.org', { days: -1 })],
    ['one for servers', 'certificate', () => ca.issue('vpn.example.org', { use: 'server' })],
    ['one of no client’s name', 'certificate', () => ca.issue('stranger.example.org')],
    ['a wildcard', 'certificate', () => ca.issue('*.example.org')],
    ['one of a client with another address', 'certificate', () => ca.issue('far.example.org')],
    ['none', 'certificate', async () => ({})],
    [
      'TLS 1.1',
      'tls',
      async () => ({ ...vpn, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }),
    ],
    [
      'a suite without authenticated encryption',
      'tls',
      async () => ({ ...vpn, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }),
    ],
  ])('%s', async (_, outcome, options) => {
    const before = await counted(scene.gateway, outcome);
    expect(await refused(port(), { ca: ca.cert, ...(await options()) })).toBe(true);
    await expect.poll(() => counted(scene.gateway, outcome)).toBe(before + 1);
    const known = await connected();
    expect((await known.ask(known.status()))?.code).toBe(CODE.accessAccept);
  });

  it('from an address that is nobody’s, before any TLS', async () => {
    const before = await counted(scene.gateway, 'unknown-client');
    const stranger = await rawSocket(port(), '127.0.0.9');
    await once(stranger, 'close');
    expect(await counted(scene.gateway, 'unknown-client')).toBe(before + 1);
  });

  it('says so in the log once a minute, with the fingerprint that could be pinned', () => {
    const lines = scene.gateway.logs.filter(({ fields }) => 'why' in fields && fields.why === 'certificate');
    expect(lines).toMatchObject([{ level: 'warn', fields: { from: '127.0.0.1', fingerprint: /^[0-9a-f]{64}$/ } }]);
  });
});

describe('octets that lie', () => {
  it.each([
    ['a length below the header’s', (packet: Buffer) => packet.writeUInt16BE(19, 2)],
    ['a length of nothing', (packet: Buffer) => packet.writeUInt16BE(0, 2)],
    ['a length above the longest', (packet: Buffer) => packet.writeUInt16BE(4_097, 2)],
    ['an attribute that runs over', (packet: Buffer) => packet.writeUInt8(255, 21)],
    ['an attribute of no octets', (packet: Buffer) => packet.writeUInt8(0, 21)],
    ['a Message-Authenticator that is wrong', (packet: Buffer) => packet.writeUInt8(packet.readUInt8(25) ^ 1, 25)],
  ])('end the connection: %s', async (_, lie) => {
    const client = await connected();
    const packet = client.status();
    lie(packet);
    client.send(packet, client.status());
    await client.ended();
    expect(await client.next()).toBeUndefined();
  });
});

describe('connections that are only held', () => {
  it('are so many of one client, whose others stay, and none of another’s', async () => {
    const near = await ca.issue('near.example.org');
    const held = await Promise.all(Array.from({ length: 64 }, () => connected({}, near)));
    expect(await refused(port(), { ...near, ca: ca.cert })).toBe(true);
    const [first] = held;
    expect((await first?.ask(first.status()))?.code).toBe(CODE.accessAccept);
    const own = await connected();
    expect((await own.ask(own.status()))?.code).toBe(CODE.accessAccept);
    for (const one of held) one.close();
  });
});

describe('a client that floods', () => {
  it('keeps nobody of another client from signing in, nor one that reads no answers', async () => {
    const someone = await scene.newcomer();
    const near = await ca.issue('near.example.org');
    const flooders = await Promise.all(Array.from({ length: 4 }, () => connected({}, near)));
    for (const flooder of flooders) flooder.socket.pause();
    let over = false;
    const flood = flooders.map(async (flooder) => {
      for (let sent = 0; sent < 3_000 && !over; sent += 1) {
        flooder.send(sent % 100 === 0 ? flooder.access(`nobody ${sent % 3}`, 'x') : flooder.status());
        if (sent % 50 === 0) await turn();
      }
    });
    const own = await connected();
    const answer = (await own.ask(own.access(someone.username, PASSWORD))) as Packet;
    over = true;
    expect(answer.code, told(answer)).toBe(CODE.accessAccept);
    await Promise.all(flood);
    for (const flooder of flooders) flooder.close();
  });
});
