import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/boot/config.ts';
import { loadModules } from '../../src/boot/modules.ts';
import { reviewOf } from '../../src/boot/troubles.ts';
import { answers, integrityOf } from '../../src/doors/radius/codec/authenticity.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { decode, encode, type Packet, text, valueIn, valuesIn } from '../../src/doors/radius/codec/packet.ts';
import { temporaryFolder } from '../support/folders.ts';
import { PASSWORD } from '../support/gateway.ts';
import { appHolder } from '../support/holders.ts';
import { Concentrator, radiusClient, SECRET, stateOf, told } from '../support/radius.ts';
import { startFlood } from '../support/radius-flood.ts';
import { counted } from '../support/radsec.ts';
import { stage } from '../support/scene.ts';

/** Each client of these tests has an address of its own on this machine. */
const OTHER = '127.0.0.2';
const OPEN = '127.0.0.3';
const OPEN_TO_PROXIES = '127.0.0.4';
const FEW = '127.0.0.5';

const client = (address: string, more: object = {}) => ({ ...radiusClient(more), clients: [address] });

const scene = stage(() => ({
  config: {
    doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 } } },
    lockout: { perAddress: { failures: 8 } },
    applications: {
      vpn: { name: 'VPN', radius: client('127.0.0.1') },
      other: { name: 'Other', radius: client(OTHER) },
      open: { name: 'Open', radius: client(OPEN, { requireMessageAuthenticator: false }) },
      proxied: { name: 'P', radius: client(OPEN_TO_PROXIES, { limitProxyState: false }) },
      'one-field': {
        name: 'One field',
        radius: client(FEW, { challenge: false, oneField: 'password,code' }),
      },
    },
    policy: {
      rules: [
        { name: 'one password', applications: ['open', 'proxied'], level: 'sfa' },
        { name: 'two steps', applications: ['vpn', 'other', 'one-field', 'courses'], level: 'mfa' },
      ],
    },
  },
}));

const port = (): number => scene.gateway.doorPorts.portOf('radius', 'access') ?? 0;
const opened: Concentrator[] = [];
async function concentrator(from = '127.0.0.1', secret = SECRET): Promise<Concentrator> {
  const one = await Concentrator.at(port(), { from, secret });
  opened.push(one);
  return one;
}
afterAll(() => {
  for (const one of opened) one.close();
});
let vpn: Concentrator;
beforeAll(async () => {
  vpn = await concentrator();
});

/** At the code. */
async function atCode(at = vpn) {
  const someone = await appHolder(scene);
  const challenge = await at.ask(at.access(someone.username, PASSWORD));
  expect(challenge.code, told(challenge)).toBe(CODE.accessChallenge);
  return { someone, challenge, state: stateOf(challenge) };
}

describe('a reply', () => {
  it('begins with Message-Authenticator, whether it accepts, rejects or challenges, and is signed for its request', async () => {
    const someone = await appHolder(scene);
    const open = await concentrator(OPEN);
    const requests = [
      [open, open.access(someone.username, PASSWORD, [], { integrity: 'none' }), CODE.accessAccept],
      [vpn, vpn.access(someone.username, 'wrong'), CODE.accessReject],
      [vpn, vpn.access(someone.username, PASSWORD), CODE.accessChallenge],
    ] as const;
    for (const [at, request, code] of requests) {
      const octets = await at.reply(request);
      expect(octets.readUInt8(0)).toBe(code);
      expect([...octets.subarray(20, 22)]).toEqual([TYPE.messageAuthenticator, 18]);
      const [asked, answer] = [decode(request) as Packet, decode(octets) as Packet];
      expect(integrityOf(answer, SECRET, asked.authenticator)).toBe('right');
      expect(answers(answer, asked, SECRET)).toBe(true);
      expect(octets.length).toBeLessThanOrEqual(1_024);
    }
  });

  it('has the Proxy-States of its request, all and in their order, at its end', async () => {
    const proxies = ['one', 'two', 'one'].map((value) => text(TYPE.proxyState, value));
    const answer = await vpn.ask(vpn.access('nobody', 'wrong', proxies));
    expect(valuesIn(answer, TYPE.proxyState).map(String)).toEqual(['one', 'two', 'one']);
    expect(answer.attributes.slice(-3).every(({ type }) => type === TYPE.proxyState)).toBe(true);
  });

  it('has nothing in a Reject and a Challenge that they may not have (RFC 2865 section 5.44)', async () => {
    const { challenge } = await atCode();
    const reject = await vpn.ask(vpn.access('nobody', 'wrong'));
    expect(challenge.attributes.map(({ type }) => type)).toEqual([80, 18, 24, 27, 76]);
    expect(reject.attributes.map(({ type }) => type)).toEqual([80, 18]);
    expect(told(challenge)).toMatch(/^Please [ -~]{1,72}: $/);
  });
});

describe('what is dropped without a word', () => {
  it.each([
    ['a request without Message-Authenticator', () => vpn.access('nobody', 'x', [], { integrity: 'none' })],
    ['one with a wrong one', () => vpn.access('nobody', 'x', [], { integrity: 'wrong' })],
    ['one without a name', () => vpn.request([text(TYPE.state, 'x'), text(TYPE.nasIdentifier, 'gate')])],
    ['one without a password, or anything else to look at', () => vpn.request([text(1, 'n'), text(32, 'gate')])],
    ['one that doesn’t say who sends it', () => vpn.request([text(1, 'nobody'), text(24, 'x')])],
    ['an Accept', () => vpn.access('nobody', 'x', [], { code: CODE.accessAccept })],
    ['Accounting at this port', () => vpn.access('nobody', 'x', [], { code: CODE.accountingRequest })],
    ['a code that nobody knows', () => vpn.access('nobody', 'x', [], { code: 200 })],
    ['half a packet', () => vpn.access('nobody', 'x').subarray(0, 30)],
    ['nothing', () => Buffer.of()],
  ])('%s', async (_, make) => {
    expect(await vpn.answered(make())).toEqual([]);
  });

  it('a Status-Server that anybody could have written', async () => {
    const open = await concentrator(OPEN);
    const status = open.request([text(TYPE.nasIdentifier, 'gate')], { code: CODE.statusServer, integrity: 'none' });
    expect(await open.answered(status)).toEqual([]);
  });

  it('what is signed by another client’s secret', async () => {
    const forger = await concentrator('127.0.0.1', 'another-secret-0123456789');
    forger.send(forger.access('nobody', 'x'));
    forger.send(forger.request([text(TYPE.nasIdentifier, 'gate')], { code: CODE.statusServer }));
    // Both were looked at before what comes behind them from elsewhere.
    await vpn.answered();
    await expect(Promise.race([forger.next(), vpn.answered().then(() => 'nothing')])).resolves.toBe('nothing');
  });
});

describe('Blast-RADIUS (CVE-2024-3596)', () => {
  const proxy = text(TYPE.proxyState, 'x'.repeat(200));

  it('finds no request without Message-Authenticator answered that has Proxy-State', async () => {
    const open = await concentrator(OPEN);
    const someone = await scene.newcomer();
    expect(await open.answered(open.access(someone.username, PASSWORD, [proxy], { integrity: 'none' }))).toEqual([]);
    const accepted = await open.ask(open.access(someone.username, PASSWORD, [], { integrity: 'none' }));
    expect(accepted.code).toBe(CODE.accessAccept);
  });

  it('finds nothing answered without one where it is required, Proxy-State or not', async () => {
    const proxied = await concentrator(OPEN_TO_PROXIES);
    const bare = proxied.access('nobody', 'x', [], { integrity: 'none' });
    const filled = proxied.access('nobody', 'x', [proxy], { integrity: 'none' });
    expect(await proxied.answered(bare, filled)).toEqual([]);
    expect((await proxied.ask(proxied.access('nobody', 'x', [proxy]))).code).toBe(CODE.accessReject);
  });

  it('finds a request dropped whose Message-Authenticator was cut out, or that another attribute was put into', async () => {
    const octets = vpn.access('nobody', 'x');
    const { attributes, authenticator, identifier } = decode(octets) as Packet;
    const head = { code: CODE.accessRequest, identifier, authenticator };
    const [, ...without] = attributes;
    expect(await vpn.answered(encode(head, without), encode(head, [...attributes, proxy]))).toEqual([]);
    expect((await vpn.ask(octets)).code).toBe(CODE.accessReject);
  });
});

describe('State', () => {
  it('is 32 hexadecimal digits, another one each time', async () => {
    const [one, two] = [await atCode(), await atCode()];
    expect(one.state.value.toString()).toMatch(/^[0-9a-f]{32}$/);
    expect(one.state.value).not.toEqual(two.state.value);
  });

  it('is good for one answer, however many come at once', async () => {
    const { someone, state } = await atCode();
    const code = scene.nextCode(someone);
    const heard = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const one = await concentrator();
        return one.ask(one.access(someone.username, code, [state]));
      }),
    );
    const accepted = heard.filter(({ code: answer }) => answer === CODE.accessAccept);
    expect(accepted).toHaveLength(1);
    expect(heard.filter(({ code: answer }) => answer === CODE.accessReject)).toHaveLength(19);
    const later = await vpn.ask(vpn.access(someone.username, scene.nextCode(someone), [state]));
    expect(later.code).toBe(CODE.accessReject);
  });

  it('is no use to another person, nor at another client, and stays good for its own', async () => {
    const { someone, state } = await atCode();
    const thief = await appHolder(scene);
    const stolen = await vpn.ask(vpn.access(thief.username, scene.nextCode(thief), [state]));
    expect([stolen.code, told(stolen)]).toEqual([CODE.accessReject, expect.stringMatching(/begin again/)]);
    const other = await concentrator(OTHER);
    const code = scene.nextCode(someone);
    expect((await other.ask(other.access(someone.username, code, [state]))).code).toBe(CODE.accessReject);
    expect((await vpn.ask(vpn.access(someone.username, code, [state]))).code).toBe(CODE.accessAccept);
  });

  it('ends after five minutes', async () => {
    const { someone, state, challenge } = await atCode();
    expect(valueIn(challenge, TYPE.sessionTimeout)?.readUInt32BE()).toBe(300);
    scene.gateway.advance(301_000);
    expect((await vpn.ask(vpn.access(someone.username, scene.nextCode(someone), [state]))).code).toBe(
      CODE.accessReject,
    );
  });

  it.each(['', 'x', 'A'.repeat(32), '0'.repeat(32), `${'0'.repeat(31)}\u0000`])('is none of ours: %j', async (made) => {
    const answer = await vpn.ask(vpn.access('nobody', '123456', [text(TYPE.state, made)]));
    expect(answer.code).toBe(CODE.accessReject);
  });
});

describe('a packet that comes again', () => {
  it('is answered by the same octets, and is no second attempt', async () => {
    const someone = await scene.newcomer();
    const again = vpn.access(someone.username, 'wrong');
    const first = await vpn.reply(again);
    for (let time = 0; time < 12; time += 1) expect(await vpn.reply(again)).toEqual(first);
    const open = await concentrator(OPEN);
    const right = await open.ask(open.access(someone.username, PASSWORD));
    expect(right.code).toBe(CODE.accessAccept);
  });

  it('with the same identifier and another authenticator is another one', async () => {
    const one = vpn.access('nobody', 'x', [], { identifier: 7 });
    const another = vpn.access('nobody', 'x', [], { identifier: 7 });
    for (const request of [one, another]) {
      expect(answers(await vpn.ask(request), decode(request) as Packet, SECRET)).toBe(true);
    }
  });
});

describe('wrong answers', () => {
  it('count with those of other doors, and not for the concentrator’s address', async () => {
    const people = await Promise.all(Array.from({ length: 3 }, () => scene.newcomer()));
    const open = await concentrator(OPEN);
    for (const { username } of people) {
      for (let time = 0; time < 4; time += 1) await open.ask(open.access(username, `no ${time}`));
    }
    // 12 wrong ones from one address, where 8 are all that an address has: each of them still gets in.
    const [one, two] = people;
    expect((await open.ask(open.access(one?.username ?? '', PASSWORD))).code).toBe(CODE.accessAccept);
    for (let time = 4; time < 8; time += 1) await open.ask(open.access(two?.username ?? '', `no ${time}`));
    const locked = await open.ask(open.access(two?.username ?? '', PASSWORD));
    expect([locked.code, told(locked)]).toEqual([CODE.accessReject, expect.stringMatching(/minute/)]);
    const page = await scene.elsewhere(two as never).enter('library');
    expect(page.text).toMatch(/minute/);
  });

  it('of strangers on the web don’t lock whoever came the same way before, where nobody else can say so', async () => {
    const someone = await scene.newcomer();
    const proxied = await concentrator(OPEN_TO_PROXIES);
    const station = [text(TYPE.callingStationId, '203.0.113.77')];
    const at = (from: Concentrator, typed: string, more = station) =>
      from.ask(from.access(someone.username, typed, more));
    expect((await at(proxied, PASSWORD)).code).toBe(CODE.accessAccept);
    const open = await concentrator(OPEN);
    expect((await at(open, PASSWORD)).code).toBe(CODE.accessAccept);
    for (let time = 0; time < 8; time += 1) await at(open, `no ${time}`, []);
    expect((await at(open, PASSWORD)).code).toBe(CODE.accessReject);
    expect((await at(proxied, PASSWORD, [text(TYPE.callingStationId, '203.0.113.78')])).code).toBe(CODE.accessReject);
    expect((await at(proxied, PASSWORD)).code).toBe(CODE.accessAccept);
  });
});

describe('a client that sends the password again as the answer', () => {
  it('costs no attempt, is told to the operator, and ends', async () => {
    const { someone, state } = await atCode();
    let again = state;
    for (let time = 0; time < 9; time += 1) {
      const answer = await vpn.ask(vpn.access(someone.username, PASSWORD, [again]));
      expect([answer.code, told(answer)]).toEqual([CODE.accessReject, expect.stringMatching(/second step/)]);
      again = stateOf(await vpn.ask(vpn.access(someone.username, PASSWORD)));
    }
    const right = await vpn.ask(vpn.access(someone.username, scene.nextCode(someone), [again]));
    expect(right.code, told(right)).toBe(CODE.accessAccept);
    const lines = scene.gateway.logs.filter(({ message }) => /password came again/.test(message));
    expect(lines).toMatchObject([{ level: 'warn', fields: { application: 'vpn', why: 'repeats-password' } }]);
  });
});

describe('one field', () => {
  it('holds the password and, behind its last comma, the code', async () => {
    const someone = await appHolder(scene);
    const few = await concentrator(FEW);
    const alone = await few.ask(few.access(someone.username, PASSWORD));
    expect([alone.code, told(alone)]).toEqual([CODE.accessReject, expect.stringMatching(/comma/)]);
    const wrong = await few.ask(few.access(someone.username, `${PASSWORD},000000`));
    expect([wrong.code, told(wrong)]).toEqual([CODE.accessReject, expect.stringMatching(/code/)]);
    const right = await few.ask(few.access(someone.username, `${PASSWORD},${scene.nextCode(someone)}`));
    expect(right.code, told(right)).toBe(CODE.accessAccept);
  });

  it('holds both by OpenVPN’s static challenge', async () => {
    const someone = await appHolder(scene);
    const parts = [PASSWORD, scene.nextCode(someone)].map((part) => Buffer.from(part).toString('base64'));
    const answer = await vpn.ask(vpn.access(someone.username, `SCRV1:${parts.join(':')}`));
    expect(answer.code, told(answer)).toBe(CODE.accessAccept);
  });
});

describe('protocols that don’t carry the password', () => {
  it.each([
    ['EAP', { type: TYPE.eapMessage, value: Buffer.from('020000060161', 'hex') }, 'eap'],
    ['CHAP', { type: TYPE.chapPassword, value: Buffer.alloc(17, 1) }, 'chap'],
    ['MS-CHAP', { type: TYPE.vendorSpecific, value: Buffer.from('00000137190441', 'hex').fill(2, 6) }, 'ms-chap'],
  ])('are rejected, and the log names the client’s setting: %s', async (_, attribute, why) => {
    const answer = await vpn.ask(vpn.request([text(1, 'nobody'), text(32, 'gate'), attribute]));
    expect([answer.code, told(answer)]).toEqual([CODE.accessReject, 'This client must be set to PAP.']);
    const lines = scene.gateway.logs.filter(({ fields }) => 'why' in fields && fields.why === why);
    expect(lines).toMatchObject([{ level: 'warn', message: expect.stringMatching(/PAP/) }]);
  });
});

describe('what is said of clients', () => {
  const load = async (settings: object) => {
    const folder = temporaryFolder();
    const tree = JSON.parse(readFileSync(join(scene.data, '..', 'config.yaml'), 'utf8'));
    Object.assign(tree.applications, settings);
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(tree));
    const modules = await loadModules();
    const config = loadConfig(join(folder, 'config.yaml'), modules, {});
    return (await reviewOf(config, modules, Date.now())).map(({ application }) => application);
  };
  const named = (settings: object) => ({ more: { name: 'More', radius: client('127.0.0.9', settings) } });

  it('names those whose requests are taken without Message-Authenticator', async () => {
    expect(await load({})).toEqual(['open']);
  });

  it('is a fault where nothing protects an answer, and where an address is two clients’', async () => {
    const open = { requireMessageAuthenticator: false, limitProxyState: false };
    await expect(load(named(open))).rejects.toThrow(/applications\.more\.radius\.limitProxyState: must be true/);
    await expect(load({ more: { name: 'More', radius: client(OTHER) } })).rejects.toThrow(
      /applications\.more\.radius\.clients\[0\]: is other’s already/,
    );
    const many = { attributes: [{ name: 'Class', value: 'x'.repeat(254) }] };
    await expect(load(named(many))).rejects.toThrow(/more octets than an attribute holds, which are 253/);
    await expect(load(named({ secret: 'short' }))).rejects.toThrow(/16 to 64 printable characters/);
    const slip = { more: { name: 'More', radius: radiusClient({ clients: ['10.1.2.3/8'] }) } };
    await expect(load(slip)).rejects.toThrow(/without bits beyond its prefix/);
  });
});

describe('strangers', () => {
  it('sends as much as it likes under a client’s address, and keeps nobody there from signing in', async () => {
    const forger = await concentrator('127.0.0.1', 'another-secret-0123456789');
    const someone = await appHolder(scene);
    const before = await counted(scene.gateway, 'unauthentic');
    // More than the 500 that are looked at in a second of one client's own.
    for (let sent = 0; sent < 1_500; sent += 1) {
      forger.send(forger.access(someone.username, PASSWORD));
      if (sent % 50 === 49) await turn();
    }
    await expect.poll(() => counted(scene.gateway, 'unauthentic')).toBeGreaterThan(before + 1_000);
    const challenge = await vpn.ask(vpn.access(someone.username, PASSWORD));
    expect(challenge.code, told(challenge)).toBe(CODE.accessChallenge);
  });

  it('send 5,000 packets a second that nobody answers, and keep nobody from signing in', async () => {
    const someone = await scene.newcomer();
    const open = await concentrator(OPEN);
    const before = await counted(scene.gateway, 'unknown-client');
    // Right in all but where it comes from.
    const flood = await startFlood(port(), vpn.access(someone.username, PASSWORD));
    // Some came before the first sign-in and some after the last, so that each was in the midst of them.
    const more = async (than: number) =>
      expect.poll(() => counted(scene.gateway, 'unknown-client'), { timeout: 10_000 }).toBeGreaterThan(than);
    await more(before + 2_000);
    for (let time = 0; time < 5; time += 1) {
      const answer = await open.ask(open.access(someone.username, PASSWORD));
      expect(answer.code, told(answer)).toBe(CODE.accessAccept);
    }
    await more((await counted(scene.gateway, 'unknown-client')) + 2_000);
    const { sent, heard, seconds } = await flood.stop();
    expect(heard).toBe(0);
    expect(sent / seconds).toBeGreaterThan(4_500);
  });
});
