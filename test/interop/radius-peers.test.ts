import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTES } from '../support/clock.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Freeradius, PROXY_SECRET, startFreeradius, startRadsecproxy } from '../support/freeradius.ts';
import { PASSWORD } from '../support/gateway.ts';
import { appHolder, numberHolder } from '../support/holders.ts';
import { newestCode, OUTBOX, outbox } from '../support/outbox.ts';
import { Pam } from '../support/pam.ts';
import { phones, startPushService, withPhones } from '../support/phones.ts';
import { freePort } from '../support/ports.ts';
import { entry, type Radclient, radclient, SECRET } from '../support/radius.ts';
import { authority } from '../support/radsec.ts';
import { stage } from '../support/scene.ts';

const service = await startPushService({ now: () => Date.now() });
const ca = await authority();
const server = await ca.issue('radius.example.org', { use: 'server' });
const [proxied, relayed] = [await ca.issue('proxy.example.org'), await ca.issue('relay.example.org')];
const eap = await ca.issue('eap.example.org', { use: 'server' });

/** Each of the peers has an address of its own on this machine. */
const FROM = { pam: '127.0.0.4', oneStep: '127.0.0.5', proxy: '127.0.0.6', wifi: '127.0.0.7' };
const client = (address: string, more: object = {}) => ({ clients: [address], secret: SECRET, ...more });
/** pam_radius 2.0.0 sends no Message-Authenticator. */
const BARE = { requireMessageAuthenticator: false };

const STAFF = [{ name: 'Filter-Id', value: 'staff' }];

const scene = stage(() => ({
  config: {
    ...OUTBOX,
    factors: { ...withPhones(service).factors, sms: OUTBOX.factors.sms },
    doors: {
      oidc: {},
      radius: {
        listen: { port: 0, accountingPort: 0, radsecPort: 0 },
        radsec: { cert: server.cert, key: server.key, ca: ca.cert },
      },
    },
    applications: {
      host: { name: 'Host', radius: client(FROM.pam, BARE) },
      'one-step': { name: 'One step', radius: client(FROM.oneStep, BARE) },
      proxy: { name: 'Proxy', radius: client(FROM.proxy) },
      wifi: {
        name: 'Wi-Fi',
        radius: client(FROM.wifi, { challenge: false, oneField: 'password,code', attributes: STAFF }),
      },
      tls: { name: 'Proxy over TLS', radius: { clients: ['127.0.0.1'], radsec: { names: ['proxy.example.org'] } } },
      relay: { name: 'Relay', radius: { clients: ['127.0.0.1'], radsec: { names: ['relay.example.org'] } } },
    },
    policy: {
      rules: [
        { name: 'one step', applications: ['one-step'], level: 'sfa' },
        { name: 'two steps', applications: ['host', 'proxy', 'wifi', 'tls', 'relay', 'courses'], level: 'mfa' },
      ],
    },
  },
}));
const { owner } = phones(scene, () => service);

const portOf = (name: string): number => scene.gateway.doorPorts.portOf('radius', name) ?? 0;
let proxy: Freeradius;
let relay: Awaited<ReturnType<typeof startRadsecproxy>>;
let relayPort: number;
beforeAll(async () => {
  relayPort = await freePort();
  const tls = { ...proxied, ca: ca.cert };
  [proxy, relay] = await Promise.all([
    startFreeradius({
      homes: [
        { name: 'wifi', port: portOf('access'), secret: SECRET, from: FROM.wifi },
        { name: 'udp', port: portOf('access'), secret: SECRET, from: FROM.proxy },
        { name: 'tls', port: portOf('radsec'), secret: 'radsec', tls },
      ],
      free: freePort,
      eap: { ...eap, ca: ca.cert },
    }),
    startRadsecproxy(relayPort, { port: portOf('radsec'), tls: { ...relayed, ca: ca.cert } }),
  ]);
});
afterAll(async () => {
  await Promise.all([proxy?.stop(), relay?.stop(), service.close()]);
});

describe('pam_radius', () => {
  const begin = (username: string, from = FROM.pam) =>
    Pam.begin(username, { port: portOf('access'), secret: SECRET, from });
  /** At the second step, and what it asks. */
  async function second(username: string): Promise<{ pam: Pam; asks: string }> {
    const pam = begin(username);
    expect(await pam.question()).toBe('Password: ');
    pam.answer(PASSWORD);
    return { pam, asks: await pam.question() };
  }

  it('signs in with a password, and not with a wrong one', async () => {
    const someone = await scene.newcomer();
    for (const [typed, signedIn] of [
      ['wrong', false],
      [PASSWORD, true],
    ] as const) {
      const pam = begin(someone.username, FROM.oneStep);
      await pam.question();
      pam.answer(typed);
      expect(await pam.end()).toMatchObject({ signedIn });
    }
  });

  it('shows a challenge, another one for a wrong code, and is in with the right one', async () => {
    const someone = await appHolder(scene);
    const { pam, asks } = await second(someone.username);
    expect(asks).toMatch(/^Please type the code \(Code app\): $/);
    pam.answer('000000');
    expect(await pam.question()).toMatch(/^Please try again \(2\)/);
    pam.answer(scene.nextCode(someone));
    expect(await pam.end()).toMatchObject({ signedIn: true });
  });

  it('has a text message sent once, whose code it takes', async () => {
    const { someone, number } = await numberHolder(scene);
    const before = (await outbox(scene.gateway, number)).length;
    const { pam, asks } = await second(someone.username);
    expect(asks).toMatch(/Text message/);
    expect(await outbox(scene.gateway, number)).toHaveLength(before + 1);
    pam.answer(await newestCode(scene.gateway, number));
    expect(await pam.end()).toMatchObject({ signedIn: true });
  });

  it('shows the number for the phone, and is in once that was typed there', async () => {
    const { someone, phone } = await owner();
    const { pam, asks } = await second(someone.username);
    const [, number = ''] = /^Please type (\d+) on your phone, then OK here: $/.exec(asks) ?? [];
    await phone.approve(number);
    pam.answer('OK');
    expect(await pam.end()).toMatchObject({ signedIn: true });
  });

  it('is told why it ended where the answer comes too late', async () => {
    const someone = await appHolder(scene);
    const { pam } = await second(someone.username);
    scene.clock.advance(6 * MINUTES);
    pam.answer(someone.codeAt());
    expect((await pam.end()).signedIn).toBe(false);
  });
});

describe.each([
  ['FreeRADIUS as a proxy over UDP', () => proxy.ports.udp],
  ['FreeRADIUS as a proxy over TLS', () => proxy.ports.tls],
  ['radsecproxy', () => relayPort],
])('%s', (_, port) => {
  const ask = (username: string, typed: string, more: Record<string, string> = {}): Promise<Radclient> =>
    radclient(port() ?? 0, entry(username, typed, more), { secret: PROXY_SECRET });
  const stateIn = ({ attributes, output }: Radclient) => {
    if (attributes.State === undefined) throw new Error(output);
    return { State: attributes.State };
  };

  it('carries a challenge and its answer, each once, and for its own person', async () => {
    const someone = await appHolder(scene);
    const first = await ask(someone.username, PASSWORD);
    expect(first.answer, first.output).toBe('Access-Challenge');
    const again = await ask(someone.username, '000000', stateIn(first));
    expect(again.attributes['Reply-Message']).toMatch(/^Please try again \(2\)/);
    const thief = await appHolder(scene);
    const stolen = await ask(thief.username, scene.nextCode(thief), stateIn(again));
    expect(stolen.answer).toBe('Access-Reject');
    const code = scene.nextCode(someone);
    const right = await ask(someone.username, code, stateIn(again));
    expect(right.answer, right.output).toBe('Access-Accept');
    const replayed = await ask(someone.username, scene.nextCode(someone), stateIn(again));
    expect(replayed.answer).toBe('Access-Reject');
  });

  it('carries a text message’s code, a wrong password, and an answer that comes too late', async () => {
    const { someone, number } = await numberHolder(scene);
    const wrong = await ask(someone.username, 'wrong');
    expect([wrong.answer, wrong.attributes['Reply-Message']]).toEqual([
      'Access-Reject',
      expect.stringMatching(/right/),
    ]);
    const late = await ask(someone.username, PASSWORD);
    scene.clock.advance(6 * MINUTES);
    const code = await newestCode(scene.gateway, number);
    expect((await ask(someone.username, code, stateIn(late))).answer).toBe('Access-Reject');
    const first = await ask(someone.username, PASSWORD);
    const right = await ask(someone.username, await newestCode(scene.gateway, number), stateIn(first));
    expect(right.answer, right.output).toBe('Access-Accept');
  });

  it('carries the number for a phone', async () => {
    const { someone, phone } = await owner();
    const first = await ask(someone.username, PASSWORD);
    const [, number = ''] = /type (\d+) on your phone/.exec(first.attributes['Reply-Message'] ?? '') ?? [];
    await phone.approve(number);
    const right = await ask(someone.username, 'OK', stateIn(first));
    expect(right.answer, right.output).toBe('Access-Accept');
  });
});

describe('eapol_test, a supplicant', () => {
  /** By EAP-TTLS, whose end is FreeRADIUS; whether the port was opened. */
  function supplicant(username: string, typed: string): Promise<{ opened: boolean; output: string }> {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'ca.pem'), ca.cert);
    const conf = join(folder, 'network');
    const lines = [
      ...['key_mgmt=WPA-EAP', 'eap=TTLS', 'phase2="auth=PAP"', 'anonymous_identity="anonymous"'],
      ...[`identity="${username}"`, `password="${typed}"`, `ca_cert="${join(folder, 'ca.pem')}"`],
    ];
    writeFileSync(conf, `network={\n${lines.join('\n')}\n}\n`);
    const words = ['-c', conf, '-a', '127.0.0.1', '-p', String(proxy.eapPort), '-s', PROXY_SECRET, '-t', '10'];
    return new Promise((resolve) => {
      execFile('eapol_test', words, { maxBuffer: 16 * 1024 * 1024 }, (error, output) =>
        resolve({ opened: error === null, output }),
      );
    });
  }

  it('is in with password and code in one field, inside of EAP-TTLS', async () => {
    const someone = await appHolder(scene);
    const { opened, output } = await supplicant(someone.username, `${PASSWORD},${scene.nextCode(someone)}`);
    expect(opened, output.slice(-3_000)).toBe(true);
    // The access point is told of the group.
    expect(output).toMatch(/Access-Accept\)[\s\S]*Attribute 11 \(.*\) length=7\n/);
  });

  it('is not with the password alone, nor with a wrong code', async () => {
    const someone = await appHolder(scene);
    expect((await supplicant(someone.username, PASSWORD)).opened).toBe(false);
    expect((await supplicant(someone.username, `${PASSWORD},000000`)).opened).toBe(false);
  });
});
