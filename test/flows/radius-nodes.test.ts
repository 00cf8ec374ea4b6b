import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { computedRequest } from '../../src/doors/radius/codec/authenticity.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { type Attribute, integer, text } from '../../src/doors/radius/codec/packet.ts';
import { Client } from '../support/client.ts';
import { type Gateway, PASSWORD, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { Concentrator, radiusClient, SECRET, stateOf, told } from '../support/radius.ts';
import { PROXY, STATUS, sessionAttributes } from '../support/vpn.ts';

const [folder, other] = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'sallyport-radius-'))) as [string, string];
afterAll(() => {
  for (const one of [folder, other]) rmSync(one, { recursive: true });
});
let server: PostgresServer;
let [a, b]: Gateway[] = [];
let vpn: Concentrator;

const node = async (postgres: string, name: string, at: string): Promise<Gateway> =>
  startGateway({
    ...{ folder: at, postgres, redis: inject('redisUrl'), prefix: 'radius-nodes:' },
    config: {
      node: name,
      doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 } } },
      trustedProxies: [PROXY],
      applications: { vpn: { name: 'VPN', radius: radiusClient({ pool: ['10.8.0.0/24'] }) } },
      policy: { rules: [{ name: 'two steps', level: 'mfa', remember: '12h', connection: '12h' }] },
    },
  });

beforeAll(async () => {
  server = await startPostgres();
  const database = await server.database();
  a = await node(database, 'a', folder);
  b = await node(database, 'b', other);
  vpn = await Concentrator.at(portAt(a));
});
afterAll(async () => {
  vpn.close();
  await a?.close();
  await b?.close();
  await server.stop();
});

const portAt = (gateway: Gateway | undefined): number => gateway?.doorPorts.portOf('radius', 'access') ?? 0;

let people = 0;
async function somebody(): Promise<{ username: string; code(): string }> {
  if (a === undefined) throw new Error('no node runs');
  people += 1;
  const username = `person${people}`;
  await a.addUser(username);
  const person = new PersonAtBrowser(a);
  await person.enrol(await person.password(await person.begin('courses'), username));
  // Each code counts once, and the next one is taken already.
  return { username, code: () => person.codeAt(30_000) };
}

describe('two nodes', () => {
  it('go on with one another’s challenges, each State once', async () => {
    const { username, code } = await somebody();
    const challenge = await vpn.ask(vpn.access(username, PASSWORD));
    expect(challenge.code, told(challenge)).toBe(CODE.accessChallenge);
    const typed = code();
    const answer = await vpn.ask(vpn.access(username, typed, [stateOf(challenge)]), portAt(b));
    expect(answer.code, told(answer)).toBe(CODE.accessAccept);
    for (const gateway of [a, b]) {
      const again = await vpn.ask(vpn.access(username, typed, [stateOf(challenge)]), portAt(gateway));
      expect(again.code).toBe(CODE.accessReject);
    }
  });

  it('answer a retransmission by the same octets, whichever it reaches', async () => {
    const { username } = await somebody();
    const request = vpn.access(username, 'wrong');
    const first = await vpn.reply(request);
    expect(await vpn.reply(request, portAt(b))).toEqual(first);
    const challenge = vpn.access(username, PASSWORD);
    expect(await vpn.reply(challenge, portAt(b))).toEqual(await vpn.reply(challenge));
  });

  it('join what is under way at the other one', async () => {
    const { username, code } = await somebody();
    const here: Attribute[] = [text(TYPE.callingStationId, '203.0.113.90')];
    const first = await vpn.ask(vpn.access(username, PASSWORD, here));
    const second = await vpn.ask(vpn.access(username, PASSWORD, here), portAt(b));
    const dead = await vpn.ask(vpn.access(username, code(), [...here, stateOf(first)]));
    expect(dead.code).toBe(CODE.accessReject);
    const answer = await vpn.ask(vpn.access(username, code(), [...here, stateOf(second)]));
    expect(answer.code, told(answer)).toBe(CODE.accessAccept);
  });
});

describe('a second factor at the VPN', () => {
  it('counts at either node, whichever was told what, and no more once the other was told of its end', async () => {
    const { username, code } = await somebody();
    const challenge = await vpn.ask(vpn.access(username, PASSWORD, [text(TYPE.callingStationId, '203.0.113.91')]));
    const answer = [text(TYPE.callingStationId, '203.0.113.91'), stateOf(challenge)];
    expect((await vpn.ask(vpn.access(username, code(), answer))).code).toBe(CODE.accessAccept);
    const tell = async (status: number, identifier: number, gateway: Gateway | undefined) => {
      const its = { id: 'two', station: '203.0.113.91', framed: '10.8.0.77' };
      const more = [integer(TYPE.acctStatusType, status), ...sessionAttributes(username, its)];
      const octets = computedRequest(CODE.accountingRequest, identifier, more, SECRET);
      await vpn.ask(octets, gateway?.doorPorts.portOf('radius', 'accounting') ?? 0);
    };
    const asked = async (gateway: Gateway) => {
      const headers = { 'x-forwarded-for': '10.8.0.77' };
      const person = new PersonAtBrowser(gateway, new Client({ localAddress: PROXY, headers }));
      const page = await person.password(await person.begin('courses'), username);
      return page.body.includes('name="code"');
    };
    if (a === undefined || b === undefined) throw new Error('no nodes run');
    await tell(STATUS.start, 201, b);
    expect([await asked(a), await asked(b)]).toEqual([false, false]);
    await tell(STATUS.stop, 202, a);
    expect([await asked(a), await asked(b)]).toEqual([true, true]);
  });
});

describe('another reading of the configuration', () => {
  const file = join(folder, 'config.yaml');

  interface Written {
    doors: { radius: { listen: { port: number } } };
    applications: { vpn: { radius: { secret: string } } };
  }

  async function reloaded(change: (tree: Written) => void): Promise<readonly string[]> {
    const tree = JSON.parse(readFileSync(file, 'utf8')) as Written;
    change(tree);
    writeFileSync(file, JSON.stringify(tree));
    const outcome = await a?.app.host.run({ name: 'config reload', input: { args: [], options: {} } });
    return outcome?.lines ?? [];
  }

  it('leaves the port open, refuses to move it, and knows other clients from then on', async () => {
    await b?.close();
    b = undefined;
    const { username } = await somebody();
    const challenge = await vpn.ask(vpn.access(username, PASSWORD));
    const moved = await reloaded((tree) => {
      tree.doors.radius.listen.port = 1;
    });
    expect(moved.join('\n')).toMatch(/doors\.radius\.listen\.port.*takes new processes/);
    const secret = 'another-secret-0123456789-ABCDEF';
    const lines = await reloaded((tree) => {
      tree.doors.radius.listen.port = 0;
      tree.applications.vpn.radius.secret = secret;
    });
    expect(lines[0]).toBe('reloaded');
    expect(lines.join('\n')).not.toContain(secret);
    const renewed = await Concentrator.at(portAt(a), { secret });
    const answer = await renewed.ask(renewed.access(username, 'wrong', [stateOf(challenge)]));
    // What was begun before goes on.
    expect(answer.code, told(answer)).toBe(CODE.accessChallenge);
    renewed.close();
  });
});
