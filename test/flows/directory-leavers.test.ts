import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asksCode, asksPassword, Someone, stage } from '../support/scene.ts';
import { LDAP_PASSWORD, type Slapd, startSlapd } from '../support/slapd.ts';

const MINUTE = 60_000;

let slapd: Slapd;
beforeAll(async () => {
  slapd = await startSlapd();
});
afterAll(() => slapd.stop());

/** Somebody of an LDAP directory, signed in with an authenticator on a browser that is remembered, with tokens. */
interface Leaver {
  someone: Someone;
  dn: string;
}

describe('who leaves a directory', () => {
  const scene = stage(() => ({
    lag: { now: () => 0, close: () => {} },
    config: {
      directories: {
        campus: slapd.settings({
          watch: { every: '1h' },
          groups: { from: 'members', base: `ou=groups,${slapd.suffix}` },
        }),
      },
      policy: {
        rules: [
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
          { name: 'payroll', applications: ['payroll'], groups: ['staff'], level: 'mfa', remember: '30d' },
          { name: 'payroll of others', applications: ['payroll'], notGroups: ['staff'], deny: true },
          { name: 'barred', groups: ['barred'], deny: true },
        ],
      },
      // Told of an end, the application would drop its tokens by itself.
      applications: { courses: { oidc: { backchannelLogoutUri: undefined } } },
    },
  }));
  const look = () => scene.gateway.app.building.watch.look('campus');

  async function leaver(name: string): Promise<Leaver> {
    const dn = await slapd.person(name);
    const someone = new Someone(scene.gateway, name);
    const setup = await someone.password(await someone.begin('courses'), name, LDAP_PASSWORD);
    expect((await someone.remember(await someone.enrol(setup), 'yes')).url.pathname).toBe('/courses');
    expect(await refreshed(someone)).toBe('refreshed');
    return { someone, dn };
  }

  async function refreshed(someone: Someone): Promise<string> {
    const url = `${scene.gateway.relyingParty}/courses/refresh`;
    const reply = await someone.client.follow(await someone.client.post(url));
    return reply.status === 200 ? 'refreshed' : reply.text;
  }

  const disable = ({ dn }: Leaver) => slapd.change(dn, 'add', 'pwdAccountLockedTime', ['000001010000Z']);
  const enable = ({ dn }: Leaver) => slapd.change(dn, 'delete', 'pwdAccountLockedTime', []);

  /** Session, refresh token and remembered device, of somebody who may sign in again. */
  async function expectLost({ someone }: Leaver): Promise<void> {
    expect(await refreshed(someone)).toContain('invalid_grant');
    const page = await someone.begin('courses');
    expect(asksPassword(page)).toBe(true);
    expect(asksCode(await someone.password(page, someone.username, LDAP_PASSWORD))).toBe(true);
  }

  it('loses session, refresh token and remembered device without a use, by the watch', async () => {
    const disabled = await leaver('disabled');
    const gone = await leaver('gone');
    const stays = await leaver('stays');
    await look();
    await disable(disabled);
    const elsewhere = `uid=gone,ou=groups,${slapd.suffix}`;
    await slapd.rename(gone.dn, elsewhere);
    for (const minutes of [1, 3]) {
      scene.gateway.advance(minutes * MINUTE);
      await look();
    }
    await enable(disabled);
    await slapd.rename(elsewhere, gone.dn);
    await expectLost(disabled);
    await expectLost(gone);
    expect(await refreshed(stays.someone)).toBe('refreshed');
    expect((await stays.someone.begin('courses')).url.pathname).toBe('/courses');
  });

  it.each(['session', 'refresh token'])('loses all of it at the next use, of a %s', async (what) => {
    const it = await leaver(`uses-${what.split(' ')[0]}`);
    const other = scene.elsewhere(it.someone);
    const asked = await other.password(await other.begin('courses'), other.username, LDAP_PASSWORD);
    await other.remember(await other.code(asked, scene.nextCode(it.someone)), 'no');
    await disable(it);
    if (what === 'session') {
      // That sign-in began in a session which is over by the time that its page is asked for.
      expect((await other.begin('courses')).url.pathname).not.toBe('/courses');
      expect(asksPassword(await other.begin('courses'))).toBe(true);
    }
    if (what === 'refresh token') expect(await refreshed(other)).toContain('invalid_grant');
    await enable(it);
    await expectLost(it);
  });

  it('keeps it where one search alone missed them', async () => {
    const missed = await leaver('missed');
    const elsewhere = `uid=missed,ou=groups,${slapd.suffix}`;
    await slapd.rename(missed.dn, elsewhere);
    expect(asksPassword(await missed.someone.begin('courses'))).toBe(true);
    await slapd.rename(elsewhere, missed.dn);
    expect(await refreshed(missed.someone)).toBe('refreshed');
    expect((await missed.someone.begin('courses')).url.pathname).toBe('/courses');
  });

  it('loses what a group gave, and is refused by one that bars, at the next use', async () => {
    const left = await leaver('left-staff');
    const barred = await leaver('barred');
    const staff = await slapd.group('staff', [left.dn, slapd.suffix]);
    const other = scene.elsewhere(left.someone);
    const asked = await other.password(await other.begin('payroll'), other.username, LDAP_PASSWORD);
    expect((await other.code(asked, scene.nextCode(left.someone))).url.pathname).not.toBe('/sign-in');
    await slapd.change(staff, 'delete', 'member', [left.dn]);
    await slapd.group('barred', [barred.dn]);
    expect((await left.someone.begin('payroll')).url.pathname).not.toBe('/payroll');
    expect((await other.begin('payroll')).url.pathname).not.toBe('/payroll');
    expect(await refreshed(barred.someone)).toContain('invalid_grant');
    expect((await barred.someone.begin('courses')).url.pathname).not.toBe('/courses');
  });
});
