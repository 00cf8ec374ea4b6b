import { afterAll, describe, expect, it } from 'vitest';
import { numberOn } from '../../src/factors/push/testing/phone.ts';
import { Client, type Reply } from '../support/client.ts';
import { codesOf, issueTo, passFor } from '../support/issued.ts';
import { newestCode, OUTBOX } from '../support/outbox.ts';
import { Passkey } from '../support/passkeys.ts';
import { phones, startPushService, withPhones } from '../support/phones.ts';
import { asksCode, asksPassword, asksToEnrol, asksToRemember, type Someone, stage } from '../support/scene.ts';

const CANNOT = 'I can’t do this now';
const WORDS = 'Come with your card to desk 3.';
const HOURS = '星期一至五 8:00–18:00';

const service = await startPushService({ now: () => Date.now() });
afterAll(() => service.close());
const { push } = withPhones(service).factors;
const scene = stage(() => ({
  config: {
    ...OUTBOX,
    factors: { ...OUTBOX.factors, push, fido2: {}, recovery: {}, tap: {} },
    networks: { outside: ['127.0.0.9/32'] },
    trustedProxies: ['127.0.0.1', '::1'],
    support: {
      email: 'desk@university.example',
      pass: { en: WORDS, 'zh-Hant': '請攜帶證件。', 'zh-Hans': '请携带证件。' },
      hours: { en: 'Monday to Friday 8:00–18:00', 'zh-Hant': HOURS, 'zh-Hans': HOURS },
      address: 'Library, ground floor',
    },
    policy: {
      rules: [
        { name: 'library', applications: ['library'], level: 'sfa' },
        { name: 'courses', applications: ['courses'], level: 'mfa', remember: 'never' },
        { name: 'payroll', applications: ['payroll'], level: 'phr' },
        { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
        { name: 'not from outside', networks: ['outside'], firstEnrolment: false },
      ],
    },
  },
}));
const { owner } = phones(scene, () => service);

const instead = (browser: Someone, page: Reply) =>
  browser.client.open(new URL(`${page.url.pathname}/methods`, page.url));
const back = (browser: Someone, page: Reply) => browser.client.open(page.url.href.replace(/\/methods$/, ''));
const offered = (page: Reply) => [...page.body.matchAll(/name="method" value="([^"]+)"/g)].map(([, id]) => id);

/** Somebody who has set one thing up at Courses, and what adds it there. */
async function set(factor: string, answer: (someone: Someone, page: Reply) => Promise<Reply>): Promise<Someone> {
  const someone = await scene.newcomer();
  const page = await someone.answer(await someone.enter('courses'), { factor });
  const done = await answer(someone, page);
  if (asksToRemember(done)) await someone.remember(done, 'no');
  return someone;
}

let numbers = 0;
const people: Record<string, () => Promise<Someone>> = {
  totp: () => set('totp', (someone, page) => someone.enrol(page)),
  fido2: () => set('fido2', (someone, page) => new Passkey(scene.gateway).enrol(someone, page)),
  push: async () => (await owner()).someone,
  sms: () => {
    numbers += 1;
    const number = `+8529177${1000 + numbers}`;
    return set('sms', async (someone, page) => {
      const asked = await someone.answer(page, { code: number });
      return someone.code(asked, await newestCode(scene.gateway, number));
    });
  },
};

describe('a second step that can’t be taken now', () => {
  it.each(Object.keys(people))('has a way on from the first second: %s', async (factor) => {
    const someone = await people[factor]?.();
    if (someone === undefined) throw new Error(factor);
    const browser = scene.elsewhere(someone, new Client());
    const step = await browser.enter('courses');
    expect(step.text).toContain(CANNOT);
    const page = await instead(browser, step);
    expect(page.status).toBe(200);
    // There is nothing else: so the help desk is what there is.
    expect(offered(page)).toEqual([]);
    for (const text of ['The help desk helps you in', 'can give you a pass', WORDS, 'Monday to Friday', 'Library']) {
      expect(page.text).toContain(text);
    }
    expect(page.body).toContain('mailto:desk@university.example');
    expect(page.text).toMatch(/Reference: ?[A-Z2-9]{10}/);
    expect(page.body).not.toContain('<script>');
    // The way back leads to the very step: the number or the ceremony is the same one.
    const again = await back(browser, page);
    const challenge = (it: Reply) => [/data-ceremony="[^"]*"/.exec(it.body)?.[0], numberOn(it)];
    expect(challenge(step).some((shown) => shown !== undefined)).toBe(factor === 'fido2' || factor === 'push');
    expect(challenge(again)).toEqual(challenge(step));
    expect(again.text).toContain(CANNOT);
    const left = await browser.client.follow(await browser.client.submit(page, {}, { action: '/cancel' }));
    expect(left.text).toContain('access_denied');
  });

  it('offers the others, last used first and codes last, and keeps what was proven', async () => {
    const someone = await people.totp?.();
    if (someone === undefined) throw new Error('nobody');
    const codes = codesOf((await issueTo(scene, someone, 'recovery')).text);
    const browser = scene.elsewhere(someone, new Client());
    const step = await browser.enter('courses');
    expect(asksCode(step)).toBe(true);
    const wrong = await browser.code(step, '000000');
    const page = await instead(browser, wrong);
    // Neither the step itself, nor what was said there.
    expect(offered(page)).toEqual(['recovery']);
    expect(page.text).not.toContain('That code isn’t right');
    expect(page.text).toContain('None of these works for you?');
    const asked = await browser.answer(page, { method: 'recovery' });
    expect(asked.text).toContain(CANNOT);
    // From there the app is what is left; and a pass that came meanwhile is offered without another password.
    expect(offered(await instead(browser, asked))).toEqual(['totp']);
    const pass = await passFor(scene, someone);
    const now = await instead(browser, asked);
    expect(offered(now)).toEqual(['tap', 'totp']);
    const lent = await browser.answer(now, { method: 'tap' });
    expect(lent.text).toContain(CANNOT);
    expect(offered(await instead(browser, lent)).sort()).toEqual(['recovery', 'totp']);
    const question = await browser.code(lent, pass);
    expect((await browser.answer(question, { lost: 'no' })).url.pathname).toBe('/courses');
    expect(codes).toHaveLength(10);
  });

  it('speaks the person’s language, and says what a pass is good for where it isn’t enough', async () => {
    const someone = await people.fido2?.();
    if (someone === undefined) throw new Error('nobody');
    const browser = scene.elsewhere(someone, new Client({ headers: { 'accept-language': 'zh-Hant' } }));
    const step = await browser.enter('payroll');
    const page = await instead(browser, step);
    for (const text of ['我現在無法這樣做']) expect(step.text).toContain(text);
    for (const text of [HOURS, '請攜帶證件。', '僅憑服務台的臨時通行碼無法登入']) expect(page.text).toContain(text);
    expect(page.body).toContain('href="/account"');
    // The language is changed there, not at the step.
    expect(page.body).toContain(encodeURIComponent(`${step.url.pathname}/methods`));
  });

  it('is led on from a first enrolment as well, and policy stands', async () => {
    const someone = await scene.newcomer();
    const choice = await someone.enter('courses');
    expect(choice.text).toContain(CANNOT);
    const early = await instead(someone, choice);
    expect(early.text).toContain('set up your second step later');
    const setup = await someone.answer(early, { factor: 'totp' });
    expect(asksToEnrol(setup)).toBe(true);
    const page = await instead(someone, setup);
    expect(page.body).not.toContain('name="factor" value="totp"');
    expect(page.body).toContain('name="factor" value="sms"');
    expect(page.text).toContain(WORDS);
    // The key that was scanned is still the one that is asked for.
    someone.scan(setup);
    const same = await back(someone, page);
    expect(same.body).toContain(/href="(otpauth:[^"]+)"/.exec(setup.body)?.[1] ?? 'no key');
    for (const [field, value] of [
      ['skip', 'yes'],
      ['method', 'tap'],
      ['factor', 'tap'],
    ] as const) {
      const answer = await someone.answer(same, { [field]: value });
      expect(answer.url.pathname).toMatch(/^\/sign-in\//);
      expect(await someone.claims('courses')).toBeUndefined();
    }
  });

  it('says to whom it may not set one up here how a pass is had', async () => {
    const someone = await scene.newcomer();
    const outside = scene.elsewhere(someone, new Client({ headers: { 'x-forwarded-for': '127.0.0.9' } }));
    const refused = await outside.password(
      await outside.client.open(`${scene.gateway.url}/enrol/begin`),
      someone.username,
    );
    expect(refused.status).toBe(403);
    for (const text of [WORDS, 'Monday to Friday', 'Library, ground floor']) expect(refused.text).toContain(text);
  });

  it('tells nobody more before the password: the page leads back, alike for all names', async () => {
    const member = await people.totp?.();
    const shown = async (hint: string) => {
      const stranger = new Client();
      const { relyingParty } = scene.gateway;
      const start = await stranger.open(`${relyingParty}/courses/login?login_hint=${encodeURIComponent(hint)}`);
      expect(asksPassword(start)).toBe(true);
      const tried = await stranger.follow(await stranger.submit(start, { username: hint, password: 'wrong password' }));
      const early = await stranger.get(`${start.url.href}/methods`);
      expect(early.location?.pathname).toBe(start.url.pathname);
      expect(tried.text).not.toContain(CANNOT);
      const plain = (page: Reply) => page.text.replaceAll(hint, '*').replace(/\b[A-Z2-9]{10}\b/g, '*');
      return { status: early.status, start: plain(start), tried: plain(tried) };
    };
    expect(await shown('nobody-of-that-name')).toEqual(await shown(String(member?.username)));
  });
});
