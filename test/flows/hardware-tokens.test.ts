import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../src/factors/totp/double.ts';
import { pressed, SECRET } from '../../src/factors/totp/tokens/testing/tokens.ts';
import { token } from '../../src/factors/totp/tokens/token.ts';
import type { Reply } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { asksCode, asksPassword, asksToEnrol, asksToRemember, type Someone, stage } from '../support/scene.ts';

const LOCK = { failures: 8, duration: '30m', perAddress: { failures: 100_000, window: '10m' } };

describe('a hardware token', () => {
  const scene = stage(() => ({ config: { lockout: LOCK } }));
  let serials = 0;

  /** A token with a button, imported just now; every one has the secret of RFC 4226's appendix D. */
  async function imported(): Promise<string> {
    serials += 1;
    const serial = `10001335${serials}`;
    await scene.gateway.command('tokens import', [], {}, `serial,secret,type,digits\n${serial},${SECRET},hotp,6\n`);
    return serial;
  }

  const press = (number: number): string =>
    pressed(token.parse({ serial: '0', type: 'hotp', secret: SECRET, algorithm: 'SHA1', digits: 6, next: 0 }), number);

  /** From the choice, or the first page of an enrolment, to the question for serial number and codes. */
  async function askedForToken(someone: Someone, page: Reply): Promise<Reply> {
    expect(page.text).toContain('What shows your codes?');
    const asked = await someone.answer(page, { choice: 'token' });
    expect(asked.text).toContain('Serial number');
    return asked;
  }

  const codes = (from: number) => ({ first: press(from), code: press(from + 1) });

  it('is claimed at the first sign-in by its number and two codes, and signs in from then on', async () => {
    const serial = await imported();
    const someone = await scene.newcomer();
    const first = await askedForToken(someone, await someone.enter('courses'));
    const asked = await askedForToken(someone, await someone.answer(first, { restart: 'yes' }));
    const again = await someone.answer(asked, { serial, first: press(1), code: press(0) });
    expect(again.text).toContain('This doesn’t go together.');
    const question = await someone.answer(again, { serial, ...codes(0) });
    expect(asksToRemember(question)).toBe(true);
    expect((await someone.remember(question, 'no')).url.pathname).toBe('/courses');

    const elsewhere = scene.elsewhere(someone);
    const page = await elsewhere.enter('payroll');
    expect(page.text).toContain(`Type the code that Hardware token ${serial} shows now.`);
    // Whoever reads it in another language reads its name in that one too, at the very step.
    const read = await elsewhere.client.open(
      `${scene.gateway.url}/language?to=zh-Hant&back=${encodeURIComponent(page.url.pathname)}`,
    );
    expect(read.text).toContain(`請輸入「硬體權杖 ${serial}」目前顯示的驗證碼。`);
    await elsewhere.client.open(`${scene.gateway.url}/language?to=en&back=${encodeURIComponent(page.url.pathname)}`);
    const used = await elsewhere.code(page, press(1));
    expect(used.text).toContain('That code has been used already.');
    expect((await elsewhere.code(used, press(4))).url.pathname).toBe('/payroll');
  });

  it('is given by the maker’s file, and signs in from the first time on', async () => {
    const someone = await scene.newcomer();
    const file = `UPN;Serial Number;Secret Key;Time Interval;Manufacturer;Model\r\n${someone.username};10008600017;${SECRET};30;Acme;C200\r\n`;
    expect(await scene.gateway.command('tokens import', [], {}, file)).toEqual([
      '1 accepted, 0 refused, 1 assigned, 0 unchanged.',
    ]);
    const page = await someone.enter('payroll');
    expect(page.text).toContain('Type the code that Hardware token 10008600017 shows now.');
    const shown = createAuthenticator(`otpauth://totp/a?secret=${SECRET}`).codeAt(scene.gateway.now());
    expect((await someone.code(page, shown)).url.pathname).toBe('/payroll');
  });

  it('leaves the choice to those who have an app', async () => {
    await imported();
    const someone = await scene.newcomer();
    const setup = await someone.answer(await someone.enter('courses'), { choice: 'app' });
    expect(asksToEnrol(setup)).toBe(true);
    expect(asksToRemember(await someone.enrol(setup))).toBe(true);
  });

  it('goes to one of two people who claim it at the same moment', async () => {
    const serial = await imported();
    const people = await Promise.all([scene.newcomer(), scene.newcomer()]);
    const pages: Reply[] = [];
    for (const one of people) pages.push(await askedForToken(one, await one.enter('courses')));
    const answers = await Promise.all(people.map((one, at) => one.answer(pages[at] as Reply, { serial, ...codes(0) })));
    expect(answers.filter(asksToRemember)).toHaveLength(1);
    expect(answers.filter(({ text }) => /doesn’t go together|used already/.test(text))).toHaveLength(1);
  });

  it('gives one of many browsers the sign-in for one code', async () => {
    const serial = await imported();
    const someone = await scene.newcomer();
    await scene.gateway.command('tokens assign', [serial, someone.username]);
    const browsers = Array.from({ length: 30 }, () => scene.elsewhere(someone));
    const pages: Reply[] = [];
    // One after another: more passwords of one account at once than it has attempts would be refused.
    for (const browser of browsers) pages.push(await browser.enter('payroll'));
    expect(pages.every(asksCode)).toBe(true);
    const after = await Promise.all(browsers.map((browser, at) => browser.code(pages[at] as Reply, press(0))));
    expect(after.filter(({ url }) => url.pathname === '/payroll')).toHaveLength(1);
  });

  it('can’t be looked for: guesses at serial numbers are counted, and choosing anew gives none back', async () => {
    const serial = await imported();
    const someone = await scene.newcomer();
    for (let guess = 0; guess < LOCK.failures; guess++) {
      const browser = scene.elsewhere(someone);
      const asked = await askedForToken(browser, await browser.enter('courses'));
      const wrong = await browser.answer(asked, { serial: `9${guess}`, ...codes(0) });
      expect(wrong.text).toContain('This doesn’t go together.');
    }
    const browser = scene.elsewhere(someone);
    const choice = await browser.enter('courses');
    expect((await browser.answer(choice, { choice: 'token' })).text).toContain('Wait 30 minutes');
    scene.clock.advance(31 * MINUTES);
    const asked = await askedForToken(browser, await browser.enter('courses'));
    expect(asksToRemember(await browser.answer(asked, { serial, ...codes(0) }))).toBe(true);
  });

  it('that somebody holds is nobody else’s, and is taken away with what it opened', async () => {
    const serial = await imported();
    const [owner, other] = [await scene.newcomer(), await scene.newcomer()];
    await scene.gateway.command('tokens assign', [serial, owner.username]);
    const asked = await askedForToken(other, await other.enter('courses'));
    const wrong = await other.answer(asked, { serial, ...codes(0) });
    expect(wrong.text).toContain('This doesn’t go together.');

    const question = await owner.code(await owner.enter('courses'), press(2));
    expect((await owner.remember(question, 'yes')).url.pathname).toBe('/courses');
    await scene.gateway.command('tokens unassign', [serial]);
    const page = await scene.elsewhere(owner).enter('courses');
    expect(page.text).toContain('What shows your codes?');
    expect((await scene.gateway.command('tokens list')).find((line) => line.startsWith(serial))).toMatch(/hotp.*\t\t$/);
    // Codes stay used for the next holder.
    const claimed = await other.answer(wrong, { serial, ...codes(1) });
    expect(claimed.text).toContain('This doesn’t go together.');
    expect(asksToRemember(await other.answer(claimed, { serial, ...codes(3) }))).toBe(true);
  });

  it('that is out of step is set right at the sign-in by the next code, and at the account page', async () => {
    const serial = await imported();
    const someone = await scene.newcomer();
    await scene.gateway.command('tokens assign', [serial, someone.username]);
    const off = await someone.code(await someone.enter('courses'), press(60));
    expect(off.text).toContain('Type the very next code that it shows.');
    await someone.remember(await someone.code(off, press(61)), 'no');

    const add = await someone.client.open(`${scene.gateway.url}/account/methods/add/totp`);
    const asked = await askedForToken(someone, add);
    const page = await someone.answer(asked, { serial, ...codes(150) });
    expect(page.text).toContain('It is up to date again.');
    expect(page.body.match(/\/account\/methods\/[\w-]{22}\/rename/g)).toHaveLength(1);
    const elsewhere = scene.elsewhere(someone);
    expect((await elsewhere.code(await elsewhere.enter('payroll'), press(152))).url.pathname).toBe('/payroll');
  });

  it('stays as it was over a restart: what was used, and who holds it', async () => {
    const serial = await imported();
    const someone = await scene.newcomer();
    await scene.gateway.command('tokens assign', [serial, someone.username]);
    await someone.code(await someone.enter('payroll'), press(0));
    await scene.restart();
    const after = scene.elsewhere(someone);
    const page = await after.enter('payroll');
    expect(asksPassword(page)).toBe(false);
    const used = await after.code(page, press(0));
    expect(used.text).toContain('That code has been used already.');
    expect((await after.code(used, press(1))).url.pathname).toBe('/payroll');
  });

  it('leaves its traces in the audit, and no secret', async () => {
    const rows = scene.audit();
    const events = new Set(rows.map(({ event }) => event));
    for (const event of ['tokens.imported', 'tokens.assigned', 'tokens.unassigned', 'credential.renewed']) {
      expect(events).toContain(event);
    }
    const assigned = rows.find(({ event }) => event === 'tokens.assigned');
    expect(JSON.parse(assigned?.detail ?? '{}')).toMatchObject({
      by: 'cli',
      factor: 'totp',
      serial: expect.stringMatching(/^1000/),
    });
    expect(JSON.stringify(rows)).not.toContain(SECRET);
  });
});
