import { describe, expect, it } from 'vitest';
import { REFEDS_MFA, REFEDS_SFA } from '../../src/core/assurance.ts';
import type { Reply } from '../support/client.ts';
import { PASSWORD } from '../support/gateway.ts';
import { asksCode, asksPassword, Someone, stage } from '../support/scene.ts';

const DAY = 86_400_000;

const rules = (page: Reply): string => page.text;
const asksNewPassword = (page: Reply): boolean => page.body.includes('name="next"');

const scene = stage(() => ({
  config: {
    passwordPolicy: {
      names: ['Exampletown'],
      adopt: 'sign-in',
      spread: '0s',
      profiles: {
        classic: { groups: ['registry'] },
        vpn: { groups: ['vpn-users'], characters: 'printable-ascii', bytes: 112 },
      },
    },
  },
}));

/** Somebody whose password another one has set. */
async function givenOne(username: string, groups: string, password: string): Promise<Someone> {
  const options = { name: `The name of ${username}`, groups, keep: false };
  await scene.gateway.command('user add', [username], options, password);
  return new Someone(scene.gateway, username);
}

async function enter(someone: Someone, password: string, application = 'library', query = ''): Promise<Reply> {
  return someone.password(await someone.begin(application, query), someone.username, password);
}

describe('an initial password', () => {
  it('opens nothing but the page for another one, which says what that must be', async () => {
    const someone = await givenOne('ines', 'registry', 'amber lanes 7');
    let page = await enter(someone, 'amber lanes 7');
    expect(asksNewPassword(page)).toBe(true);
    expect(rules(page)).toContain('set by somebody else');
    expect(rules(page)).toContain('has 10 to 18 characters has a digit has a letter');
    expect(rules(page)).toContain('is neither your present one nor any of the 3 before it');
    const current = 'amber lanes 7';
    for (const [next, text] of [
      ['short', 'Use at least 10 characters.'],
      ['nineteen characters 1', 'Use at most 18 characters.'],
      ['only letters', 'It has no digit.'],
      ['1234567890', 'It has no letter.'],
      ['Passw0rd2026', 'Many people use this password'],
      ['woaini 1314 520', 'Many people use this password'],
      ['zhangwei19900101', 'names in pinyin, dates'],
      ['exampletown 1', 'the name of this service or of your institution'],
      ['ines ines 12', 'little more than your user name'],
      [current, 'That is your old password.'],
    ] as const) {
      page = await someone.answer(page, { current, next });
      expect([next, page.text]).toEqual([next, expect.stringContaining(text)]);
      expect(asksNewPassword(page)).toBe(true);
    }
    page = await someone.answer(page, { current, next: 'slow harbour 8' });
    expect(page.url.pathname).toBe('/library');
    expect((await enter(scene.elsewhere(someone), 'slow harbour 8')).url.pathname).toBe('/library');
  });

  it('is asked for whatever was enrolled meanwhile, and whichever application is asked first', async () => {
    const someone = await givenOne('otto', 'students', PASSWORD);
    const page = await someone.enrol(await enter(someone, PASSWORD, 'courses'));
    expect(asksNewPassword(page)).toBe(true);
    // Whoever has a second step shows it first: the password that is to go may be known to others.
    const other = scene.elsewhere(someone);
    const second = await enter(other, PASSWORD);
    expect([asksCode(second), asksNewPassword(second)]).toEqual([true, false]);
    expect(asksNewPassword(await other.code(second, scene.nextCode(someone)))).toBe(true);
  });
});

describe('a profile', () => {
  it('is the strictest of those that match, and says so before and after it is typed', async () => {
    const someone = await givenOne('kim', 'registry,vpn-users', 'amber lanes yes 7');
    const current = 'amber lanes yes 7';
    const page = await enter(someone, current);
    expect(rules(page)).toContain('has 15 to 18 characters');
    expect(rules(page)).toContain('VPN clients carry nothing else');
    const refused = await someone.answer(page, { current, next: 'ámber lánes yés 8' });
    expect(refused.text).toContain('Use only letters without accents');
    expect(refused.url.pathname).not.toBe('/library');
  });

  it('below REFEDS SFA’s table claims no REFEDS SFA, and REFEDS MFA all the same', async () => {
    const acr = async (someone: Someone, application: string) =>
      ((await someone.claims(application)) as { claims?: { acr?: string } } | undefined)?.claims?.acr;
    const strong = await scene.newcomer();
    await enter(strong, PASSWORD);
    expect(await acr(strong, 'library')).toBe(REFEDS_SFA);

    await scene.gateway.command('user add', ['rosa'], { groups: 'registry' }, 'amber lanes 7');
    const weak = new Someone(scene.gateway, 'rosa');
    await enter(weak, 'amber lanes 7');
    expect(await acr(weak, 'library')).toBeUndefined();
    // Who must be told that class is refused, however much is proven; who would like it is told the better one.
    const told = await weak.begin('library', `?acr_values=${encodeURIComponent(REFEDS_SFA)}`);
    expect(told.url.pathname).toBe('/library');
    expect(await acr(weak, 'library')).toBeUndefined();
    const claims = { id_token: { acr: { essential: true, value: REFEDS_SFA } } };
    const needed = await weak.begin('library', `?claims=${encodeURIComponent(JSON.stringify(claims))}`);
    expect(needed.text).toContain('unmet_authentication_requirements');
    const again = await weak.begin('courses');
    const enrols = asksPassword(again) ? await weak.answer(again, { password: 'amber lanes 7' }) : again;
    await weak.remember(await weak.enrol(enrols), 'no');
    expect(await acr(weak, 'courses')).toBe(REFEDS_MFA);
  });

  it('reaches who has a password at the next sign-in, where it isn’t met', async () => {
    const someone = await scene.newcomer({ username: 'vera' });
    expect((await enter(someone, PASSWORD)).url.pathname).toBe('/library');
    const csv = 'username,groups\nvera,registry\n';
    await scene.gateway.command('user import', [], { update: true }, csv);
    const page = await enter(scene.elsewhere(someone), PASSWORD);
    expect(page.text).toContain('Passwords have to meet other rules by now');
    // Guessing tells nobody that there are others: a wrong one is wrong.
    expect((await enter(scene.elsewhere(someone), 'wrong all the same')).text).toContain('isn’t right');
    const other = scene.elsewhere(someone);
    const again = await enter(other, PASSWORD);
    const done = await other.answer(again, { current: PASSWORD, next: 'slow harbour 8' });
    expect(done.url.pathname).toBe('/library');
    expect((await enter(scene.elsewhere(someone), 'slow harbour 8')).url.pathname).toBe('/library');
  });

  it('remembers former passwords, and the audit none', async () => {
    const someone = await givenOne('nora', 'registry', 'amber lanes 1');
    let current = 'amber lanes 1';
    for (const next of ['slow harbour 2', 'quiet orchard 3']) {
      if (current === 'amber lanes 1') {
        await someone.answer(await enter(someone, current), { current, next });
      } else {
        await scene.gateway.command('user passwd', ['nora'], { keep: false }, current);
        const at = scene.elsewhere(someone);
        await at.answer(await enter(at, current), { current, next });
      }
      current = next;
    }
    await scene.gateway.command('user passwd', ['nora'], { keep: false }, 'green valley 4');
    const at = scene.elsewhere(someone);
    const page = await enter(at, 'green valley 4');
    const refused = await at.answer(page, { current: 'green valley 4', next: 'quiet orchard 3' });
    expect(refused.text).toContain('You’ve had this password before');
    scene.clock.advance(DAY / 24);
    expect(JSON.stringify(scene.audit())).not.toMatch(/orchard|harbour|valley/);
  });
});
