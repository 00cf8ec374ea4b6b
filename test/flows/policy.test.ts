import { describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { DAYS, HOURS } from '../support/clock.ts';
import { CookieJar } from '../support/cookies.ts';
import { asksCode, asksPassword, asksToEnrol, stage } from '../support/scene.ts';

const soon = Date.now() + 10 * DAYS;

describe('policy at the border', () => {
  const scene = stage(() => ({
    config: {
      networks: { ward: { ranges: ['127.0.0.7/32'], shared: true }, abroad: ['127.0.0.8/32'] },
      trustedProxies: ['127.0.0.1', '::1'],
      policy: {
        rules: [
          { name: 'library', applications: ['library'], level: 'sfa' },
          {
            name: 'roll-out',
            applications: ['library'],
            groups: ['staff'],
            level: 'mfa',
            remember: '12h',
            from: at(soon),
          },
          { name: 'grace', applications: ['library'], groups: ['lab'], level: 'mfa', from: at(soon), grace: '5d' },
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
          { name: 'payroll', applications: ['payroll'], level: 'sfa' },
          { name: 'no guests in payroll', applications: ['payroll'], groups: ['guests'], deny: true },
          { name: 'payroll from here', applications: ['payroll'], networks: ['abroad'], deny: true },
        ],
      },
    },
  }));

  function at(time: number): string {
    return new Date(time).toISOString();
  }
  const from = (ip: string, jar = new CookieJar()) => new Client({ jar, headers: { 'x-forwarded-for': ip } });

  it('refuses a group, says so, and leads back with access_denied', async () => {
    const guest = await scene.newcomer({ groups: 'guests' });
    const refused = await guest.enter('payroll');
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('You can’t continue to Payroll');
    expect(refused.text).toContain('The rules of this application don’t let you sign in');
    const left = await guest.client.follow(await guest.client.submit(refused, {}, { action: '/cancel' }));
    expect(left.url.pathname).toBe('/payroll/callback');
    expect(left.url.searchParams.get('error')).toBe('access_denied');
    expect(await guest.claims('payroll')).toBeUndefined();
  });

  it('lets a refused person be replaced by another', async () => {
    const guest = await scene.newcomer({ groups: 'guests' });
    const student = await scene.newcomer();
    const refused = await guest.enter('payroll');
    const again = await guest.client.follow(await guest.client.submit(refused, {}, { action: '/switch' }));
    expect(asksPassword(again)).toBe(true);
    const back = await guest.password(again, student.username);
    expect(back.url.pathname).toBe('/payroll');
    await student.enter('payroll');
    expect(await guest.subject('payroll')).toBe(await student.subject('payroll'));
  });

  it('refuses a network that a trusted proxy names, and none that anybody else does', async () => {
    const someone = await scene.newcomer();
    const refused = await scene.elsewhere(someone, from('127.0.0.8')).enter('payroll');
    expect(refused.status).toBe(403);
    const spoofed = await scene.elsewhere(someone, from('127.0.0.8, 192.0.2.1')).enter('payroll');
    expect(spoofed.url.pathname).toBe('/payroll');
  });

  it('asks again for the session of a person whom a rule now keeps out', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    const moved = scene.elsewhere(someone, from('127.0.0.8', someone.client.jar));
    expect((await moved.begin('payroll')).status).toBe(403);
    expect((await someone.begin('payroll')).url.pathname).toBe('/payroll');
  });

  it('neither remembers a device on a shared network nor takes one there', async () => {
    const someone = await scene.member({ remember: 'yes' });
    someone.client.jar.restart();
    const ward = scene.elsewhere(someone, from('127.0.0.7', someone.client.jar));
    const page = await ward.enter('courses');
    expect(asksCode(page)).toBe(true);
    expect((await ward.code(page, scene.nextCode(ward))).url.pathname).toBe('/courses');
  });

  it('gives the groups to an application that may have them', async () => {
    const someone = await scene.newcomer({ groups: 'students,choir' });
    const userinfo = () => someone.client.post(`${scene.gateway.relyingParty}/library/userinfo`);
    await someone.enter('library', '?scope=openid%20groups');
    expect((await userinfo()).text).toContain('choir');
    await someone.begin('library', '?scope=openid');
    expect((await userinfo()).text).not.toContain('choir');
  });

  it('brings a rule into force on its date, for its group, in the middle of a session', async () => {
    const staff = await scene.newcomer({ groups: 'staff' });
    const lab = await scene.newcomer({ groups: 'lab' });
    const student = await scene.newcomer();
    const ready = await scene.member({ groups: 'lab' });
    for (const person of [staff, lab, student, ready]) {
      expect((await person.enter('library')).url.pathname).toBe('/library');
    }

    scene.clock.advance(soon - Date.now() + 1 * HOURS);
    for (const person of [staff, lab, student, ready]) person.client.jar.restart();
    const before = await staff.enter('library');
    expect(asksToEnrol(before)).toBe(true);
    expect(before.text).toContain('you haven’t set one up yet');
    // In their grace: asked only where they have something to answer with.
    expect((await lab.enter('library')).url.pathname).toBe('/library');
    expect((await student.enter('library')).url.pathname).toBe('/library');
    expect(asksCode(await ready.enter('library'))).toBe(true);

    scene.clock.advance(5 * DAYS);
    lab.client.jar.restart();
    expect(asksToEnrol(await lab.enter('library'))).toBe(true);
  });
});
