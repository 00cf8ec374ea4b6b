import { describe, expect, it } from 'vitest';
import { SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf } from '../support/holders.ts';
import { asksPass, codesOf, issueTo, passFor, visitAccount } from '../support/issued.ts';
import {
  asksNewPassword,
  choose,
  NEW_PASSWORD,
  newestReport,
  report,
  reportThief,
  thiefOf,
  toNewPassword,
} from '../support/not-me.ts';
import { Passkey } from '../support/passkeys.ts';
import { asksCode, asksPassword, asksToEnrol, ownForm, type Someone, stage } from '../support/scene.ts';

const MANY = 100;
const config = { factors: { password: {}, totp: {}, tap: {} } };

describe('whoever it was', () => {
  const scene = stage(() => ({ config, serviceProvider: true }));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  const refresh = async (someone: Someone) => {
    const reply = await someone.client.post(`${scene.gateway.relyingParty}/courses/refresh`);
    return (await someone.client.follow(reply)).status;
  };

  it('can report no sign-in of another account, nor one that is none', async () => {
    const [victim, attacker] = [await scene.member(), await scene.member()];
    await reportThief(scene, attacker);
    const other = scene.elsewhere(victim);
    await other.code(await other.enter('courses'), scene.nextCode(victim));
    await visitAccount(scene, victim, '/account');
    const path = await newestReport(scene, victim);
    const thief = await scene.member();
    const own = await visitAccount(scene, thief, '/account');
    const csrf = ownForm(own).fields.csrf ?? '';
    for (const address of [path, '/account/sign-ins/00000000-0000-4000-8000-000000000000/not-me']) {
      expect((await thief.client.get(at(address))).status).toBe(404);
      expect((await thief.client.post(at(address), { csrf })).status).toBe(404);
    }
    expect((await victim.client.post(at(path), { csrf })).status).toBe(403);
    expect(await scene.gateway.app.rooms.holds.of(await accountOf(scene, victim))).toBeUndefined();
    expect((await victim.begin('courses')).url.pathname).toBe('/courses');
  });

  it('gets nowhere with the password alone, where that was enough before', async () => {
    const owner = await scene.member();
    await report(scene, owner);
    const thief = scene.elsewhere(owner);
    const page = await thief.enter('library');
    expect(asksCode(page)).toBe(true);
    const { url, fields } = ownForm(page);
    const tries: Record<string, string>[] = [
      { next: NEW_PASSWORD },
      { suggest: 'no' },
      { remember: 'yes' },
      { skip: 'yes' },
    ];
    for (const forged of tries) {
      await thief.client.post(url, { ...fields, ...forged });
    }
    expect(asksNewPassword(await thief.client.get(url))).toBe(false);
    expect(await thief.subject('library')).toBeUndefined();
    const account = await thief.client.open(at('/account/password'));
    expect(asksNewPassword(account)).toBe(false);
    // By the other door, with the session that this browser may have.
    const room = await thief.begin('reading-room');
    expect(room.url.pathname).toMatch(/^\/sign-in\//);
    expect(await thief.claims('reading-room')).toBeUndefined();
    const silent = await thief.begin('library', '?prompt=none');
    expect(silent.text).toMatch(/login_required|interaction_required/);
  });

  it('loses live sessions, tokens and remembered devices, the password notwithstanding', async () => {
    const owner = await scene.member();
    const thief = await thiefOf(scene, owner);
    scene.clock.advance(2 * SECONDS);
    expect(await refresh(thief)).toBe(200);
    await report(scene, owner);
    expect(await refresh(thief)).not.toBe(200);
    expect(await thief.subject('courses')).toBeUndefined();
    expect(asksPassword(await thief.client.open(at('/account')))).toBe(true);
    const page = await thief.enter('courses');
    expect(asksCode(page)).toBe(true);
    expect(thief.client.jar.all().find(({ name }) => name.startsWith('sallyport_device'))).toBeDefined();
  });

  it('sets up no method in a sign-in that was under way, before the new password nor after it', async () => {
    for (const release of [false, true]) {
      const owner = await scene.newcomer();
      const thief = scene.elsewhere(owner);
      const page = await thief.enter('courses');
      expect(asksToEnrol(page)).toBe(true);
      const account = await report(scene, owner);
      if (release) await scene.gateway.command('user passwd', [owner.username], {}, NEW_PASSWORD);
      const after = await thief.enrol(page);
      expect(asksPassword(after)).toBe(true);
      expect(await scene.gateway.app.rooms.credentials.ofAccount(account)).toEqual([]);
      expect(asksToEnrol(await thief.password(after, owner.username))).toBe(false);
    }
  });

  it('goes on with no proof of a sign-in that stood at its very end', async () => {
    const owner = await scene.member();
    const thief = scene.elsewhere(owner);
    const { url, fields } = ownForm(await thief.enter('payroll'));
    const done = await thief.client.post(url, { ...fields, code: scene.nextCode(owner) });
    expect(done.location?.pathname).toMatch(/^\/authorize\//);
    await report(scene, owner);
    const after = await thief.client.follow(done);
    expect(await thief.subject('payroll')).toBeUndefined();
    expect(after.url.pathname).not.toBe('/payroll');
  });

  it('has nothing from a pass that was lent before the report', async () => {
    const owner = await scene.member();
    const shown = await issueTo(scene, owner, 'tap', { lifetime: '3600000' });
    const [pass = ''] = codesOf(shown.text);
    await report(scene, owner);
    const thief = scene.elsewhere(owner);
    const page = await thief.enter('courses');
    expect(asksPass(page)).toBe(false);
    expect(asksNewPassword(await thief.code(page, pass))).toBe(false);
    expect(asksPass(await scene.elsewhere(owner).enter('library'))).toBe(false);
    await passFor(scene, owner);
    expect(asksPass(await scene.elsewhere(owner).enter('library'))).toBe(true);
  });

  it('suspends no method with a pass, by the report of an old sign-in', async () => {
    const owner = await scene.member();
    await visitAccount(scene, owner, '/account');
    const path = await newestReport(scene, owner);
    const pass = await passFor(scene, owner);
    const thief = scene.elsewhere(owner);
    await thief.code(await thief.enter('courses'), pass);
    const page = await thief.client.open(at(path));
    expect(page.text).not.toContain('are suspended until you confirm them');
    await thief.client.submit(page, {}, { action: '/not-me' });
    const account = await accountOf(scene, owner);
    const methods = await scene.gateway.app.rooms.credentials.ofAccount(account);
    expect(methods.find(({ factor }) => factor === 'totp')).not.toHaveProperty('suspendedAt');
    expect(await scene.gateway.app.rooms.holds.of(account)).toBeDefined();
  });

  it('keeps no sign-in with the old password past the new one', async () => {
    const owner = await scene.member();
    await report(scene, owner);
    const thief = scene.elsewhere(owner);
    const waiting = await toNewPassword(scene, thief, await thief.begin('library'));
    const here = scene.elsewhere(owner);
    const page = await toNewPassword(scene, here, await here.begin('library'));
    expect((await choose(here, page)).url.pathname).toBe('/library');
    const after = await thief.answer(waiting, { next: 'another password of a thief' });
    expect(asksPassword(after)).toBe(true);
    const again = scene.elsewhere(owner);
    const library = await again.password(await again.begin('library'), owner.username, NEW_PASSWORD);
    expect(library.url.pathname).toBe('/library');
  });

  it('a hundred reports of one sign-in are one, and each ends in the same page', async () => {
    const owner = await scene.member();
    const account = await accountOf(scene, owner);
    await visitAccount(scene, owner, '/account');
    const path = await newestReport(scene, owner);
    const { url, fields } = ownForm(await owner.client.open(at(path)));
    const replies = await Promise.all(Array.from({ length: MANY }, () => owner.client.post(url, fields)));
    expect(replies.every(({ status }) => status === 303)).toBe(true);
    expect(await scene.gateway.app.rooms.reports.list({ account, limit: MANY })).toHaveLength(1);
    const events = scene.audit().filter((row) => row.account === account);
    expect(events.filter(({ event }) => event === 'report.made')).toHaveLength(1);
    expect(events.filter(({ event }) => event === 'hold.placed')).toHaveLength(1);
  });

  it('twenty new passwords at once are one', async () => {
    const owner = await scene.member();
    const account = await accountOf(scene, owner);
    const { url, fields } = ownForm(await visitAccount(scene, owner, '/account/password'));
    const post = (_: unknown, at: number) =>
      owner.client.post(url, { ...fields, current: PASSWORD, next: `${NEW_PASSWORD} ${at}` });
    await Promise.all(Array.from({ length: 20 }, post));
    const changes = scene
      .audit()
      .filter(({ event, ...row }) => event === 'password.changed' && row.account === account);
    expect(changes).toHaveLength(1);
  });
});

describe('with a passkey', () => {
  const scene = stage(() => ({ config: { factors: { ...config.factors, fido2: {} } } }));

  it('the password must be changed all the same', async () => {
    const owner = await scene.newcomer();
    const key = new Passkey(scene.gateway);
    const after = await key.enrol(owner, await owner.answer(await owner.enter('courses'), { factor: 'fido2' }));
    await owner.remember(after, 'no');
    await report(scene, owner);
    const browser = scene.elsewhere(owner);
    const page = await key.use(browser, await browser.begin('library'));
    expect(asksNewPassword(page)).toBe(true);
    expect((await browser.answer(page, { next: PASSWORD })).text).toContain('That is your old password.');
    expect((await choose(browser, page)).url.pathname).toMatch(/^\/(library|sign-in)/);
    expect(await browser.claims('library')).toMatchObject({ claims: { acr: 'phr' } });
  });
});
