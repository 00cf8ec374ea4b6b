import { describe, expect, it } from 'vitest';
import { HOURS, MINUTES, SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf } from '../support/holders.ts';
import { asksPass, codesOf, issueTo, passFor, visitAccount } from '../support/issued.ts';
import {
  asksCode,
  asksPassword,
  asksToEnrol,
  asksToRemember,
  type Someone,
  STORES,
  stage,
  usually,
} from '../support/scene.ts';

const factors = { password: {}, totp: {}, tap: {}, recovery: {} };
const CHANGES = ['/account/methods/issue/tap', '/account/methods/issue/recovery', '/account/devices/renew'];

describe.each(usually(STORES))('a Temporary Access Pass, on the %s store', (_name, options) => {
  const scene = stage(() => ({ ...options(), config: { factors } }));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  /** Somebody who lost their authenticator, at a new browser. */
  async function bereft() {
    const someone = await scene.member();
    return scene.elsewhere(someone);
  }

  /** Signed in to Courses with the password and a pass. */
  async function lent(command: Record<string, string> = {}, someone?: Someone) {
    const person = someone ?? (await bereft());
    const pass = await passFor(scene, person, command);
    const page = await person.enter('courses');
    expect(asksPass(page)).toBe(true);
    return { person, pass, back: await person.code(page, pass) };
  }

  it('signs in beside the password, and the device isn’t remembered', async () => {
    const { person, back } = await lent();
    expect(back.url.pathname).toBe('/courses');
    expect(await person.claims('courses')).toMatchObject({
      claims: { acr: 'https://refeds.org/profile/mfa', amr: ['mfa', 'otp', 'pwd'] },
    });
    expect(person.client.jar.all().find(({ name }) => name.startsWith('sallyport_device'))).toBeUndefined();
  });

  it('is good once, and is replaced by the next one', async () => {
    const { person, pass } = await lent();
    const again = scene.elsewhere(person);
    // Its own method is asked for now; the pass isn't even offered.
    const page = await again.enter('courses');
    expect(asksPass(page)).toBe(false);
    const second = await passFor(scene, person);
    const third = await passFor(scene, person);
    const asked = await scene.elsewhere(person).begin('courses');
    expect(asksPassword(asked)).toBe(true);
    const one = scene.elsewhere(person);
    let shown = await one.enter('courses');
    for (const old of [pass, second]) {
      shown = await one.code(shown, old);
      expect(shown.text).toContain('That isn’t your pass.');
    }
    expect((await one.code(shown, third.toLowerCase().replace('-', ' '))).url.pathname).toBe('/courses');
  });

  it('alone opens nothing: the password comes first', async () => {
    const person = await bereft();
    await passFor(scene, person);
    const page = await person.begin('library');
    expect(asksPassword(page)).toBe(true);
    expect(page.body).not.toContain('name="code"');
  });

  it('ends its sign-in with it: what asks for two steps asks again, a password still is one', async () => {
    const { person } = await lent({ lifetime: '10m' });
    scene.clock.advance(9 * MINUTES);
    expect((await person.begin('courses')).url.pathname).toBe('/courses');
    expect((await person.client.open(at('/account'))).url.pathname).toBe('/account');
    scene.clock.advance(1 * MINUTES);
    expect(asksCode(await person.begin('courses'))).toBe(true);
    expect((await person.client.open(at('/account'))).url.pathname).toMatch(/^\/sign-in\//);
    expect((await person.begin('library')).url.pathname).toBe('/library');
  });

  it('isn’t good before its start, nor after its end', async () => {
    const person = await bereft();
    const start = new Date(Date.now() + 2 * HOURS).toISOString();
    const pass = await passFor(scene, person, { start, lifetime: '10m' });
    const page = await person.enter('courses');
    expect(asksPass(page)).toBe(false);
    expect((await person.code(page, pass)).url.pathname).toMatch(/^\/sign-in\//);
    scene.clock.advance(2 * HOURS + 1 * SECONDS);
    const asked = await scene.elsewhere(person).enter('courses');
    expect(asksPass(asked)).toBe(true);
    const late = scene.elsewhere(person);
    const shown = await late.enter('courses');
    scene.clock.advance(10 * MINUTES);
    expect((await late.code(shown, pass)).text).toContain('That pass is no longer good.');
    expect(asksPass(await scene.elsewhere(person).enter('courses'))).toBe(false);
  });

  it('sets up a new method within ten minutes, and changes nothing else', async () => {
    const { person } = await lent({ lifetime: '8h' }, scene.elsewhere(await scene.member({ remember: 'yes' })));
    const account = await person.client.open(at('/account'));
    const [old] = [...account.body.matchAll(/\/account\/methods\/([\w-]{22})\/rename/g)].map(([, id]) => id);
    const [device] = await scene.gateway.app.rooms.devices.list(await accountOf(scene, person));
    const others = [
      `/account/methods/${old}/remove`,
      `/account/methods/${old}/rename`,
      `/account/devices/${device?.id}/remove`,
    ];
    for (const path of [...CHANGES, ...others]) {
      const refused = await person.client.open(at(path));
      expect([path, refused.status, refused.text]).toEqual([path, 403, expect.stringContaining('with a pass')]);
    }
    const setup = await person.client.open(at('/account/methods/add/totp'));
    expect(asksToEnrol(setup)).toBe(true);
    const added = await person.scan(setup).code(setup, scene.nextCode(person));
    expect(added.text).toContain('It was added.');
    // With what was set up, in a sign-in of its own, the old one goes.
    const own = scene.elsewhere(person);
    const removal = await visitAccount(scene, own, `/account/methods/${old}/remove`);
    const removed = await own.client.follow(await own.client.submit(removal, {}, { action: '/remove' }));
    expect(removed.text).toContain('It was removed.');
    scene.clock.advance(10 * MINUTES);
    const late = await person.client.open(at('/account/methods/add/totp'));
    expect(asksToEnrol(late)).toBe(false);
  });

  it('is ended by the operator with what rests on it', async () => {
    const { person } = await lent();
    expect((await person.begin('courses')).url.pathname).toBe('/courses');
    await scene.gateway.command('tap revoke', [person.username]);
    expect(asksCode(await person.begin('courses'))).toBe(true);
    await expect(scene.gateway.command('tap revoke', [person.username])).rejects.toThrow('There is no pass.');
  });

  it('forged forms of a session that rests on it are refused as well', async () => {
    const { person } = await lent();
    const account = await person.client.open(at('/account'));
    for (const path of CHANGES) {
      const reply = await person.client.post(new URL(path, account.url), { csrf: 'x' });
      expect([path, reply.status]).toEqual([path, 403]);
    }
    expect((await scene.gateway.app.rooms.devices.list(await accountOf(scene, person))).length).toBe(0);
  });

  it('leads who has nothing yet to a method of their own, which stays after it', async () => {
    const newcomer = await scene.newcomer();
    const { person, back } = await lent({}, newcomer);
    expect(asksToEnrol(back)).toBe(true);
    // It can be left out.
    expect(back.body).toContain('value="yes"');
    const done = await person.enrol(back);
    const last = asksToRemember(done) ? await person.remember(done, 'no') : done;
    expect(last.url.pathname).toBe('/courses');
    scene.clock.advance(2 * HOURS);
    const code = await scene.elsewhere(person).enter('courses');
    expect(asksCode(code) && !asksPass(code)).toBe(true);
  });

  it('sets up nothing in a sign-in that was left open for longer than ten minutes', async () => {
    const { person, back } = await lent({ lifetime: '8h' }, await scene.newcomer());
    expect(asksToEnrol(back)).toBe(true);
    scene.clock.advance(11 * MINUTES);
    const after = await person.enrol(back);
    expect(after.url.pathname).toBe('/courses');
    expect(
      (await scene.gateway.app.rooms.credentials.ofAccount(await accountOf(scene, person))).map((it) => it.factor),
    ).toEqual(['tap']);
  });

  it('while it is there, a password alone sets up no first method', async () => {
    const newcomer = await scene.newcomer();
    await passFor(scene, newcomer);
    expect(asksPass(await newcomer.enter('courses'))).toBe(true);
    scene.clock.advance(61 * MINUTES);
    expect(asksToEnrol(await scene.elsewhere(newcomer).enter('courses'))).toBe(true);
  });

  it('of several uses opens the account’s pages to set up a method, and no application that wants two steps', async () => {
    const person = await bereft();
    const pass = await passFor(scene, person, { several: 'yes', lifetime: '8h' });
    expect(asksPass(await person.enter('courses'))).toBe(false);
    for (let time = 0; time < 2; time += 1) {
      const browser = scene.elsewhere(person);
      let page = await browser.client.open(at('/account/methods/add/totp'));
      page = await browser.password(page, person.username);
      expect(asksPass(page)).toBe(true);
      const setup = await browser.code(page, pass);
      expect(asksToEnrol(setup)).toBe(true);
      expect(asksCode(await browser.begin('courses'))).toBe(true);
      expect((await browser.client.open(at('/account/methods/issue/tap'))).status).toBe(403);
    }
  });

  it('is made by oneself after two steps: for one sign-in, a day at most', async () => {
    const someone = await scene.member();
    scene.clock.advance(11 * MINUTES);
    const form = await visitAccount(scene, someone, '/account/methods/issue/tap');
    expect(form.text).toContain('1 hour 8 hours 24 hours');
    const bad = await someone.client.submit(form, { lifetime: String(25 * HOURS) }, { action: '/issue/tap' });
    expect(bad.status).toBe(400);
    const shown = await issueTo(scene, someone, 'tap', { lifetime: String(24 * HOURS) });
    const [pass = ''] = codesOf(shown.text);
    expect(shown.headers['cache-control']).toBe('no-store');
    expect(shown.text).toContain('for one sign-in');
    expect((await someone.client.open(at('/account'))).text).toContain('For one sign-in');
    scene.clock.advance(23 * HOURS);
    const away = scene.elsewhere(someone);
    const asked = await away.answer(await away.enter('courses'), { method: 'tap' });
    expect((await away.code(asked, pass)).url.pathname).toBe('/courses');
    const row = scene.audit().find(({ event }) => event === 'credential.issued');
    expect(row?.detail).not.toContain(pass);
  });

  it('is not made with a password alone, nor with a remembered device', async () => {
    const someone = await scene.member({ remember: 'yes' });
    someone.client.jar.restart();
    await someone.enter('courses');
    for (const path of CHANGES.slice(0, 2)) expect(asksCode(await someone.client.open(at(path)))).toBe(true);
    const newcomer = await scene.newcomer();
    await newcomer.enter('library');
    const page = await newcomer.client.open(at('/account/methods/issue/tap'));
    expect(page.url.pathname).toMatch(/^\/sign-in\//);
    const after = asksPassword(page) ? await newcomer.answer(page, { password: PASSWORD }) : page;
    expect(codesOf(after.text)).toEqual([]);
  });

  it('says on the command line what is wrong, and audits whom it was for and why', async () => {
    const someone = await scene.newcomer();
    const issue = (given: Record<string, string>, username = someone.username) =>
      scene.gateway.command('tap issue', [username], given);
    await expect(issue({ lifetime: '5m' })).rejects.toThrow('10m to 43200m');
    await expect(issue({ lifetime: 'soon' })).rejects.toThrow('--lifetime');
    await expect(issue({ start: 'soon' })).rejects.toThrow('--start');
    await expect(issue({ once: 'yes', several: 'yes' })).rejects.toThrow('leave out');
    await expect(issue({}, 'nobody')).rejects.toThrow('There is no account');
    await issue({ reason: 'lost phone, ticket 12' });
    const account = await accountOf(scene, someone);
    const [row] = scene.audit().filter((it) => it.event === 'credential.issued' && it.account === account);
    expect(JSON.parse(row?.detail ?? '{}')).toMatchObject({
      factor: 'tap',
      by: 'cli',
      replaced: 0,
      reason: 'lost phone, ticket 12',
    });
  });
});
