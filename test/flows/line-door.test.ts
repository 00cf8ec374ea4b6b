import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { Client } from '../support/client.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf, appHolder, keyHolder } from '../support/holders.ts';
import { codesOf } from '../support/issued.ts';
import { LineClient, lineDoor } from '../support/line-door.ts';
import { report } from '../support/not-me.ts';
import { phones, startPushService, withPhones } from '../support/phones.ts';
import { asksPassword, type Someone, stage } from '../support/scene.ts';

const service = await startPushService({ now: () => Date.now() });
afterAll(() => service.close());
const folder = mkdtempSync(join(tmpdir(), 'sallyport-line-'));
afterAll(() => rmSync(folder, { recursive: true }));
const socket = join(folder, 'door');
const door = lineDoor();

const application = (name: string) => ({ name, line: {} });
const scene = stage(() => ({
  doors: [door.module],
  config: {
    doors: { oidc: {}, line: { socket } },
    factors: { ...withPhones(service).factors, fido2: {}, tap: {} },
    strangers: { perAddress: 256 },
    applications: { vpn: application('VPN'), vault: application('Vault'), keys: application('Keys') },
    policy: {
      rules: [
        { name: 'library and vpn', applications: ['library', 'vpn'], level: 'sfa' },
        { name: 'courses', applications: ['courses', 'vault'], level: 'mfa', remember: '30d' },
        { name: 'keys', applications: ['keys'], level: 'phr' },
        { name: 'not from there', applications: ['vpn'], networks: ['elsewhere'], deny: true },
      ],
    },
    networks: { elsewhere: ['198.51.100.0/24'] },
  },
}));
const { owner } = phones(scene, () => service);

let addresses = 0;
/** An address of nobody else's. */
const address = () => {
  addresses += 1;
  return `203.0.113.${addresses}`;
};

const at = (applicationId: string, ip = address(), locale = 'en') => LineClient.at(socket, applicationId, ip, locale);

/** Somebody's password at a new line; it goes on from there. */
const entered = (applicationId: string, { username }: Pick<Someone, 'username'>, password = PASSWORD) =>
  at(applicationId).enter(username, password);

const sessionsOf = async (someone: Pick<Someone, 'username'>) =>
  scene.gateway.app.core.sessionsOf(await accountOf(scene, someone));

/** What the audit says of somebody's sign-ins; it arrives there a moment after. */
const audited = (someone: Pick<Someone, 'username'>, event: string) =>
  vi.waitFor(async () => {
    const account = await accountOf(scene, someone);
    const row = scene.audit().findLast((it) => it.event === event && it.account === account);
    return row ? { ...row, detail: JSON.parse(row.detail) } : Promise.reject(new Error('not there'));
  });

describe('a door of lines', () => {
  it('takes a password, and leaves no session', async () => {
    const someone = await scene.newcomer();
    const keeping = vi.spyOn(door.ports.ephemeral, 'addMember');
    const line = await entered('vpn', someone);
    expect(await line.rest()).toContain(`signed in: ${someone.username} sfa pwd`);
    expect(await sessionsOf(someone)).toEqual([]);
    // Nobody could ever be recognised by what is made for a browser.
    expect(keeping.mock.calls.filter(([key]) => key.startsWith('known-browser:'))).toEqual([]);
    expect(await audited(someone, 'sign-in.completed')).toMatchObject({
      application: 'vpn',
      detail: { door: 'line', factors: ['password'], reference: expect.stringMatching(/^\w{10}$/) },
    });
  });

  it('takes a code after it, and each code once', async () => {
    const someone = await appHolder(scene);
    const line = await entered('vault', someone);
    await line.until('?\n');
    const code = scene.nextCode(someone);
    expect(await line.say(code).rest()).toMatch(/signed in: \w+ mfa mfa\+otp\+pwd/);
    const again = await entered('vault', someone);
    await again.until('?\n');
    expect(await again.say(code).until('?\n')).toContain('! ');
    expect(await again.say(scene.nextCode(someone)).rest()).toContain('signed in: ');
  });

  it('speaks the language that it is asked to, in the factor’s own words', async () => {
    const line = at('vpn', address(), 'zh-Hant');
    expect(await line.until('?\n')).toMatch(/\p{Script=Han}/u);
  });

  it('shows a number, and goes on by itself when the phone approves', async () => {
    const { someone, phone } = await owner();
    const line = await entered('vault', someone);
    const [, number = ''] = /number: (\d+)/.exec(await line.until(/number: \d+\n/)) ?? [];
    expect((await phone.approve(number)).status).toBe(200);
    expect(await line.rest()).toMatch(/signed in: \w+ mfa mfa\+pop\+pwd/);
  });

  it('asks anew where a request was cancelled', async () => {
    const { someone, phone } = await owner();
    const line = await entered('vault', someone);
    await line.until(/number: \d+\n/);
    const { id } = await phone.request();
    await phone.answer(id, 'cancel');
    expect(await line.until('again?\n')).not.toContain('signed in');
    scene.clock.advance(2 * MINUTES);
    const [, number = ''] = /number: (\d+)/.exec(await line.say('yes').until(/number: \d+\n/)) ?? [];
    await phone.approve(number);
    expect(await line.rest()).toContain('signed in: ');
  });

  it('lets people choose another method', async () => {
    const someone = await appHolder(scene);
    const [pass = ''] = codesOf((await scene.gateway.command('tap issue', [someone.username])).join('\n'));
    const line = await entered('vault', someone);
    await line.until('?\n');
    // The pass was made last.
    expect(await line.say('other').until('which?\n')).toBe('- totp: Code app\nwhich?\n');
    await line.say('totp').until('?\n');
    expect(await line.say('other').until('which?\n')).toContain('- tap: ');
    expect(await line.say('nothing').until('?\n')).toContain('! ');
    await line.say('other').until('which?\n');
    await line.say('tap').until('?\n');
    expect(await line.say(pass).rest()).toMatch(/signed in: .* for a while/);
  });

  it('lets people turn from a phone that they don’t have at hand', async () => {
    const { someone } = await owner();
    const [pass = ''] = codesOf((await scene.gateway.command('tap issue', [someone.username])).join('\n'));
    const line = await entered('vault', someone);
    await line.until('?\n');
    await line.say('other').until('which?\n');
    await line.say('push').until(/number: \d+\n/);
    expect(await line.say('other').until('which?\n')).toContain('- tap: ');
    await line.say('tap').until('?\n');
    expect(await line.say(pass).rest()).toContain('signed in: ');
  });

  it('counts for an address until somebody has shown who they are', async () => {
    const someone = await appHolder(scene);
    const released = vi.spyOn(door.ports.ephemeral, 'release');
    const line = await entered('vault', someone);
    await line.until('?\n');
    const kinds = released.mock.calls.flat().map((key) => key.split(':')[0]);
    released.mockRestore();
    expect(new Set(kinds)).toEqual(new Set(['sign-in', 'journey']));
  });

  it('counts what is wrong with the other doors: the eighth locks all of them', async () => {
    const someone = await scene.newcomer();
    for (let wrong = 1; wrong <= 8; wrong += 1) {
      const line = await entered('vpn', someone, `wrong ${wrong}`);
      expect(await line.until('! ')).not.toContain('signed in');
    }
    const line = await entered('vpn', someone);
    expect(await line.until(/! .*\n/)).toMatch(/minute/);
    const page = await scene.elsewhere(someone, new Client()).enter('library');
    expect(asksPassword(page)).toBe(true);
    expect(page.text).toMatch(/minute/);
    scene.clock.advance(31 * MINUTES);
    expect(await (await entered('vpn', someone)).rest()).toContain('signed in: ');
  });

  it('is locked by what was wrong elsewhere', async () => {
    const someone = await scene.newcomer();
    const stranger = scene.elsewhere(someone, new Client());
    let page = await stranger.begin('library');
    for (let wrong = 1; wrong <= 8; wrong += 1) page = await stranger.password(page, someone.username, `no ${wrong}`);
    expect(await (await entered('vpn', someone)).until(/! .*\n/)).toMatch(/minute/);
  });

  it('goes by each application’s own rules, and by the network', async () => {
    const someone = await appHolder(scene);
    expect(await (await entered('vpn', someone)).rest()).toContain('signed in: ');
    expect(await (await entered('vault', someone)).until('?\n')).not.toContain('signed in');
    const line = at('vpn', '198.51.100.7');
    expect(await line.rest()).toContain('refused: The rules of this application');
  });

  it('begins nothing for an application of another door', async () => {
    expect(await at('library').rest()).toContain('error: ERR_NOT_FOUND');
    expect(await at('nothing').rest()).toContain('error: ERR_NOT_FOUND');
  });

  it('lets an address begin so much', async () => {
    const ip = address();
    const begun = await Promise.all(Array.from({ length: 250 }, async () => at('vpn', ip).until('\n')));
    const refused = begun.filter((told) => told.includes('ERR_TOO_MANY'));
    expect(refused.length).toBeGreaterThan(10);
    expect(refused.length).toBeLessThan(240);
    expect(await (await entered('vpn', await scene.newcomer())).rest()).toContain('signed in: ');
  });
});

describe('what a door can’t present', () => {
  it('isn’t offered there: a passkey', async () => {
    const { someone } = await keyHolder(scene);
    const line = await entered('keys', someone);
    expect(await line.rest()).toContain('refused: This needs a method that can’t be used here. See at http');
    expect(await (await entered('vault', someone)).rest()).toContain('refused: This needs a method');
    expect(await audited(someone, 'sign-in.denied')).toMatchObject({ detail: { reason: 'elsewhere.method' } });
  });

  it('isn’t asked for beside the password, and can’t be reached by whoever has one', async () => {
    const { someone } = await keyHolder(scene);
    const client = new Client();
    const ask = async (more: Record<string, string>) => {
      const first = await step(client, 'begin', { application: 'vpn', ip: address(), acr: 'phr', ...more });
      expect(first).toMatchObject({ factor: 'password', also: [] });
      const { id, nonce } = first;
      return step(client, 'answer', { id, nonce, ip: '203.0.113.250', username: someone.username, password: PASSWORD });
    };
    // A class that is only preferred is passed over where it is out of reach.
    expect(await ask({})).toMatchObject({ kind: 'done', level: 'sfa' });
    expect(await ask({ essential: 'yes' })).toMatchObject({
      kind: 'refused',
      refusal: 'unmet_authentication_requirements',
    });
  });

  it('is set up elsewhere: a newcomer is told where', async () => {
    const someone = await scene.newcomer();
    const line = await entered('vault', someone);
    expect(await line.rest()).toContain(
      `refused: This needs a second step, and you haven’t set one up. Set it up at ${scene.gateway.url}/enrol,`,
    );
    const { rooms } = scene.gateway.app;
    expect(await rooms.credentials.ofAccount(await accountOf(scene, someone))).toEqual([]);
  });

  it('is changed elsewhere: whoever has to change the password is told where, once they have shown who they are', async () => {
    const someone = await appHolder(scene);
    await report(scene, someone);
    const line = await entered('vpn', someone);
    await line.until('?\n');
    const told = await line.say(scene.nextCode(someone)).rest();
    expect(told).toContain('refused: Your password must be changed first');
    expect(told).toContain(`${scene.gateway.url}/account`);
  });
});

describe('remembered devices', () => {
  it('aren’t made or used where there is no browser', async () => {
    const someone = await appHolder(scene, { remember: 'yes' });
    const { devices } = scene.gateway.app.rooms;
    const before = await devices.list(await accountOf(scene, someone));
    expect(before).toHaveLength(1);
    const line = await entered('vault', someone);
    await line.until('?\n');
    expect(await line.say(scene.nextCode(someone)).rest()).toContain('signed in: ');
    expect(await devices.list(await accountOf(scene, someone))).toEqual(before);
  });
});

type Json = Record<string, unknown> & { id: string; nonce: string; kind: string };

/** One step over HTTP, of a caller by `ip` or of the browser. */
async function step(client: Client, what: 'begin' | 'answer' | 'look', fields: Record<string, string>): Promise<Json> {
  return (await client.post(`${scene.gateway.url}/line/${what}`, fields)).json() as Json;
}

/** At the code, by a caller from an address. */
async function atCode(someone: Someone, ip = address()) {
  const client = new Client();
  const { id, nonce } = await step(client, 'begin', { application: 'vault', ip });
  const second = await step(client, 'answer', { id, nonce, ip, username: someone.username, password: PASSWORD });
  return { client, ip, first: nonce, second, id };
}

describe('the end', () => {
  it('is given out once of 100 right answers', async () => {
    const someone = await appHolder(scene);
    const { client, ip, id, second } = await atCode(someone);
    const code = scene.nextCode(someone);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => step(client, 'answer', { id, nonce: second.nonce, ip, code })),
    );
    expect(answers.filter(({ kind }) => kind === 'done')).toHaveLength(1);
    expect(await step(client, 'answer', { id, nonce: second.nonce, ip, code })).toEqual({
      code: 'ERR_SIGN_IN_EXPIRED',
    });
    expect(await step(client, 'look', { id, ip })).toEqual({ code: 'ERR_SIGN_IN_EXPIRED' });
  });

  it('says who it is and what that rests on', async () => {
    const someone = await appHolder(scene, { groups: 'staff' });
    const { client, ip, id, second } = await atCode(someone);
    const done = await step(client, 'answer', { id, nonce: second.nonce, ip, code: scene.nextCode(someone) });
    expect(done).toMatchObject({
      account: { username: someone.username, groups: ['staff'] },
      level: 'mfa',
      acr: 'https://refeds.org/profile/mfa',
      amr: ['mfa', 'otp', 'pwd'],
      authTime: expect.any(Number),
      proofs: [{ factor: 'password' }, { factor: 'totp' }],
    });
    expect(await sessionsOf(someone)).toHaveLength(1);
  });

  it('isn’t reached by an answer to an earlier step', async () => {
    const someone = await appHolder(scene);
    const { client, ip, id, first, second } = await atCode(someone);
    const code = scene.nextCode(someone);
    const replayed = await step(client, 'answer', { id, nonce: first, ip, code, username: 'x', password: PASSWORD });
    expect(replayed).toMatchObject({ kind: 'prompt', nonce: second.nonce });
    expect(replayed.error).toBeUndefined();
  });

  it('isn’t reached by whose account was disabled between question and answer', async () => {
    const someone = await appHolder(scene);
    const { client, ip, id, second } = await atCode(someone);
    await scene.gateway.command('user disable', [someone.username]);
    const after = await step(client, 'answer', { id, nonce: second.nonce, ip, code: scene.nextCode(someone) });
    expect(after.kind).not.toBe('done');
  });

  it('is asked once more as things stand when it is given out', async () => {
    const someone = await appHolder(scene);
    const { client, ip, id, second } = await atCode(someone);
    const { ephemeral } = door.ports;
    // All was right, and the door heard nothing of it.
    const away = vi.spyOn(ephemeral, 'take').mockRejectedValue(new Error('the store went away'));
    const code = scene.nextCode(someone);
    const lost = await client.post(`${scene.gateway.url}/line/answer`, { id, nonce: second.nonce, ip, code });
    expect(lost.status).toBe(500);
    away.mockRestore();
    const account = await accountOf(scene, someone);
    const { credentials, methods } = scene.gateway.app.rooms;
    for (const method of await credentials.ofAccount(account)) await methods.remove(account, method.id);
    expect(await step(client, 'look', { id, ip })).toMatchObject({ kind: 'refused', refusal: 'login_required' });
    expect(await audited(someone, 'sign-in.denied')).toMatchObject({ detail: { reason: 'elsewhere.changed' } });
  });

  it('waits for half an hour, from one answer to the next', async () => {
    const someone = await appHolder(scene);
    const { client, ip, id } = await atCode(someone);
    scene.clock.advance(29 * MINUTES);
    const { nonce } = await step(client, 'look', { id, ip });
    const wrong = await step(client, 'answer', { id, nonce, ip, code: '000000' });
    expect(wrong).toMatchObject({ kind: 'prompt', error: { factor: 'totp' } });
    scene.clock.advance(29 * MINUTES);
    expect(await step(client, 'look', { id, ip })).toMatchObject({ kind: 'prompt' });
    scene.clock.advance(31 * MINUTES);
    expect(await step(client, 'look', { id, ip })).toEqual({ code: 'ERR_SIGN_IN_EXPIRED' });
  });
});

describe('a door with a browser, and without a session', () => {
  const enter = async (client: Client, someone: Someone, applicationId: string) => {
    const { id, nonce } = await step(client, 'begin', { application: applicationId });
    return step(client, 'answer', { id, nonce, username: someone.username, password: PASSWORD });
  };

  it('takes what the browser remembers, and nothing of its session', async () => {
    const someone = await appHolder(scene, { remember: 'yes' });
    const sessions = await sessionsOf(someone);
    expect(await enter(someone.client, someone, 'vault')).toMatchObject({ kind: 'done', level: 'mfa' });
    expect(await sessionsOf(someone)).toEqual(sessions);
    // The password is asked for, whoever is signed in.
    expect(await step(someone.client, 'begin', { application: 'vpn' })).toMatchObject({ kind: 'prompt' });
    expect(await enter(new Client(), someone, 'vault')).toMatchObject({ kind: 'prompt', factor: 'totp' });
  });

  it('leaves the owner’s browser its own attempts', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    for (let wrong = 1; wrong <= 8; wrong += 1) await (await entered('vpn', someone, 'no')).until('! ');
    expect(await enter(new Client(), someone, 'vpn')).toMatchObject({ kind: 'prompt', error: { key: 'locked' } });
    expect(await enter(someone.client, someone, 'vpn')).toMatchObject({ kind: 'done' });
    scene.clock.advance(SECONDS);
  });
});
