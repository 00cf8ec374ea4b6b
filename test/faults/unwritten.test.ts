import { describe, expect, it } from 'vitest';
import { pressed, SECRET } from '../../src/factors/totp/tokens/testing/tokens.ts';
import { token } from '../../src/factors/totp/tokens/token.ts';
import type { Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf } from '../support/holders.ts';
import { visitAccount } from '../support/issued.ts';
import { choose, ELSEWHERE, NEW_PASSWORD, newestReport, thiefOf, toNewPassword } from '../support/not-me.ts';
import { type Someone, stage } from '../support/scene.ts';
import { unwritten } from '../support/unwritten.ts';

const scene = stage(() => ({ config: { factors: { password: {}, totp: {} } } }));
const at = (path: string) => `${scene.gateway.url}${path}`;

/** The last page before the one request that does it, and that request. */
type Step = () => Promise<Reply>;

async function reporting(): Promise<{ owner: Someone; send: Step }> {
  const owner = await scene.member();
  const thief = await thiefOf(scene, owner);
  const setup = await thief.client.open(at('/account/methods/add/totp'));
  await thief.answer(setup, { code: scene.elsewhere(owner).scan(setup).codeAt(), name: 'Their phone' });
  await visitAccount(scene, owner, '/account');
  const page = await owner.client.open(at(await newestReport(scene, owner, ELSEWHERE)));
  return { owner, send: () => owner.client.submit(page, {}, { action: '/not-me' }) };
}

/** What stands when it is refused, and the password by then: whoever did it comes back, and is led to a new one. */
const LEFT: Readonly<Record<string, string>> = {
  'hold.placed': PASSWORD,
  'credential.suspended': PASSWORD,
  'hold.released': NEW_PASSWORD,
};

/** Signs in anew, where a new password has to be chosen, and chooses it. */
async function comesBack(owner: Someone, password: string): Promise<Reply> {
  scene.clock.advance(2 * SECONDS);
  const page = await owner.password(await owner.client.open(at('/account')), owner.username, password);
  return choose(owner, await owner.code(page, scene.nextCode(owner)), 'seven moons over a violet ladder');
}

let serials = 0;

/** What is done, by the event that says so. */
const DOINGS: Readonly<Record<string, () => Promise<{ owner: Someone; send: Step }>>> = {
  async 'password.changed'() {
    const owner = await scene.member();
    const page = await visitAccount(scene, owner, '/account/password');
    return { owner, send: () => owner.answer(page, { current: PASSWORD, next: NEW_PASSWORD }) };
  },

  'report.made': reporting,
  'hold.placed': reporting,
  'credential.suspended': reporting,

  async 'hold.released'() {
    const { owner, send } = await reporting();
    await send();
    scene.clock.advance(2 * SECONDS);
    const page = await toNewPassword(scene, owner, await owner.client.open(at('/account?notice=after-report')));
    return { owner, send: () => choose(owner, page) };
  },

  async 'credential.renewed'() {
    const owner = await scene.newcomer();
    const held = { serial: '1000', type: 'hotp', secret: SECRET, algorithm: 'SHA1', digits: 6, next: 0 };
    const press = (number: number) => pressed(token.parse(held), number);
    // Whoever sets up an app is asked what shows the codes, once there are tokens.
    serials += 1;
    const serial = `1000${serials}`;
    await scene.gateway.command('tokens import', [], {}, `serial,secret,type,digits\n${serial},${SECRET},hotp,6\n`);
    await scene.gateway.command('tokens assign', [serial, owner.username]);
    await owner.remember(await owner.code(await owner.enter('courses'), press(0)), 'no');
    const add = await owner.client.open(at('/account/methods/add/totp'));
    const asked = await owner.answer(add, { choice: 'token' });
    return { owner, send: () => owner.answer(asked, { serial, first: press(50), code: press(51) }) };
  },
};

// Before there are tokens, which newcomers are asked about.
describe.each(Object.entries(LEFT))('%s, refused', (event, password) => {
  it('is in the audit once whoever did it was answered the next time', async () => {
    const { owner, send } = (await DOINGS[event]?.()) ?? expect.fail();
    const account = await accountOf(scene, owner);
    const rows = () => scene.audit().filter((row) => row.event === event && row.account === account);
    expect((await unwritten(scene, event, send)).status).toBe(503);
    expect(rows()).toEqual([]);
    expect((await comesBack(owner, password)).status).toBeLessThan(400);
    expect(rows()).toHaveLength(1);
  });
});

describe.each(Object.entries(DOINGS))('%s', (event, begin) => {
  const toldOf = (account: string) => scene.audit().filter((row) => row.event === event && row.account === account);

  it('is in the audit once that is answered', async () => {
    const { owner, send } = await begin();
    const account = await accountOf(scene, owner);
    expect((await send()).status).toBeLessThan(400);
    // Without waiting for anything that is written a moment later.
    expect(toldOf(account)).not.toEqual([]);
  });

  it('lets nobody be answered who did it before it is in the audit', async () => {
    const { owner, send } = await begin();
    const account = await accountOf(scene, owner);
    const before = toldOf(account);
    const answer = await unwritten(scene, event, send);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '30']);
    expect(toldOf(account)).toEqual(before);
    await scene.gateway.app.ready();
  });
});
