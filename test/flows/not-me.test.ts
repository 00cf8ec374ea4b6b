import { afterEach, describe, expect, it } from 'vitest';
import { LocalDirectory } from '../../src/directories/local/directory.ts';
import { Client } from '../support/client.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf } from '../support/holders.ts';
import { passFor, visitAccount } from '../support/issued.ts';
import {
  asksNewPassword,
  choose,
  ELSEWHERE,
  NEW_PASSWORD,
  newestReport,
  report,
  reportThief,
  thiefOf,
  toNewPassword,
} from '../support/not-me.ts';
import { asksCode, asksPassword, asksToEnrol, asksToRemember, type Someone, stage } from '../support/scene.ts';

const config = {
  factors: { password: {}, totp: {}, tap: {} },
  networks: { campus: ['127.0.0.1/32'] },
  support: { email: 'desk@example.edu' },
};

describe('this wasn’t me', () => {
  const scene = stage(() => ({ config }));
  const at = (path: string) => `${scene.gateway.url}${path}`;
  const { changePassword } = LocalDirectory.prototype;
  afterEach(() => {
    LocalDirectory.prototype.changePassword = changePassword;
  });

  const eventsOf = (account: string) =>
    scene
      .audit()
      .filter((row) => row.account === account)
      .map(({ event, detail }) => ({ event, ...(JSON.parse(detail) as object) }));

  it('ends everything at once, tells the help desk, and leads by a new password back to the account', async () => {
    const owner = await scene.member({ remember: 'yes' });
    const account = await accountOf(scene, owner);
    await owner.begin('library');
    scene.clock.advance(2 * SECONDS);
    const told = await reportThief(scene, owner);
    expect(told.url.pathname).toBe('/account/reported');
    expect(told.text).toContain('You’re signed out everywhere');
    expect(told.text).toContain('desk@example.edu');
    expect([await owner.subject('library'), await owner.subject('courses')]).toEqual([undefined, undefined]);
    expect(await scene.gateway.app.rooms.devices.list(account)).toEqual([]);

    scene.clock.advance(2 * SECONDS);
    const page = await toNewPassword(scene, owner, await owner.client.open(at('/account?notice=after-report')));
    expect(asksNewPassword(page)).toBe(true);
    expect(page.text).toContain('Somebody else may know your password.');
    const back = await choose(owner, page);
    expect(back.url.pathname).toBe('/account');
    expect(back.text).toContain(
      'Remove second steps and devices that you don’t know, and confirm those that are yours.',
    );
    expect(back.text).toContain('Reported');

    const events = eventsOf(account).map(({ event }) => event);
    const told5 = ['report.made', 'hold.placed', 'password.changed', 'hold.released'];
    expect(events.filter((event) => told5.includes(event))).toEqual(told5);
    expect(eventsOf(account).find(({ event }) => event === 'report.made')).toMatchObject({
      by: 'owner',
      reported: { what: 'sign-in', factor: 'totp', application: 'courses' },
    });
    const elsewhere = scene.elsewhere(owner);
    const wrong = await elsewhere.enter('library');
    expect(wrong.text).toContain('The user name or the password isn’t right.');
    expect((await elsewhere.password(wrong, owner.username, NEW_PASSWORD)).url.pathname).toBe('/library');
  });

  it('suspends what whoever it was has set up, and says so before', async () => {
    const owner = await scene.member();
    const account = await accountOf(scene, owner);
    const thief = await thiefOf(scene, owner);
    const setup = await thief.client.open(at('/account/methods/add/totp'));
    const theirs = scene.elsewhere(owner).scan(setup);
    const added = await thief.answer(setup, { code: theirs.codeAt(), name: 'Their phone' });
    expect(added.text).toContain('It was added.');
    await visitAccount(scene, owner, '/account');
    const page = await owner.client.open(at(await newestReport(scene, owner, ELSEWHERE)));
    expect(page.text).toContain('are suspended until you confirm them: Their phone');
    await owner.client.submit(page, {}, { action: '/not-me' });
    const methods = await scene.gateway.app.rooms.credentials.ofAccount(account);
    expect(methods.map(({ name, suspendedAt }) => [name, suspendedAt !== undefined])).toEqual([
      ['Code app', false],
      ['Their phone', true],
    ]);
  });

  it('is there for the help desk until somebody handles it', async () => {
    const owner = await scene.member();
    const account = await accountOf(scene, owner);
    await report(scene, owner);
    const { reports } = scene.gateway.app.rooms;
    const [first] = await reports.list({ account, open: true, limit: 10 });
    expect(first).toMatchObject({ account, about: { what: 'sign-in', ip: '127.0.0.2' }, by: { by: 'owner' } });
    expect(await reports.handle(first?.id ?? '', 'agent', 'called back')).toBe(true);
    expect(await reports.list({ account, open: true, limit: 10 })).toEqual([]);
    expect(await reports.list({ account, open: false, limit: 10 })).toMatchObject([
      { handled: { by: 'agent', reason: 'called back' } },
    ]);
    expect(eventsOf(account).at(-1)).toMatchObject({ event: 'report.handled', by: 'agent', reason: 'called back' });
  });

  it('leads to a new password where one step was enough before', async () => {
    const owner = await scene.member();
    await report(scene, owner);
    const code = await scene.elsewhere(owner).enter('library');
    expect(asksCode(code)).toBe(true);
    const explained = { account: owner.username, application: 'library' };
    expect((await scene.gateway.command('policy explain', [], explained)).at(-1)).toContain('must be changed first');
    const browser = scene.elsewhere(owner);
    const page = await toNewPassword(scene, browser, await browser.begin('library'));
    expect(asksNewPassword(page)).toBe(true);
    expect((await choose(browser, page)).url.pathname).toBe('/library');
    expect((await browser.begin('courses')).url.pathname).toBe('/courses');
  });

  it('says what is wrong with the new password, and takes none that is weak or the old one', async () => {
    const owner = await scene.member();
    await report(scene, owner);
    let page = await toNewPassword(scene, owner, await owner.begin('courses'));
    for (const [next, text] of [
      ['short', 'Use at least 15 characters.'],
      [`${owner.username}, ${owner.username}, 1999`, 'It is little more than your user name.'],
      ['example-UNIVERSITY 2026!', 'It is little more than the name of this service'],
      [PASSWORD, 'That is your old password.'],
      [`tab\tin the middle of it`, 'characters that can’t be used'],
      ['長'.repeat(342), 'That is too long.'],
    ] as const) {
      page = await owner.answer(page, { next });
      expect([next, page.text]).toEqual([next, expect.stringContaining(text)]);
      expect(page.body).not.toContain(next === 'short' ? 'value="short"' : next);
    }
    expect((await choose(owner, page)).url.pathname).toBe('/courses');
  });

  it('asks who has no second step to see the help desk, and a pass from there leads on', async () => {
    const newcomer = await scene.newcomer();
    await report(scene, newcomer);
    const refused = await newcomer.enter('library');
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('you have none that can be used here');
    expect(refused.text).toContain('desk@example.edu');
    expect(asksToEnrol(await scene.elsewhere(newcomer).enter('courses'))).toBe(false);

    const pass = await passFor(scene, newcomer);
    const browser = scene.elsewhere(newcomer);
    const page = await browser.code(await browser.enter('courses'), pass);
    expect(asksNewPassword(page)).toBe(true);
    const enrolment = await browser.answer(page, { next: NEW_PASSWORD });
    expect(asksToEnrol(enrolment)).toBe(true);
    const done = await browser.enrol(enrolment);
    expect((asksToRemember(done) ? await browser.remember(done, 'no') : done).url.pathname).toBe('/courses');
  });

  it('asks to see the help desk where the directory changes no passwords', async () => {
    const owner = await scene.member();
    await report(scene, owner);
    Object.assign(LocalDirectory.prototype, { changePassword: undefined });
    const refused = await toNewPassword(scene, owner, await owner.begin('library'));
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('It can’t be changed here.');
    expect(refused.text).toContain('desk@example.edu');
  });

  it('holds no longer once an operator has given a new password', async () => {
    const owner = await scene.member();
    await report(scene, owner);
    await scene.gateway.command('user passwd', [owner.username], {}, NEW_PASSWORD);
    scene.clock.advance(2 * SECONDS);
    const browser = scene.elsewhere(owner);
    const page = await browser.begin('library');
    expect((await browser.password(page, owner.username, NEW_PASSWORD)).url.pathname).toBe('/library');
  });

  it('has effect on a sign-in that is under way, and on what waits at its end', async () => {
    const owner = await scene.member({ remember: 'no' });
    const account = await accountOf(scene, owner);
    const [early, late] = [scene.elsewhere(owner), scene.elsewhere(owner)];
    const code = await early.enter('courses');
    const question = await late.code(await late.enter('courses'), scene.nextCode(owner));
    expect(asksToRemember(question)).toBe(true);
    await report(scene, owner);
    expect(asksPassword(await early.code(code, scene.nextCode(owner)))).toBe(true);
    expect(asksPassword(await late.remember(question, 'yes'))).toBe(true);
    expect(await scene.gateway.app.rooms.devices.list(account)).toEqual([]);
    expect(await late.subject('courses')).toBeUndefined();
  });

  it('shows networks by name, and says that the details are those', async () => {
    const owner = await scene.member({ remember: 'yes' });
    expect((await visitAccount(scene, owner, '/account')).text).toContain(' · campus Forget');
    const told = () => owner.client.open(at('/account'));
    await expect.poll(async () => (await told()).text).toContain('Chrome on Linux campus Signed in This wasn’t me');
  });
});

describe('a new password of one’s own choice', () => {
  const scene = stage(() => ({ config }));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  async function form(owner: Someone) {
    const page = await visitAccount(scene, owner, '/account/password');
    expect(asksNewPassword(page)).toBe(true);
    return page;
  }

  it('ends all other sessions and devices, and this one goes on', async () => {
    const here = await scene.member({ remember: 'yes' });
    const there = scene.elsewhere(here);
    await there.remember(await there.code(await there.enter('courses'), scene.nextCode(here)), 'yes');
    scene.clock.advance(2 * SECONDS);
    expect((await visitAccount(scene, here, '/account')).text).toContain('Change password');
    const changed = await here.answer(await form(here), { current: PASSWORD, next: NEW_PASSWORD });
    expect(changed.url.pathname).toBe('/account');
    expect(changed.text).toContain('Your password was changed.');
    expect((await here.client.open(at('/account/password'))).url.pathname).toBe('/account/password');
    expect((await here.begin('courses')).url.pathname).toBe('/courses');
    expect(await there.subject('courses')).toBeUndefined();
    scene.clock.advance(2 * SECONDS);
    const wrong = await there.enter('library');
    expect(wrong.text).toContain('The user name or the password isn’t right.');
    expect(asksCode(await scene.elsewhere(here).password(await there.begin('courses'), here.username, NEW_PASSWORD)));
    expect(await scene.gateway.app.rooms.devices.list(await accountOf(scene, here))).toEqual([]);
  });

  it('ends copies of this one’s cookie as well, at once and for good', async () => {
    const here = await scene.member();
    const page = await form(here);
    const copy = scene.elsewhere(here, new Client({ jar: here.client.jar.copy() }));
    expect((await copy.begin('courses', '?prompt=none')).url.pathname).toBe('/courses');
    expect((await here.answer(page, { current: PASSWORD, next: NEW_PASSWORD })).text).toContain('was changed');
    for (const wait of [0, 11 * SECONDS]) {
      scene.clock.advance(wait);
      const thief = scene.elsewhere(here, new Client({ jar: copy.client.jar.copy() }));
      expect((await thief.begin('library', '?prompt=none')).text).toContain('login_required');
      expect((await thief.client.open(at('/account'))).url.pathname).toMatch(/^\/sign-in\//);
    }
    expect((await here.begin('courses', '?prompt=none')).url.pathname).toBe('/courses');
  });

  it('wants a second step of the last ten minutes, and the present password', async () => {
    const owner = await scene.member({ remember: 'yes' });
    scene.clock.advance(11 * MINUTES);
    expect((await owner.client.open(at('/account/password'))).url.pathname).toMatch(/^\/sign-in\//);
    let page = await form(owner);
    page = await owner.answer(page, { current: 'not my password', next: NEW_PASSWORD });
    expect(page.text).toContain('The current password isn’t right.');
    page = await owner.answer(page, { current: PASSWORD, next: PASSWORD });
    expect(page.text).toContain('That is your old password.');
    const account = await accountOf(scene, owner);
    const changes = () => scene.audit().filter((row) => row.event === 'password.changed' && row.account === account);
    expect(changes()).toEqual([]);
    page = await owner.answer(page, { current: PASSWORD, next: 'ａ１長い新しい password e\u0301' });
    expect(page.text).toContain('Your password was changed.');
    expect(changes()).toMatchObject([{ detail: expect.not.stringContaining('長') }]);
    const there = scene.elsewhere(owner);
    const library = await there.password(
      await there.begin('library'),
      owner.username,
      'ａ１長い新しい password \u00e9',
    );
    expect(library.url.pathname).toBe('/library');
  });

  it('lets nobody guess the present one', async () => {
    const owner = await scene.member();
    let page = await form(owner);
    for (let guess = 0; guess < 8; guess += 1) {
      page = await owner.answer(page, { current: `guess number ${guess}`, next: NEW_PASSWORD });
    }
    page = await owner.answer(page, { current: PASSWORD, next: NEW_PASSWORD });
    expect(page.text).toContain('Too many wrong attempts.');
    scene.clock.advance(31 * MINUTES);
    page = await owner.answer(await form(owner), { current: PASSWORD, next: NEW_PASSWORD });
    expect(page.text).toContain('Your password was changed.');
  });

  it('is not for who shows only a pass that was lent', async () => {
    const owner = await scene.member();
    const browser = scene.elsewhere(owner);
    const pass = await passFor(scene, owner);
    await browser.code(await browser.enter('courses'), pass);
    expect((await browser.client.open(at('/account/password'))).status).toBe(403);
  });
});
