import { describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { appHolder } from '../support/holders.ts';
import { asksPass, passFor, visitAccount } from '../support/issued.ts';
import { newestCode, OUTBOX } from '../support/outbox.ts';
import { asksCode, asksPassword, asksToEnrol, type Someone, stage } from '../support/scene.ts';

const scene = stage(() => ({
  config: {
    ...OUTBOX,
    factors: { ...OUTBOX.factors, recovery: {}, tap: {} },
    networks: { outside: ['127.0.0.9/32'] },
    trustedProxies: ['127.0.0.1', '::1'],
    policy: {
      rules: [
        { name: 'library', applications: ['library'], level: 'sfa' },
        { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
        { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: 'never', factors: ['totp', 'recovery'] },
        { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
        { name: 'not from outside', networks: ['outside'], firstEnrolment: false },
      ],
    },
  },
}));

let numbers = 0;
const newNumber = () => `+8529234${String(1000 + numbers++)}`;
const at = (path: string) => `${scene.gateway.url}${path}`;
const open = (someone: Someone, path: string) => someone.client.open(at(path));

async function press(someone: Someone, page: Reply, action: string, fields: Record<string, string> = {}) {
  return someone.client.follow(await someone.client.submit(page, fields, { action }));
}

/** A number of theirs beside it. */
async function withNumber(): Promise<{ someone: Someone; number: string }> {
  const someone = await appHolder(scene);
  const number = newNumber();
  const form = await visitAccount(scene, someone, '/account/methods/add/sms');
  const asked = await someone.answer(form, { code: number });
  const page = await someone.code(asked, await newestCode(scene.gateway, number));
  expect(page.text).toContain('It was added.');
  return { someone, number };
}

/** Ids of methods on the account page, by a word that is near to them. */
function idOf(page: Reply, word: string): string {
  const item = page.body.split(/<li[ >]/).find((part) => part.includes('/rename') && part.includes(word));
  const [, id] = /\/account\/methods\/([\w-]{22})\/rename/.exec(item ?? '') ?? [];
  if (id === undefined) throw new Error(`no method ${word} here`);
  return id;
}

const asksForText = (page: Reply) => page.text.includes('the code we sent you') && asksCode(page);
const asksForApp = (page: Reply) => page.text.includes('Open Code app') && asksCode(page);

describe('the method that is asked for first', () => {
  it('is the one chosen, where it is permitted, whatever was used last', async () => {
    const { someone } = await withNumber();
    const account = await open(someone, '/account');
    expect(account.text).not.toContain('Used first');
    expect(asksForText(await scene.elsewhere(someone).enter('courses'))).toBe(true);
    const chosen = await press(someone, account, `${idOf(account, 'Code app')}/default`);
    expect(chosen.text).toContain('You’ll be asked for it first from now on.');
    expect(chosen.text).toMatch(/Code app Used first/);
    expect(asksForApp(await scene.elsewhere(someone).enter('courses'))).toBe(true);
    await press(someone, chosen, `${idOf(chosen, 'Text message')}/default`);
    expect(asksForText(await scene.elsewhere(someone).enter('courses'))).toBe(true);
    expect(asksForApp(await scene.elsewhere(someone).enter('payroll'))).toBe(true);
    expect(scene.audit().filter(({ event }) => event === 'credential.default-changed')).toHaveLength(2);
  });

  it('is the last used again once the chosen one is gone', async () => {
    const { someone } = await withNumber();
    const account = await open(someone, '/account');
    const id = idOf(account, 'Text message');
    await press(someone, account, `${id}/default`);
    await press(someone, await open(someone, `/account/methods/${id}/remove`), '/remove');
    expect((await open(someone, '/account')).text).not.toContain('Used first');
    expect(asksForApp(await scene.elsewhere(someone).enter('courses'))).toBe(true);
  });

  it('takes a second factor of the last ten minutes, and asks before it is changed then', async () => {
    const { someone } = await withNumber();
    const account = await open(someone, '/account');
    scene.clock.advance(11 * MINUTES);
    const again = await press(someone, account, `${idOf(account, 'Code app')}/default`);
    expect(asksPassword(again)).toBe(true);
    expect((await open(someone, '/account')).text).not.toContain('Used first');
  });

  it('is nobody else’s', async () => {
    const { someone } = await withNumber();
    const { someone: other } = await withNumber();
    const theirs = idOf(await open(other, '/account'), 'Code app');
    const page = await open(someone, '/account');
    const mine = idOf(page, 'Code app');
    const forged = await someone.client.submit(page, {}, { action: `${mine}/default` });
    expect(forged.status).toBe(303);
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(page.body) ?? [];
    expect((await someone.client.post(at(`/account/methods/${theirs}/default`), { csrf })).status).toBe(404);
    expect((await open(other, '/account')).text).not.toContain('Used first');
  });
});

describe('a new phone', () => {
  /** As far as the page that sets the app up on it. */
  async function begun(someone: Someone): Promise<{ setup: Reply; old: string }> {
    const old = idOf(await visitAccount(scene, someone, '/account'), 'Code app');
    const list = await visitAccount(scene, someone, '/account/phone');
    return { setup: await press(someone, list, '/account/phone', { method: old }), old };
  }

  it('takes over a method in one walk: set up, proven, and only then the old one removed', async () => {
    const someone = await appHolder(scene);
    const list = await open(someone, '/account/phone');
    expect(list.text).toContain('Step 1 of 3');
    expect(list.text).toContain('Its codes don’t come along by themselves.');
    const { setup, old } = await begun(someone);
    expect(setup.text).toContain('Step 2 of 3');
    expect(setup.body).toMatch(/name="name"[^>]* value="Code app"/);
    const phone = scene.elsewhere(someone, someone.client).scan(setup);
    const works = await phone.code(setup, scene.nextCode(phone));
    expect(works.text).toContain('Step 3 of 3');
    expect(works.text).toContain('The new phone works');
    const done = await press(someone, works, '/remove', { remove: 'yes' });
    expect(done.url.pathname).toBe('/account');
    expect(done.text).toContain('It has moved. The old one was removed.');
    expect(idOf(done, 'Code app')).not.toBe(old);
    expect(done.body.match(/\/rename"/g)).toHaveLength(1);
    const asked = await scene.elsewhere(phone).enter('payroll');
    const lost = await scene.elsewhere(someone).code(asked, '000000');
    expect(lost.text).not.toContain('payroll');
  });

  it('counts for no application that wants a second factor in each request', async () => {
    const someone = await appHolder(scene);
    const { setup } = await begun(someone);
    const phone = scene.elsewhere(someone, someone.client).scan(setup);
    await press(someone, await phone.code(setup, scene.nextCode(phone)), '/remove', { remove: 'yes' });
    for (const wait of [0, 20 * MINUTES]) {
      scene.clock.advance(wait);
      expect((await phone.begin('payroll', '?prompt=none')).text).toContain('interaction_required');
      expect(asksCode(await phone.begin('payroll'))).toBe(true);
    }
    // What takes a second factor of this session is open all the same.
    expect((await phone.begin('courses', '?prompt=none')).url.pathname).toBe('/courses');
  });

  it('raises no copy of the session’s cookie', async () => {
    const someone = await appHolder(scene);
    const { setup } = await begun(someone);
    const phone = scene.elsewhere(someone, someone.client).scan(setup);
    const last = await phone.code(setup, scene.nextCode(phone));
    const copy = scene.elsewhere(someone, new Client({ jar: someone.client.jar.copy() }));
    await press(someone, last, '/remove', { remove: 'yes' });
    for (const path of ['/account', '/account/methods/add/totp']) {
      expect((await copy.client.open(at(path))).url.pathname).toMatch(/^\/sign-in\//);
    }
    expect((await copy.begin('courses', '?prompt=none')).text).toContain('interaction_required');
    expect((await phone.begin('courses', '?prompt=none')).url.pathname).toBe('/courses');
  });

  it('changes nothing for whoever leaves in the middle, or gets the code wrong', async () => {
    const someone = await appHolder(scene);
    const { setup, old } = await begun(someone);
    const wrong = await someone.answer(setup, { code: '000000' });
    expect(wrong.text).toContain('That code isn’t right.');
    expect(wrong.text).toContain('Step 2 of 3');
    expect((await open(someone, '/account/phone/remove')).url.pathname).toBe('/account/phone');
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(setup.body) ?? [];
    await someone.client.post(at('/account/phone/remove'), { csrf, remove: 'yes' });
    const account = await open(someone, '/account');
    expect(idOf(account, 'Code app')).toBe(old);
    expect(account.body.match(/\/rename"/g)).toHaveLength(1);
    const elsewhere = scene.elsewhere(someone);
    const page = await elsewhere.code(await elsewhere.enter('payroll'), scene.nextCode(someone));
    expect(page.url.pathname).toBe('/payroll');
  });

  it('can leave both there', async () => {
    const someone = await appHolder(scene);
    const { setup } = await begun(someone);
    const phone = scene.elsewhere(someone, someone.client).scan(setup);
    const works = await phone.code(setup, scene.nextCode(phone));
    const kept = await press(someone, works, '/remove', { remove: 'no' });
    expect(kept.text).toContain('The old one is still there');
    expect((await open(someone, '/account')).body.match(/\/rename"/g)).toHaveLength(2);
  });

  it('goes on to what else was on the old one, and keeps what was asked for first', async () => {
    const { someone } = await withNumber();
    const account = await open(someone, '/account');
    await press(someone, account, `${idOf(account, 'Code app')}/default`);
    const { setup } = await begun(someone);
    const phone = scene.elsewhere(someone, someone.client).scan(setup);
    const works = await phone.code(setup, scene.nextCode(phone));
    const next = await press(someone, works, '/remove', { remove: 'yes' });
    expect(next.url.pathname).toBe('/account/phone');
    expect(next.text).toContain('It has moved.');
    expect(next.text).toContain('What do you want to move next?');
    expect(next.body.match(/name="method"/g)).toHaveLength(1);
    expect((await open(someone, '/account')).text).toMatch(/Code app Used first/);
  });

  it('carries over no name that tells the old number', async () => {
    const { someone, number } = await withNumber();
    const list = await open(someone, '/account/phone');
    const old = idOf(await open(someone, '/account'), number.slice(-3));
    const form = await press(someone, list, '/account/phone', { method: old });
    expect(form.text).toContain('Step 2 of 3');
    const fresh = newNumber();
    const code = await someone.answer(form, { code: fresh });
    const works = await someone.code(code, await newestCode(scene.gateway, fresh));
    expect(works.text).toContain('The new phone works');
    const done = await press(someone, works, '/remove', { remove: 'yes' });
    const account = await open(someone, '/account');
    expect(done.text).toContain('It has moved.');
    expect(account.text).toContain(fresh.slice(-3));
    expect(account.text).not.toContain(`…${number.slice(-3)}`);
  });

  it('never takes the last one: not where the new one was removed meanwhile', async () => {
    const someone = await appHolder(scene);
    const { setup, old } = await begun(someone);
    const phone = scene.elsewhere(someone, someone.client).scan(setup);
    const works = await phone.code(setup, scene.nextCode(phone));
    const account = await open(someone, '/account');
    const ids = [...account.body.matchAll(/\/account\/methods\/([\w-]{22})\/rename/g)].map(([, id]) => id);
    const added = ids.find((id) => id !== old);
    await press(someone, await open(someone, `/account/methods/${added}/remove`), '/remove');
    await press(someone, works, '/remove', { remove: 'yes' });
    expect(idOf(await open(someone, '/account'), 'Code app')).toBe(old);
  });

  it('takes no method of somebody else’s, nor what is on no phone', async () => {
    const someone = await appHolder(scene);
    const theirs = idOf(await open(await appHolder(scene), '/account'), 'Code app');
    await press(someone, await visitAccount(scene, someone, '/account/methods/issue/recovery'), '/recovery');
    const sheet = idOf(await open(someone, '/account'), 'Recovery codes');
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec((await open(someone, '/account/phone')).body) ?? [];
    for (const method of [theirs, sheet, '', 'x'.repeat(22)]) {
      expect((await someone.client.post(at('/account/phone'), { csrf, method })).status).toBe(404);
    }
    const forged = await someone.client.post(at('/account/phone'), { csrf: 'x', method: theirs });
    expect(forged.status).toBe(403);
  });

  it('can be set up with a pass, which takes nothing away', async () => {
    const someone = await appHolder(scene);
    const pass = await passFor(scene, someone);
    const browser = scene.elsewhere(someone);
    const page = await browser.client.open(at('/account/phone'));
    const asked = await browser.password(page, someone.username);
    const list = asksPass(asked)
      ? asked
      : await browser.answer(await browser.client.open(new URL(`${asked.url.pathname}/methods`, asked.url)), {
          method: 'tap',
        });
    const phonePage = await browser.code(list, pass);
    const old = /name="method" value="([\w-]{22})"/.exec(phonePage.body)?.[1] ?? '';
    const setup = await press(browser, phonePage, '/account/phone', { method: old });
    expect(asksToEnrol(setup)).toBe(true);
    const phone = scene.elsewhere(browser, browser.client).scan(setup);
    const works = await phone.code(setup, scene.nextCode(phone));
    expect(works.text).toContain('a pass, which can’t take anything away');
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(works.body) ?? [];
    expect((await browser.client.post(at('/account/phone/remove'), { csrf, remove: 'yes' })).status).toBe(403);
    expect((await open(someone, '/account')).body.match(/\/rename"/g)?.length).toBeGreaterThan(1);
  });
});

describe('the first set-up', () => {
  /** Past the first page and the password. */
  async function entered(someone: Someone): Promise<Reply> {
    const welcome = await open(someone, '/enrol');
    expect(welcome.text).toContain('Set up your second step');
    return someone.password(await someone.client.open(at('/enrol/begin')), someone.username);
  }

  it('walks a newcomer through two methods, and says what has been set up', async () => {
    const someone = await scene.newcomer();
    const choice = await entered(someone);
    expect(choice.text).toContain('Step 1 of 2');
    expect(choice.text).toMatch(/Codes from another app Recommended Code app · An app/);
    const setup = await someone.answer(choice, { factor: 'totp' });
    expect(setup.text).toContain('Step 1 of 2');
    const second = await someone.enrol(setup);
    expect(second.url.pathname).toBe('/enrol');
    expect(second.text).toContain('Step 2 of 2');
    expect(second.body).not.toContain('value="totp"');
    const number = newNumber();
    const form = await press(someone, second, '/enrol', { factor: 'sms' });
    expect(form.text).toContain('Step 2 of 2');
    const code = await someone.answer(form, { code: number });
    const done = await someone.code(code, await newestCode(scene.gateway, number));
    expect(done.url.pathname).toBe('/enrol/done');
    expect(done.text).toContain('You’re ready');
    expect(done.text).toMatch(/Code app.*Text message/s);
    expect(done.body).toContain('href="/account/methods/issue/recovery"');
    expect(done.body).toContain('href="/applications"');
    expect((await open(someone, '/account')).url.pathname).toBe('/account');
    expect((await open(someone, '/enrol')).url.pathname).toBe('/enrol/done');
  });

  it('can be left after the first, and gone on with', async () => {
    const someone = await scene.newcomer();
    const second = await someone.enrol(await someone.answer(await entered(someone), { factor: 'totp' }));
    expect(second.body).toContain('href="/enrol/done"');
    const left = await open(someone, '/enrol/done');
    expect(left.text).toContain('One method is set up');
    expect(left.body).toContain('href="/enrol"');
    const code = await scene.elsewhere(someone).enter('courses');
    expect(asksCode(code)).toBe(true);
  });

  it('takes the password alone only where policy lets people, and says where a pass is to be had', async () => {
    const someone = await scene.newcomer();
    const outside = scene.elsewhere(someone, new Client({ headers: { 'x-forwarded-for': '127.0.0.9' } }));
    const refused = await outside.password(await outside.client.open(at('/enrol/begin')), someone.username);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('you need a pass');
    expect(refused.text).toContain('Ask the help desk for a pass.');
    for (const path of ['/enrol/set-up/totp', '/enrol/set-up/sms', '/enrol/done']) {
      expect(asksToEnrol(await outside.client.open(at(path)))).toBe(false);
    }
    const forged = await outside.client.post(at('/enrol'), { factor: 'totp', csrf: 'x' });
    expect(forged.location?.pathname).not.toContain('/enrol');
  });

  it('leads whoever has a pass through both, and issues nothing for it', async () => {
    const someone = await scene.newcomer();
    const pass = await passFor(scene, someone);
    const outside = scene.elsewhere(someone, new Client({ headers: { 'x-forwarded-for': '127.0.0.9' } }));
    const asked = await outside.password(await outside.client.open(at('/enrol/begin')), someone.username);
    expect(asksPass(asked)).toBe(true);
    const choice = await outside.code(asked, pass);
    expect(choice.url.pathname).toBe('/enrol');
    expect(choice.text).toContain('Step 1 of 2');
    const setup = await press(outside, choice, '/enrol', { factor: 'totp' });
    outside.scan(setup);
    const second = await outside.code(setup, outside.codeAt());
    expect(second.text).toContain('Step 2 of 2');
    const done = await open(outside, '/enrol/done');
    expect(done.text).toContain('One method is set up');
    expect(done.body).not.toContain('/issue/');
  });

  it('asks whoever has a method for it: a password adds no second one', async () => {
    const someone = await appHolder(scene);
    const thief = scene.elsewhere(someone);
    const asked = await thief.password(await thief.client.open(at('/enrol/begin')), someone.username);
    expect(asksCode(asked)).toBe(true);
    await thief.enter('library');
    expect((await thief.client.open(at('/enrol'))).text).toContain('It takes about five minutes');
    expect(asksToEnrol(await thief.client.open(at('/enrol/set-up/totp')))).toBe(false);
    expect(asksPassword(await thief.answer(asked, { password: PASSWORD }))).toBe(false);
  });

  it('asks for the first one again when the second is set up later', async () => {
    const someone = await scene.newcomer();
    await someone.enrol(await someone.answer(await entered(someone), { factor: 'totp' }));
    scene.clock.advance(11 * MINUTES);
    const page = await open(someone, '/enrol/set-up/sms');
    expect(asksPassword(page)).toBe(true);
    expect(page.body).not.toContain('type="tel"');
  });
});

describe('the language of the account', () => {
  it('is chosen on its page, and holds in another browser', async () => {
    const someone = await appHolder(scene);
    const [, href = ''] =
      /href="(\/language\?to=zh-Hant&amp;back=\/account)"/.exec((await open(someone, '/account')).body) ?? [];
    const page = await someone.client.open(at(href.replace('&amp;', '&')));
    expect(page.url.pathname).toBe('/account');
    expect(page.text).toContain('您的帳號');
    const elsewhere = scene.elsewhere(someone);
    expect((await elsewhere.enter('courses')).text).toContain('驗證碼');
  });
});
