import { describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { asksCode, asksPassword, asksToEnrol, asksToRemember, stage } from '../support/scene.ts';

describe('first enrolment', () => {
  const scene = stage(() => ({
    config: {
      networks: { outside: ['127.0.0.9/32'] },
      trustedProxies: ['127.0.0.1', '::1'],
      policy: {
        rules: [
          { name: 'library', applications: ['library'], level: 'sfa' },
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
          { name: 'not from outside', networks: ['outside'], firstEnrolment: false },
        ],
      },
    },
  }));

  it('wants the password in this very sign-in, however fresh the session is', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    const page = await someone.begin('courses');
    expect(asksPassword(page)).toBe(true);
    expect(page.text).toContain(`Enter your password again`);
    expect(asksToEnrol(await someone.answer(page, { password: PASSWORD }))).toBe(true);
  });

  it('leads on to the question about the device, and the method counts from then on', async () => {
    const someone = await scene.newcomer();
    const setup = await someone.enter('courses');
    expect(setup.text).toContain('you haven’t set one up yet');
    const question = await someone.enrol(setup);
    expect(question.text).toContain('for 30 days');
    const back = await someone.remember(question, 'yes');
    expect(back.url.pathname).toBe('/courses');
    const elsewhere = scene.elsewhere(someone);
    expect(asksCode(await elsewhere.enter('courses'))).toBe(true);
  });

  it('says where to go from a network that policy keeps it from', async () => {
    const someone = await scene.newcomer();
    const outside = scene.elsewhere(someone, new Client({ headers: { 'x-forwarded-for': '127.0.0.9' } }));
    const refused = await outside.enter('courses');
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('You can’t set up your first second step from here.');
    expect(refused.text).toContain('Go back to Courses');
    expect(refused.body).not.toContain('otpauth:');
    const left = await outside.client.follow(await outside.client.submit(refused, {}, { action: '/cancel' }));
    expect(left.text).toContain('access_denied');
  });

  it('takes no wrong code, and stores nothing for it', async () => {
    const someone = await scene.newcomer();
    const setup = await someone.enter('courses');
    const again = await someone.code(setup, '000000');
    expect(again.text).toContain('That code isn’t right.');
    expect(asksToEnrol(again)).toBe(true);
    expect(again.body.match(/otpauth:[^"]+/)?.[0]).toBe(setup.body.match(/otpauth:[^"]+/)?.[0]);
    expect(asksToEnrol(await scene.elsewhere(someone).enter('courses'))).toBe(true);
    expect(asksToRemember(await someone.enrol(again))).toBe(true);
  });

  it('takes the code of the step before, not one of 90 seconds ago', async () => {
    const someone = await scene.newcomer();
    const setup = await someone.enter('courses');
    const late = await someone.scan(setup).code(setup, someone.codeAt(-90 * SECONDS));
    expect(late.text).toContain('That code isn’t right.');
    expect(asksToRemember(await someone.code(late, someone.codeAt(-30 * SECONDS)))).toBe(true);
  });

  it('ends with the patience of the sign-in: the page then is the application’s to begin anew', async () => {
    const someone = await scene.newcomer();
    const setup = await someone.enter('courses');
    scene.clock.advance(61 * MINUTES);
    const expired = await someone.enrol(setup);
    expect(expired.status).toBe(400);
    expect(expired.text).toContain('This sign-in has expired');
  });

  it('lets nobody enrol twice over: a second sign-in under way is asked for the first one’s code', async () => {
    const someone = await scene.newcomer();
    const [one, two] = [someone, scene.elsewhere(someone)];
    const [first, second] = [await one.enter('courses'), await two.enter('courses')];
    await one.remember(await one.enrol(first), 'no');
    const after = await two.enrol(second);
    expect(asksToRemember(after)).toBe(false);
    expect(asksCode(after)).toBe(true);
  });
});

describe('where there are several ways to begin with', () => {
  const scene = stage(() => ({
    config: {
      factors: { password: {}, totp: {}, fido2: {} },
      policy: {
        rules: [{ name: 'courses', applications: ['courses'], level: 'mfa' }],
        suggestions: [{ factor: 'fido2', groups: ['staff'] }],
      },
    },
  }));

  it.each([
    ['staff', ['fido2', 'totp']],
    ['students', ['totp', 'fido2']],
  ])('recommends the first of them, to %s as policy suggests, and has the rest under others', async (groups, order) => {
    const someone = await scene.newcomer({ groups });
    const page = await someone.enter('courses');
    const [recommended = '', others = ''] = page.body.split('Other ways');
    const shown = [...page.body.matchAll(/name="factor" value="(\w+)"/g)].map(([, factor]) => factor);
    expect(shown).toEqual(order);
    expect(recommended).toContain(`name="factor" value="${order[0]}"`);
    expect(recommended).toContain('Recommended');
    // What a browser has built in may come to the front, where nothing was suggested.
    expect(page.body).toContain('/assets/fido2/nearby.js');
    expect(others).not.toContain('Recommended');
  });
});
