import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reply } from '../../src/doors/radius/codec/authenticity.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { type Attribute, decode, integer, type Packet, valueIn } from '../../src/doors/radius/codec/packet.ts';
import { asksNewPassword, toNewPassword } from '../support/not-me.ts';
import { radiusClient, SECRET } from '../support/radius.ts';
import { type Someone, stage } from '../support/scene.ts';
import { STATUS, Vpn } from '../support/vpn.ts';

/** Where the concentrator listens for what ends a session. */
const dynamic = createSocket('udp4').bind(0, '127.0.0.1');
await once(dynamic, 'listening');
const DEAF = '127.0.0.2';

const scene = stage(() => ({
  config: {
    doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 } } },
    applications: {
      vpn: {
        name: 'Campus VPN',
        radius: radiusClient({ disconnect: { port: (dynamic.address() as AddressInfo).port } }),
      },
      deaf: { name: 'Old VPN', radius: { ...radiusClient(), clients: [DEAF] } },
    },
  },
}));

let [vpn, deaf]: Vpn[] = [];
beforeAll(async () => {
  vpn = await Vpn.of(scene);
  deaf = await Vpn.of(scene, DEAF);
});
afterAll(() => {
  for (const one of [vpn, deaf]) one?.close();
  dynamic.close();
});

/** The next Disconnect-Request; answered with this code. */
async function disconnected(code: number, attributes: readonly Attribute[] = []): Promise<Packet> {
  const [octets, from] = (await once(dynamic, 'message')) as [Buffer, RemoteInfo];
  const request = decode(octets) as Packet;
  dynamic.send(reply(code, request, attributes, SECRET), from.port, from.address);
  return request;
}

async function connected(id: string, at = vpn): Promise<Someone> {
  const someone = await scene.member();
  await at?.signIn(someone);
  await at?.tell(STATUS.start, someone.username, { id });
  return someone;
}
const account = (someone: Someone) => someone.client.open(`${scene.gateway.url}/account`);

/** "This wasn't me" beside the connection; the page that asks, and what it leads to. */
async function report(someone: Someone) {
  const [, path = ''] = /href="(\/account\/connections\/[\w-]+\/not-me)"/.exec((await account(someone)).body) ?? [];
  const page = await someone.client.open(`${scene.gateway.url}${path}`);
  const say = async () => someone.client.follow(await someone.client.submit(page, {}, { action: '/not-me' }));
  return { page, say };
}

describe('“This wasn’t me” beside a connection', () => {
  it('ends it at its client, and all else, and asks for a new password', async () => {
    const someone = await connected('a1');
    const { page, say } = await report(someone);
    expect(page.text).toMatch(/Campus VPN.*This connection is ended\./s);
    const asked = disconnected(CODE.disconnectAck);
    const reported = await say();
    expect(valueIn(await asked, TYPE.acctSessionId)?.toString()).toBe('a1');
    expect(reported.text).toMatch(/signed out everywhere/);
    expect(reported.text).not.toMatch(/connection goes on/);
    const again = await toNewPassword(scene, someone, await someone.begin('courses'));
    expect(asksNewPassword(again), again.text).toBe(true);
  });

  it('is nobody else’s to say', async () => {
    const owner = await connected('b1');
    const [, path = ''] = /href="(\/account\/connections\/[\w-]+\/not-me)"/.exec((await account(owner)).body) ?? [];
    const other = await scene.member();
    expect((await other.client.open(`${scene.gateway.url}${path}`)).status).toBe(404);
  });

  it('says that one goes on whose client refuses, and asks again once its accounting shows that', async () => {
    const someone = await connected('c1');
    const { say } = await report(someone);
    const refused = disconnected(CODE.disconnectNak);
    const reported = await say();
    await refused;
    expect(reported.text).toMatch(/A connection goes on: we couldn’t end it from here/);
    const again = disconnected(CODE.disconnectAck);
    await vpn?.tell(STATUS.interim, someone.username, { id: 'c1', lasted: 60 });
    expect(valueIn(await again, TYPE.acctSessionId)?.toString()).toBe('c1');
  });

  it('takes a client’s word that there is no such session any more', async () => {
    const someone = await connected('d1');
    const { say } = await report(someone);
    const gone = disconnected(CODE.disconnectNak, [integer(TYPE.errorCause, 503)]);
    expect((await say()).text).not.toMatch(/connection goes on/);
    await gone;
  });

  it('says before that a client can’t be asked', async () => {
    const someone = await connected('e1', deaf);
    const { page, say } = await report(someone);
    expect(page.text).toMatch(/Old VPN.*lasts until it ends by itself/s);
    expect((await say()).text).toMatch(/A connection goes on/);
  });

  it('ends one as well whose accounting begins after it', async () => {
    const someone = await connected('f1');
    await vpn?.signIn(someone);
    const { say } = await report(someone);
    const asked = disconnected(CODE.disconnectAck);
    await say();
    await asked;
    const late = disconnected(CODE.disconnectAck);
    await vpn?.tell(STATUS.start, someone.username, { id: 'f2' });
    expect(valueIn(await late, TYPE.acctSessionId)?.toString()).toBe('f2');
  });
});
