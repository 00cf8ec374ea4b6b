import { describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { asksPass, codesOf, issueTo, passFor } from '../support/issued.ts';
import { asksCode, asksToEnrol, asksToRemember, asksWhetherLost, type Someone, stage } from '../support/scene.ts';

const support = {
  email: 'help@university.example',
  pass: { en: 'Come with your card.', 'zh-Hant': '請攜帶證件。', 'zh-Hans': '请携带证件。' },
  hours: 'Monday to Friday, 8 to 18',
  address: 'Library, ground floor',
};

describe('somebody without their phone', () => {
  const scene = stage(() => ({ config: { support, factors: { totp: {}, tap: {} } } }));
  const methods = async ({ username }: Someone) => {
    const { accounts, credentials } = scene.gateway.app.rooms;
    return credentials.ofAccount((await accounts.find(username))?.id ?? '');
  };
  /** At the question, with a pass from the help desk. */
  async function bereft() {
    const person = scene.elsewhere(await scene.member());
    const pass = await passFor(scene, person);
    const page = await person.enter('courses');
    expect(asksPass(page)).toBe(true);
    return { person, question: await person.answer(page, { code: pass }) };
  }

  it('is told from the first second what else there is, and how to get a pass', async () => {
    const person = scene.elsewhere(await scene.member());
    const page = await person.enter('courses');
    expect(asksCode(page)).toBe(true);
    const [, href = ''] = /href="([^"]+\/methods)"[^>]*>I can’t do this now</.exec(page.body) ?? [];
    const told = await person.client.open(new URL(href, page.url).href);
    for (const text of [
      'What can you do instead?',
      'The help desk can give you a pass',
      'Come with your card.',
      'Monday to Friday, 8 to 18',
      'Library, ground floor',
      'help@university.example',
    ]) {
      expect(told.text).toContain(text);
    }
    // Looking costs nothing: what was asked can still be answered.
    expect((await person.code(page, scene.nextCode(person))).status).toBe(200);
  });

  it('is led on with a pass: to a new one, and back to the application, in the one sign-in', async () => {
    const { person, question } = await bereft();
    expect(asksWhetherLost(question)).toBe(true);
    expect(question.text).toContain('Did you lose your phone?');
    const choice = await person.answer(question, { lost: 'yes' });
    const page = choice.body.includes('name="factor"') ? await person.answer(choice, { factor: 'totp' }) : choice;
    expect(asksToEnrol(page)).toBe(true);
    const after = await person.enrol(page);
    expect(asksToRemember(after)).toBe(true);
    expect((await person.remember(after, 'no')).url.pathname).toBe('/courses');
    const kept = (await methods(person)).filter(({ factor }) => factor === 'totp');
    expect(kept).toHaveLength(2);
    const again = scene.elsewhere(person);
    expect((await again.code(await again.enter('payroll'), scene.nextCode(person))).url.pathname).toBe('/payroll');
  });

  it('isn’t asked by who has set their first one up in this very sign-in', async () => {
    const person = await scene.newcomer();
    const pass = await passFor(scene, person);
    const page = await person.answer(await person.enter('courses'), { code: pass });
    expect(asksToEnrol(page)).toBe(true);
    const after = await person.scan(page).answer(page, { code: person.codeAt() });
    expect([asksWhetherLost(after), asksToRemember(after)]).toEqual([false, true]);
  });

  it('goes on as they are where it isn’t lost, and where they leave the walk', async () => {
    const { person, question } = await bereft();
    expect((await person.answer(question, { lost: 'no' })).url.pathname).toBe('/courses');
    const other = await bereft();
    const choice = await other.person.answer(other.question, { lost: 'yes' });
    expect((await other.person.answer(choice, { skip: 'yes' })).url.pathname).toBe('/courses');
    expect(await methods(other.person)).toHaveLength(2);
  });

  it('sets nothing up once the pass isn’t fresh any more, nor by saying so without one', async () => {
    const { person, question } = await bereft();
    const choice = await person.answer(question, { lost: 'yes' });
    const page = await person.answer(choice, { factor: 'totp' });
    scene.clock.advance(11 * MINUTES);
    await person.enrol(page);
    expect((await methods(person)).filter(({ factor }) => factor === 'totp')).toHaveLength(1);
    const stranger = scene.elsewhere(await scene.member());
    const asked = await stranger.enter('courses');
    expect(asksCode(await stranger.answer(asked, { lost: 'yes', factor: 'totp' }))).toBe(true);
  });

  it('isn’t asked first for a pass that they made before a journey', async () => {
    const someone = await scene.member();
    await issueTo(scene, someone, 'tap', { lifetime: String(8 * 60 * MINUTES) });
    const page = await scene.elsewhere(someone).enter('courses');
    expect([asksPass(page), asksCode(page)]).toEqual([false, true]);
  });
});

describe('a day without the phone', () => {
  const scene = stage(() => ({ config: { factors: { totp: {}, tap: {} } } }));
  const at = (path: string) => `${scene.gateway.url}${path}`;
  async function without(day = '5') {
    const person = await scene.member();
    const told = (await scene.gateway.command('tap issue', [person.username], { day })).join('\n');
    return { person, passes: codesOf(told) };
  }

  it('is bridged by passes that sign in once each, and lead to nothing that could be set up', async () => {
    const { person, passes } = await without();
    expect(new Set(passes).size).toBe(5);
    for (const pass of passes.slice(0, 2)) {
      const browser = scene.elsewhere(person);
      const page = await browser.enter('courses');
      expect(asksPass(page)).toBe(true);
      const back = await browser.answer(page, { code: pass });
      expect(back.url.pathname).toBe('/courses');
      expect(await browser.claims('courses')).toMatchObject({ claims: { acr: 'https://refeds.org/profile/mfa' } });
      for (const path of ['/account/methods/add/totp', '/account/phone', '/enrol/next']) {
        const shown = await browser.client.open(at(path));
        expect([path, asksToEnrol(shown), asksPass(shown)]).toEqual([path, false, false]);
      }
      // Nor is the next one taken there.
      const asked = await browser.client.open(at('/account/methods/add/totp'));
      expect(asksCode(asked)).toBe(true);
      expect((await browser.answer(asked, { code: passes[3] ?? '' })).url.pathname).toMatch(/^\/sign-in\//);
    }
    const again = scene.elsewhere(person);
    expect((await again.answer(await again.enter('courses'), { code: passes[0] ?? '' })).text).toContain(
      'That isn’t your pass.',
    );
  });

  it('is over after a day', async () => {
    const { person, passes } = await without('2');
    scene.clock.advance(24 * 60 * MINUTES);
    const page = await scene.elsewhere(person).enter('courses');
    expect([passes.length, asksPass(page), asksCode(page)]).toEqual([2, false, true]);
  });

  it('takes each of many answers at once one time', async () => {
    const { person, passes } = await without();
    const browsers = Array.from({ length: 10 }, () => scene.elsewhere(person));
    const pages: Reply[] = [];
    // More passwords of one account at once than it has attempts would be refused.
    for (const browser of browsers) pages.push(await browser.enter('courses'));
    const answers = browsers.map((browser, index) => browser.answer(pages[index] as Reply, { code: passes[0] ?? '' }));
    const back = (await Promise.all(answers)).filter(({ url }) => url.pathname === '/courses');
    expect(back).toHaveLength(1);
  });

  it('ends as one, with what rests on it, and is no more than five', async () => {
    const { person, passes } = await without();
    const browser = scene.elsewhere(person);
    await browser.answer(await browser.enter('courses'), { code: passes[0] ?? '' });
    await scene.gateway.command('tap revoke', [person.username]);
    expect(asksCode(await browser.begin('courses'))).toBe(true);
    const page = await scene.elsewhere(person).enter('courses');
    expect(asksPass(page)).toBe(false);
    for (const day of ['0', '1', '6', 'x', '2.5']) {
      await expect(scene.gateway.command('tap issue', [person.username], { day })).rejects.toThrow(/2 to 5/);
    }
    const both = scene.gateway.command('tap issue', [person.username], { day: '3', lifetime: '8h' });
    await expect(both).rejects.toThrow(/leave out/);
  });
});
