import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { computedRequest, integrityOf, isComputed, reply } from '../../src/doors/radius/codec/authenticity.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { type Attribute, decode, integer, type Packet, text, valueIn } from '../../src/doors/radius/codec/packet.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf } from '../support/holders.ts';
import { Concentrator, entry, radclient, radiusClient, SECRET } from '../support/radius.ts';
import { type Someone, stage } from '../support/scene.ts';

const DEAF = '127.0.0.2';
/** Where the concentrator listens for what ends a session. */
const dynamic = createSocket('udp4').bind(0, '127.0.0.1');
await once(dynamic, 'listening');
afterAll(() => dynamic.close());

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
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));

const portOf = (name: string): number => scene.gateway.doorPorts.portOf('radius', name) ?? 0;
let vpn: Concentrator;
let accounts: Concentrator;
beforeAll(async () => {
  vpn = await Concentrator.at(portOf('access'));
  accounts = await Concentrator.at(portOf('accounting'));
});
afterAll(() => {
  vpn.close();
  accounts.close();
});

const [START, STOP, INTERIM, ON] = [1, 2, 3, 7];
let identifier = 0;
function accounting(status: number, more: readonly Attribute[], secret = SECRET): Buffer {
  identifier = (identifier + 1) % 200;
  const own = [integer(TYPE.acctStatusType, status), text(TYPE.nasIdentifier, 'gate')];
  return computedRequest(CODE.accountingRequest, identifier, [...own, ...more], secret);
}
const session = (username: string, id: string, station = '203.0.113.40') => [
  text(TYPE.userName, username),
  text(TYPE.acctSessionId, id),
  text(TYPE.callingStationId, station),
  { type: TYPE.framedIpAddress, value: Buffer.from([10, 8, 0, 7]) },
];

async function accepted(at = vpn): Promise<Someone> {
  const someone = await scene.newcomer();
  expect((await at.ask(at.access(someone.username, PASSWORD))).code).toBe(CODE.accessAccept);
  return someone;
}

const page = async (someone: Someone) => {
  await someone.enter('library');
  return someone.client.open(`${scene.gateway.url}/account`);
};
const audited = (someone: Someone, event: string) =>
  vi.waitFor(async () => {
    const account = await accountOf(scene, someone);
    const row = scene.audit().findLast((it) => it.event === event && it.account === account);
    return row ? JSON.parse(row.detail) : Promise.reject(new Error(`no ${event}`));
  });

/** The next Disconnect-Request; answered with this code. */
async function disconnected(code: number, socket: Socket = dynamic): Promise<Packet> {
  const [octets, from] = (await once(socket, 'message')) as [Buffer, RemoteInfo];
  const request = decode(octets) as Packet;
  socket.send(reply(code, request, [], SECRET), from.port, from.address);
  return request;
}

describe('accounting', () => {
  it('is answered by its own code, and shows its person where they are connected', async () => {
    const someone = await accepted();
    expect((await page(someone)).text).not.toContain('Connected now');
    const started = await accounts.ask(accounting(START, session(someone.username, 'a1')));
    expect(started.code).toBe(CODE.accountingResponse);
    const shown = await page(someone);
    expect(shown.text).toMatch(/Connected now.*Campus VPN.*203\.0\.113\.40/s);
    expect(await audited(someone, 'connection.began')).toMatchObject({ door: 'radius', ip: '203.0.113.40' });
    await accounts.ask(accounting(INTERIM, session(someone.username, 'a1')));
    await accounts.ask(accounting(STOP, session(someone.username, 'a1')));
    expect((await page(someone)).text).not.toContain('Connected now');
    expect(await audited(someone, 'connection.ended')).toMatchObject({ reason: 'stopped' });
  });

  it('of a Start that was lost begins with what is heard next, as long ago as that says', async () => {
    const someone = await accepted();
    await accounts.ask(
      accounting(INTERIM, [...session(someone.username, 'lost'), integer(TYPE.acctSessionTime, 7_200)]),
    );
    const [, since = ''] = /id="connections".*?datetime="([^"]+)"/s.exec((await page(someone)).body) ?? [];
    expect(Math.round((scene.gateway.now() - Date.parse(since)) / 60_000)).toBe(120);
  });

  it('of a name that nobody was accepted under is answered, and kept for nobody', async () => {
    const someone = await scene.newcomer();
    const answer = await accounts.ask(accounting(START, session(someone.username, 'b1')));
    expect(answer.code).toBe(CODE.accountingResponse);
    expect((await page(someone)).text).not.toContain('Connected now');
  });

  it('that says that the concentrator started ends what it had', async () => {
    const someone = await accepted();
    await accounts.ask(accounting(START, session(someone.username, 'c1')));
    await accounts.ask(accounting(ON, []));
    expect((await page(someone)).text).not.toContain('Connected now');
    expect(await audited(someone, 'connection.ended')).toMatchObject({ reason: 'restarted' });
  });

  it('is dropped where the secret is another one, and at the other port', async () => {
    const forged = accounting(START, session('nobody', 'd1'), 'another-secret-0123456789');
    expect(await accounts.answered(forged)).toEqual([]);
    expect(await vpn.answered(accounting(START, session('nobody', 'd1')))).toEqual([]);
    expect(await accounts.answered(accounts.access('nobody', 'x'))).toEqual([]);
  });

  it('comes from radclient too', async () => {
    const someone = await scene.newcomer();
    await radclient(portOf('access'), entry(someone.username, PASSWORD));
    const { answer, output } = await radclient(
      portOf('accounting'),
      {
        'User-Name': JSON.stringify(someone.username),
        'Acct-Status-Type': 'Start',
        'Acct-Session-Id': '"r1"',
        'NAS-Identifier': '"gate"',
      },
      { command: 'acct' },
    );
    expect(answer, output).toBe('Accounting-Response');
    expect((await page(someone)).text).toContain('Connected now');
  });
});

describe('what ends everything of an account', () => {
  it('ends its sessions at the client, which is asked by what it called them', async () => {
    const someone = await accepted();
    await accounts.ask(accounting(START, session(someone.username, 'e1')));
    const asked = disconnected(CODE.disconnectAck);
    const account = await accountOf(scene, someone);
    const { unreached } = await scene.gateway.app.core.endAll(account);
    const request = await asked;
    expect([request.code, isComputed(request, SECRET), integrityOf(request, SECRET)]).toEqual([40, true, 'right']);
    expect(valueIn(request, TYPE.acctSessionId)?.toString()).toBe('e1');
    expect(valueIn(request, TYPE.nasIdentifier)?.toString()).toBe('gate');
    expect(unreached).toEqual([]);
    expect((await page(someone)).text).not.toContain('Connected now');
  });

  it('says what it couldn’t end: a client that refuses, and one that can’t be asked', async () => {
    const someone = await accepted();
    const deaf = await Concentrator.at(portOf('access'), { from: DEAF });
    await deaf.ask(deaf.access(someone.username, PASSWORD));
    const deafAccounts = await Concentrator.at(portOf('accounting'), { from: DEAF });
    await deafAccounts.ask(accounting(START, session(someone.username, 'f2')));
    await accounts.ask(accounting(START, session(someone.username, 'f1')));
    const asked = disconnected(CODE.disconnectNak);
    const { unreached } = await scene.gateway.app.core.endAll(await accountOf(scene, someone));
    await asked;
    expect(unreached.toSorted()).toEqual(['deaf', 'vpn']);
    await audited(someone, 'logout.unreached');
    expect((await page(someone)).text).toMatch(/Old VPN.*ends by itself/s);
    deaf.close();
    deafAccounts.close();
  });

  it('believes no answer that isn’t signed for its request', async () => {
    const someone = await accepted();
    await accounts.ask(accounting(START, session(someone.username, 'g1')));
    const ending = scene.gateway.app.core.endAll(await accountOf(scene, someone));
    const [octets, from] = (await once(dynamic, 'message')) as [Buffer, RemoteInfo];
    dynamic.send(reply(CODE.disconnectAck, decode(octets) as Packet, [], 'another'), from.port, from.address);
    expect((await ending).unreached).toEqual(['vpn']);
  });
});
