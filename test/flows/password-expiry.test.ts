import { describe, expect, it } from 'vitest';
import { DAYS, HOURS } from '../support/clock.ts';
import { visitAccount } from '../support/issued.ts';
import { MAILBOX } from '../support/mail.ts';
import { asksCode, asksPassword, type Someone, stage } from '../support/scene.ts';

const NEXT = 'other words 4711';
const asksNew = (page: { body: string }) => page.body.includes('name="next"');
const reminds = (page: { body: string }) => page.body.includes('name="remind"');

const scene = stage(() => ({
  config: {
    ...MAILBOX,
    factors: { password: {}, totp: {} },
    sessions: { lifetime: '8h', idle: '8h' },
    policy: {
      rules: [
        { name: 'library', applications: ['library'], level: 'sfa' },
        {
          name: 'the rest',
          applications: ['courses', 'payroll', 'sallyport-account', 'sallyport-security'],
          level: 'mfa',
        },
      ],
    },
    passwordPolicy: {
      spread: '0s',
      profiles: {
        classic: { groups: ['clinic', 'office', 'lab'], maximum: 64, composition: [], history: 0 },
        relaxed: {
          like: 'classic',
          groups: ['guests'],
          maximum: 64,
          composition: [],
          history: 0,
          expiry: { enforced: false },
        },
        passkeys: {
          like: 'classic',
          groups: ['open'],
          maximum: 64,
          composition: [],
          history: 0,
          expiry: { disable: false },
        },
      },
    },
  },
}));

/** Somebody whose password was chosen some days ago, at a browser that has forgotten. */
async function aged(groups: string, days: number): Promise<Someone> {
  const someone = await scene.newcomer({ groups });
  await someone.enter('library');
  scene.clock.advance(days * DAYS);
  return scene.elsewhere(someone);
}

describe('a password that expires soon', () => {
  it('is told of after the sign-in, and can be left for later, until the next day', async () => {
    const someone = await aged('clinic', 170);
    const page = await someone.enter('library');
    expect(page.text).toContain('Your password expires soon');
    expect((await someone.answer(page, { remind: 'later' })).url.pathname).toBe('/library');
    const again = scene.elsewhere(someone);
    expect((await again.enter('library')).url.pathname).toBe('/library');
    scene.clock.advance(20 * HOURS);
    expect(reminds(await scene.elsewhere(someone).enter('library'))).toBe(true);
  });

  it('can be changed there and then, with the present one, and nobody is reminded again', async () => {
    const someone = await aged('clinic', 170);
    const page = await someone.answer(await someone.enter('library'), { remind: 'now' });
    expect(asksNew(page)).toBe(true);
    const wrong = await someone.answer(page, { current: 'not it', next: NEXT });
    expect(wrong.text).toContain('The current password isn’t right.');
    expect((await someone.answer(wrong, { current: 'correct horse battery staple', next: NEXT })).url.pathname).toBe(
      '/library',
    );
    const again = scene.elsewhere(someone);
    const next = await again.password(await again.begin('library'), someone.username, NEXT);
    expect(next.url.pathname).toBe('/library');
  });

  it('can be thought better of', async () => {
    const someone = await aged('clinic', 170);
    const page = await someone.answer(await someone.enter('library'), { remind: 'now' });
    const skipped = await someone.answer(page, { skip: 'yes' });
    expect(skipped.url.pathname).toBe('/library');
  });

  it('asks whoever has a second factor for it, before a new one is chosen', async () => {
    const owner = await scene.member({ groups: 'clinic' });
    scene.clock.advance(170 * DAYS);
    const someone = scene.elsewhere(owner);
    const page = await someone.answer(await someone.enter('library'), { remind: 'now' });
    expect(asksCode(page)).toBe(true);
    expect(asksNew(await someone.code(page))).toBe(true);
  });

  it('is said on the account page', async () => {
    const owner = await scene.member({ groups: 'clinic' });
    expect((await visitAccount(scene, owner, '/account')).text).toMatch(/Your password is good until \d+ \w+ \d{4}/);
    scene.clock.advance(170 * DAYS);
    expect((await visitAccount(scene, owner, '/account')).text).toContain('Your password expires on');
  });
});

describe('an expired password', () => {
  it('opens nothing but the page for a new one, in any application, and everything after it', async () => {
    const someone = await aged('clinic', 181);
    const page = await someone.enter('library');
    expect(page.text).toContain('Your password has expired.');
    expect(asksNew(page)).toBe(true);
    expect(page.body).not.toContain('name="skip"');
    expect(await someone.claims('library')).toBeUndefined();
    const fields = { current: 'correct horse battery staple', next: NEXT };
    expect((await someone.answer(page, { ...fields, skip: 'yes', remind: 'later' })).url.pathname).toBe('/library');
    const again = scene.elsewhere(someone);
    expect((await again.password(await again.begin('library'), someone.username, NEXT)).url.pathname).toBe('/library');
  });

  it('is not got around by fields of other pages', async () => {
    const someone = await aged('clinic', 181);
    const FIELDS: Record<string, string>[] = [
      { skip: 'yes' },
      { remind: 'later' },
      { remind: 'now', skip: 'yes' },
      { suggest: 'no' },
    ];
    for (const fields of FIELDS) {
      const page = await someone.answer(
        await someone.begin('library').then((it) => (asksPassword(it) ? someone.password(it, someone.username) : it)),
        fields,
      );
      expect(asksNew(page), JSON.stringify(fields)).toBe(true);
      expect(await someone.claims('library')).toBeUndefined();
    }
  });

  it('ends what a session could open where the account is disabled, and asks for the second factor first', async () => {
    const owner = await scene.member({ groups: 'clinic' });
    scene.clock.advance(180 * DAYS - 2 * HOURS);
    const someone = scene.elsewhere(owner);
    const reminder = await someone.code(await someone.enter('courses'));
    const remembered = await someone.answer(reminder, { remind: 'later' });
    await someone.remember(remembered, 'no');
    expect(await someone.claims('courses')).toBeDefined();
    scene.clock.advance(3 * HOURS);
    // By single sign-on, with nothing typed.
    const page = await someone.begin('library');
    expect(page.url.pathname).not.toBe('/library');
    expect(asksNew(page) || asksCode(page)).toBe(true);
  });

  it('is only told where the profile enforces nothing', async () => {
    const someone = await aged('guests', 200);
    const page = await someone.enter('library');
    expect(page.text).toContain('Your password has expired');
    expect((await someone.answer(page, { remind: 'later' })).url.pathname).toBe('/library');
  });
});
