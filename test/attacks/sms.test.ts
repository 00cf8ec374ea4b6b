import { describe, expect, it, vi } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { accountOf, appHolder } from '../support/holders.ts';
import { visitAccount } from '../support/issued.ts';
import { management, newestCode, OUTBOX, outbox } from '../support/outbox.ts';
import { asksCode, asksToRemember, post, type Someone, stage } from '../support/scene.ts';

const MANY = 100;
/** So many that only what is attacked decides. */
const GENEROUS = { account: 1000, number: 1000, address: 1000, country: 1000, installation: 1000 };
const config = (given: object = {}) => ({
  ...OUTBOX,
  factors: { ...OUTBOX.factors, sms: { ...OUTBOX.factors.sms, perHour: GENEROUS } },
  ...given,
});

function cast(scene: ReturnType<typeof stage>) {
  let numbers = 0;
  const newNumber = () => `+8529345${String(1000 + numbers++)}`;

  async function withNumber(): Promise<{ someone: Someone; number: string }> {
    const [someone, number] = [await scene.newcomer(), newNumber()];
    const form = await someone.answer(await someone.enter('courses'), { factor: 'sms' });
    const page = await someone.answer(form, { code: number });
    await someone.remember(await someone.code(page, await newestCode(scene.gateway, number)), 'no');
    scene.clock.advance(31 * SECONDS);
    return { someone, number };
  }

  const events = async (someone: Someone, event: string) => {
    const id = await accountOf(scene, someone);
    return scene
      .audit()
      .filter((row) => row.event === event && row.account === id)
      .filter(({ detail }) => JSON.parse(detail).factor === 'sms').length;
  };

  return { newNumber, withNumber, events };
}

const other = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

describe('codes by text message, at once', () => {
  const scene = stage(() => ({ config: config({ lockout: { failures: 100, perAddress: { failures: 100_000 } } }) }));
  const { newNumber, withNumber, events } = cast(scene);

  it('count once of a hundred right ones', async () => {
    const { someone, number } = await withNumber();
    const browser = scene.elsewhere(someone, new Client());
    const page = await browser.enter('courses');
    const code = await newestCode(scene.gateway, number);
    const before = await events(someone, 'sign-in.proved');
    await Promise.all(Array.from({ length: MANY }, () => post(browser, page, { code })));
    await vi.waitFor(async () => expect(await events(someone, 'sign-in.proved')).toBe(before + 1), { timeout: 20_000 });
    expect(asksToRemember(await browser.client.get(page.url))).toBe(true);
  });

  it('are sent once, however many times another is asked for', async () => {
    const { someone, number } = await withNumber();
    const browser = scene.elsewhere(someone, new Client());
    const page = await browser.enter('courses');
    scene.clock.advance(31 * SECONDS);
    const before = (await outbox(scene.gateway, number)).length;
    await Promise.all(Array.from({ length: MANY }, () => post(browser, page, { resend: 'yes' })));
    expect(await outbox(scene.gateway, number)).toHaveLength(before + 1);
    const code = await newestCode(scene.gateway, number);
    expect(asksToRemember(await browser.code(await browser.client.get(page.url), code))).toBe(true);
  });

  it('make one method of a hundred confirmations', async () => {
    const [someone, number] = [await scene.newcomer(), newNumber()];
    const form = await someone.answer(await someone.enter('courses'), { factor: 'sms' });
    const page = await someone.answer(form, { code: number });
    const code = await newestCode(scene.gateway, number);
    await Promise.all(Array.from({ length: MANY }, () => post(someone, page, { code })));
    expect(await scene.gateway.app.rooms.credentials.ofAccount(await accountOf(scene, someone))).toHaveLength(1);
    expect(asksToRemember(await someone.client.get(page.url))).toBe(true);
  });

  it('go to one number of a hundred given at once, and it is that one that is set up', async () => {
    const someone = await scene.newcomer();
    const form = await someone.answer(await someone.enter('courses'), { factor: 'sms' });
    const own = Array.from({ length: 20 }, newNumber);
    await Promise.all(own.map((number) => post(someone, form, { code: number })));
    const page = await someone.client.get(form.url);
    const shown = own.find((number) => page.text.includes(`${number.slice(4, 8)} ${number.slice(8)}`)) ?? '';
    await someone.code(page, await newestCode(scene.gateway, shown));
    const [credential] = await scene.gateway.app.rooms.credentials.ofAccount(await accountOf(scene, someone));
    expect(credential?.data).toMatchObject({ number: shown });
  });
});

describe('guesses', () => {
  const scene = stage(() => ({ config: config() }));
  const { withNumber, events } = cast(scene);

  it('hit one count across 50 sign-ins, with a new code asked for before each', async () => {
    const { someone, number } = await withNumber();
    const texts: string[] = [];
    for (let at = 0; at < 50; at += 1) {
      const thief = scene.elsewhere(someone, new Client());
      const page = await thief.enter(['courses', 'payroll'][at % 2] ?? '');
      scene.clock.advance(31 * SECONDS);
      const renewed = await thief.answer(page, { resend: 'yes' });
      const code = await newestCode(scene.gateway, number);
      // From the ninth on it is the right one.
      texts.push((await thief.code(renewed, at < 8 ? other(code) : code)).text);
    }
    for (const text of texts.slice(0, 8)) expect(text).toContain('That code isn’t right');
    for (const text of texts.slice(8)) expect(text).toContain('Too many wrong attempts.');
    await vi.waitFor(async () => expect(await events(someone, 'sign-in.refused')).toBe(8), { timeout: 20_000 });
  });
});

describe('a code of somebody else', () => {
  const scene = stage(() => ({ config: config() }));
  const { newNumber, withNumber } = cast(scene);

  it('is refused in one’s own sign-in', async () => {
    const [ada, bob] = [await withNumber(), await withNumber()];
    const hers = scene.elsewhere(ada.someone, new Client());
    const his = scene.elsewhere(bob.someone, new Client());
    const [herPage, hisPage] = [await hers.enter('payroll'), await his.enter('payroll')];
    const [herCode, hisCode] = [
      await newestCode(scene.gateway, ada.number),
      await newestCode(scene.gateway, bob.number),
    ];
    expect(herCode).not.toBe(hisCode);
    expect((await his.code(hisPage, herCode)).text).toContain('That code isn’t right');
    expect((await hers.code(herPage, hisCode)).text).toContain('That code isn’t right');
    expect(await his.subject('payroll')).toBeUndefined();
  });

  it('is refused in another sign-in of the same person', async () => {
    const { someone, number } = await withNumber();
    const owner = scene.elsewhere(someone, new Client());
    const ownPage = await owner.enter('payroll');
    const code = await newestCode(scene.gateway, number);
    const thief = scene.elsewhere(someone, new Client());
    const page = await thief.enter('payroll');
    expect(asksCode(page)).toBe(true);
    expect((await thief.code(page, code)).text).toMatch(/No code was sent yet|That code isn’t right/);
    expect(await thief.subject('payroll')).toBeUndefined();
    await owner.code(ownPage, code);
    expect(await owner.subject('payroll')).toBeDefined();
  });

  it('comes to no number that was put in the place of the first, in the middle of a sign-in', async () => {
    const { someone, number } = await withNumber();
    const browser = scene.elsewhere(someone, new Client());
    const page = await browser.enter('payroll');
    const code = await newestCode(scene.gateway, number);
    const { credentials } = scene.gateway.app.rooms;
    const [mine] = await credentials.ofAccount(await accountOf(scene, someone));
    const stranger = newNumber();
    if (mine === undefined) throw new Error('no method');
    await credentials.update(mine, { number: stranger });
    scene.clock.advance(31 * SECONDS);
    const resent = await browser.answer(page, { resend: 'yes', number: stranger });
    expect(resent.text).toContain('The number was changed in the meantime');
    expect(await outbox(scene.gateway, stranger)).toEqual([]);
    expect((await browser.code(resent, code)).text).toContain('The number was changed in the meantime');
    expect(await browser.subject('payroll')).toBeUndefined();
  });

  it('cannot be had for a number that is typed beside the code', async () => {
    const [someone, number] = [await scene.newcomer(), newNumber()];
    const form = await someone.answer(await someone.enter('courses'), { factor: 'sms' });
    const page = await someone.answer(form, { code: number });
    const stranger = newNumber();
    const code = await newestCode(scene.gateway, number);
    await someone.answer(page, { code, number: stranger, telephone: stranger, to: stranger });
    const [credential] = await scene.gateway.app.rooms.credentials.ofAccount(await accountOf(scene, someone));
    expect(credential?.data).toMatchObject({ number });
    expect(await outbox(scene.gateway, stranger)).toEqual([]);
  });
});

describe('where policy allows no text messages', () => {
  const scene = stage(() => ({
    config: config({
      policy: {
        rules: [
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
          { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: 'never', factors: ['totp'] },
        ],
      },
    }),
  }));
  const { withNumber } = cast(scene);

  it('none is offered, sent or counted', async () => {
    const { someone, number } = await withNumber();
    const before = await outbox(scene.gateway, number);
    const page = await someone.begin('payroll');
    expect(page.text).toContain('This application needs a method that you haven’t set up');
    expect(await outbox(scene.gateway, number)).toEqual(before);
    expect(await someone.subject('payroll')).toBeUndefined();
  });
});

describe('what an operator has to hear of', () => {
  const perHour = { ...GENEROUS, country: 2 };
  const scene = stage(() => ({
    config: { ...OUTBOX, factors: { ...OUTBOX.factors, sms: { ...OUTBOX.factors.sms, perHour } } },
  }));
  const { withNumber, newNumber, events } = cast(scene);

  it('is a spent budget: once in the audit, in the metrics and in the log', async () => {
    // One to set it up, and one more in the same hour.
    scene.clock.advance(60 * 60 * SECONDS - (scene.gateway.now() % (60 * 60 * SECONDS)));
    const { someone } = await withNumber();
    const pages: Reply[] = [];
    for (let time = 0; time < 4; time += 1) {
      pages.push(await scene.elsewhere(someone, new Client()).enter('courses'));
      scene.clock.advance(31 * SECONDS);
    }
    expect(pages[0]?.text).toContain('We sent a code');
    for (const page of pages.slice(1)) expect(page.text).toContain('minutes');
    const spent = () => scene.audit().filter(({ event }) => event === 'budget.spent');
    await vi.waitFor(() => expect(spent()).toHaveLength(1), { timeout: 20_000 });
    const facts = { owner: 'sms', budget: 'country', of: 'HK' };
    expect(JSON.parse(spent()[0]?.detail ?? '{}')).toMatchObject(facts);
    expect(scene.gateway.logs.filter(({ level }) => level === 'error')).toMatchObject([{ fields: facts }]);
    const metrics = await (await management(scene.gateway, '/metrics')).text();
    expect(metrics).toContain('sallyport_budgets_spent_total{owner="sms",budget="country"} 1');
  });

  it('is an answer that was refused where methods are managed', async () => {
    const someone = await appHolder(scene);
    await visitAccount(scene, someone, '/account');
    const form = await someone.client.open(`${scene.gateway.url}/account/methods/add/sms`);
    await someone.answer(form, { code: newNumber().slice(0, 7) });
    await vi.waitFor(async () => expect(await events(someone, 'enrolment.refused')).toBe(1), { timeout: 20_000 });
    expect(scene.gateway.logs).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ factor: 'sms', reason: 'number: malformed' }) }),
    );
  });
});
