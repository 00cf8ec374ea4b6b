import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers, computedRequest, integrityOf } from '../../src/doors/radius/codec/authenticity.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { decode, integer, type Packet, text } from '../../src/doors/radius/codec/packet.ts';
import { TLS_SECRET } from '../../src/doors/radius/radsec.ts';
import { PASSWORD } from '../support/gateway.ts';
import { appHolder } from '../support/holders.ts';
import { Concentrator, SECRET, stateOf, told } from '../support/radius.ts';
import { authority, RadsecClient, refused } from '../support/radsec.ts';
import { stage } from '../support/scene.ts';

const ca = await authority();
const server = await ca.issue('radius.example.org', { use: 'server' });
const [vpn, hut] = [await ca.issue('vpn.example.org'), await ca.issue('hut', { bare: true })];
const pinned = await (await authority('Nobody’s')).issue('pinned');

const scene = stage(() => ({
  config: {
    doors: {
      oidc: {},
      radius: {
        listen: { port: 0, accountingPort: 0, radsecPort: 0 },
        radsec: { cert: server.cert, key: server.key, ca: ca.cert },
      },
    },
    applications: {
      vpn: { name: 'VPN', radius: { clients: ['127.0.0.1'], radsec: { names: ['vpn.example.org'] } } },
      hut: { name: 'Hut', radius: { clients: ['127.0.0.1'], radsec: { names: ['hut'] } } },
      pinned: {
        name: 'Pinned',
        radius: { clients: ['127.0.0.1'], secret: SECRET, radsec: { fingerprints: [pinned.fingerprint] } },
      },
    },
    policy: {
      rules: [
        { name: 'two steps', applications: ['vpn', 'courses'], level: 'mfa' },
        { name: 'one', applications: ['hut', 'pinned'], level: 'sfa' },
      ],
    },
  },
}));

const port = (): number => scene.gateway.doorPorts.portOf('radius', 'radsec') ?? 0;
const opened: RadsecClient[] = [];
async function connected(certified: { cert: string; key: string }, more: object = {}): Promise<RadsecClient> {
  const { cert, key } = certified;
  const client = await RadsecClient.connect(port(), { cert, key, ca: ca.cert, ...more });
  opened.push(client);
  return client;
}
let client: RadsecClient;
beforeAll(async () => {
  client = await connected(vpn);
});
afterAll(() => {
  for (const one of opened) one.close();
});

describe('a client over TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('signs people in by %s, with a challenge', async (version) => {
    const own = await connected(vpn, { minVersion: version, maxVersion: version });
    expect(own.socket.getProtocol()).toBe(version);
    const someone = await appHolder(scene);
    const challenge = (await own.ask(own.access(someone.username, PASSWORD))) as Packet;
    expect(challenge.code, told(challenge)).toBe(CODE.accessChallenge);
    const answer = (await own.ask(
      own.access(someone.username, scene.nextCode(someone), [stateOf(challenge)]),
    )) as Packet;
    expect(answer.code, told(answer)).toBe(CODE.accessAccept);
  });

  it('is answered with Message-Authenticator first, by the secret that all have', async () => {
    const request = client.access('nobody', 'wrong');
    const answer = (await client.ask(request)) as Packet;
    expect(answer.attributes[0]?.type).toBe(TYPE.messageAuthenticator);
    const asked = decode(request) as Packet;
    expect(integrityOf(answer, TLS_SECRET, asked.authenticator)).toBe('right');
    expect(answers(answer, asked, TLS_SECRET)).toBe(true);
  });

  it('is known by a name, by a common name where there is no other, or by the certificate itself', async () => {
    const someone = await appHolder(scene);
    for (const certified of [hut, pinned]) {
      const own = await connected(certified);
      const answer = (await own.ask(own.access(someone.username, PASSWORD))) as Packet;
      expect(answer.code, told(answer)).toBe(CODE.accessAccept);
    }
  });

  it('goes on by another connection, and by no other client’s', async () => {
    const someone = await appHolder(scene);
    const challenge = (await client.ask(client.access(someone.username, PASSWORD))) as Packet;
    const other = await connected(hut);
    const stolen = await other.ask(other.access(someone.username, scene.nextCode(someone), [stateOf(challenge)]));
    expect(stolen?.code).toBe(CODE.accessReject);
    const again = await connected(vpn);
    const right = await again.ask(again.access(someone.username, scene.nextCode(someone), [stateOf(challenge)]));
    expect(right?.code).toBe(CODE.accessAccept);
  });

  it('accounts by the same port, and asks whether anybody is there', async () => {
    const start = [integer(TYPE.acctStatusType, 1), text(TYPE.acctSessionId, 'a1'), text(TYPE.userName, 'nobody')];
    const accounted = await client.ask(computedRequest(CODE.accountingRequest, 200, start, TLS_SECRET));
    expect(accounted?.code).toBe(CODE.accountingResponse);
    expect((await client.ask(client.status()))?.code).toBe(CODE.accessAccept);
  });

  it('may come over UDP besides, where it has a secret, and not where it has none', async () => {
    const udp = await Concentrator.at(scene.gateway.doorPorts.portOf('radius', 'access') ?? 0);
    const someone = await scene.newcomer();
    expect((await udp.ask(udp.access(someone.username, PASSWORD))).code).toBe(CODE.accessAccept);
    udp.close();
    expect((await scene.gateway.command('radius test', ['vpn', 'nobody'], {}, 'x').catch(String)).toString()).toMatch(
      /Access-Reject/,
    );
  });
});

describe('packets of one connection', () => {
  it('are taken apart however they are joined or split', async () => {
    const packets = Array.from({ length: 12 }, () => client.status());
    client.send(Buffer.concat(packets));
    const heard = new Set<number | undefined>();
    for (const _ of packets) heard.add((await client.next())?.readUInt8(1));
    expect(heard).toEqual(new Set(packets.map((packet) => packet.readUInt8(1))));

    const split = client.status();
    for (const octet of split) {
      await new Promise<void>((resolve) => void client.socket.write(Buffer.of(octet), () => resolve()));
    }
    expect((await client.next())?.readUInt8(1)).toBe(split.readUInt8(1));
  });
});

it('tells when the certificate that the port shows ends', async () => {
  const metrics = await scene.gateway.app.metrics.json();
  const ends = metrics.find(({ name }) => name === 'sallyport_ends_in_seconds') as unknown as {
    values: { labels: object; value: number }[];
  };
  const [own] = ends.values.filter(({ labels }) => 'of' in labels && labels.of === 'radius radsec');
  expect(own?.value).toBeGreaterThan(23 * 3_600);
  expect(own?.value).toBeLessThan(25 * 3_600);
});

describe('another reading of the configuration', () => {
  it('shows another certificate from then on, and forgets whom it no longer names, connected or not', async () => {
    const before = await connected(hut);
    const fresh = await ca.issue('radius.example.org', { use: 'server' });
    const file = join(scene.data, '..', 'config.yaml');
    const tree = JSON.parse(readFileSync(file, 'utf8'));
    Object.assign(tree.doors.radius.radsec, { cert: fresh.cert, key: fresh.key });
    tree.applications.hut.radius.radsec.names = ['another'];
    writeFileSync(file, JSON.stringify(tree));
    const lines = await scene.gateway.command('config reload');
    expect(lines[0]).toBe('reloaded');
    expect(lines.join('\n')).not.toContain('PRIVATE KEY');
    expect((await client.ask(client.status()))?.code).toBe(CODE.accessAccept);
    const after = await connected(vpn);
    expect(after.socket.getPeerX509Certificate()?.fingerprint256).toBe(fresh.fingerprint);
    expect(await before.ask(before.status())).toBeUndefined();
    const { cert, key } = hut;
    expect(await refused(port(), { cert, key, ca: ca.cert })).toBe(true);
  });

  it('has those show themselves again whose authority is another one', async () => {
    const own = await connected(vpn);
    const other = await authority('Another');
    const file = join(scene.data, '..', 'config.yaml');
    const tree = JSON.parse(readFileSync(file, 'utf8'));
    tree.doors.radius.radsec.ca = other.cert;
    writeFileSync(file, JSON.stringify(tree));
    expect((await scene.gateway.command('config reload'))[0]).toBe('reloaded');
    await own.ended();
    const { cert, key } = vpn;
    expect(await refused(port(), { cert, key, ca: ca.cert })).toBe(true);
    const renewed = await connected(await other.issue('vpn.example.org'));
    expect((await renewed.ask(renewed.status()))?.code).toBe(CODE.accessAccept);
  });
});
