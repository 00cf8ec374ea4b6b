import { afterAll, describe, expect, it, vi } from 'vitest';
import { readCode } from '../../src/factors/email-code/double.ts';
import { numberOn, waitingOn } from '../../src/factors/push/testing/phone.ts';
import { readMessage } from '../../src/factors/sms/double.ts';
import { startGateway as startTextGateway } from '../../src/senders/http-gateway/double.ts';
import { startMailServer } from '../../src/senders/smtp/double.ts';
import { selfSigned } from '../support/certificate.ts';
import type { Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { clientAt, crowd, isOverInRedis, stageCluster, TO_NODE } from '../support/cluster.ts';
import { application } from '../support/oidc-gateway.ts';
import { phones, startPushService } from '../support/phones.ts';
import { secretOf } from '../support/relying-party.ts';
import { asksCode, asksToRemember, post, type Someone } from '../support/scene.ts';

/** What goes another way than the page that waits for it: to phones, by text message, by mail. */

const tls = await selfSigned('mail.example');
const [push, texts, mails] = await Promise.all([startPushService(), startTextGateway(), startMailServer({ tls })]);
afterAll(() => Promise.all([push.close(), texts.close(), mails.close()]));

const stage = stageCluster(() => ({
  config: {
    factors: {
      password: {},
      totp: {},
      push: { services: [push.origin] },
      sms: { countries: ['HK'] },
      'email-code': {},
    },
    senders: {
      'http-gateway': { url: `${texts.url}/send`, body: '{"to":"{to}","text":"{text}"}' },
      smtp: {
        ...{ host: '127.0.0.1', port: mails.port, ca: tls.cert, serverName: 'mail.example' },
        from: { address: 'login@university.example' },
      },
    },
    applications: { desk: application('desk', { grants: ['ciba'], redirectUris: [] }) },
    policy: {
      rules: [
        { name: 'desk', applications: ['desk'], level: 'sfa' },
        { name: 'library', applications: ['library'], level: 'sfa' },
        { name: 'by mail', applications: ['courses'], groups: ['by-mail'], level: 'mfa', factors: ['email-code'] },
        { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
        { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: 'never' },
        { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
      ],
    },
  },
}));
const { newcomer, elsewhere } = crowd(() => stage.cluster);
const { owner } = phones({ newcomer }, () => push);
const NAMES = ['a', 'b'] as const;
type Name = (typeof NAMES)[number];

/** The same browser, at one of the nodes. */
const at = (name: Name, someone: Someone): Someone => elsewhere(someone, clientAt(name, someone.client.jar));

/** Calls of a phone go to this node. */
const callAt = (name: Name) => async (url: string, body: unknown) => {
  const headers = { 'content-type': 'application/json', [TO_NODE]: name };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
};

describe('a request to a phone', () => {
  /** At the page that shows the number, on a node; a second step at payroll is asked for each time. */
  async function asked(name: Name, someone: Someone): Promise<{ other: Someone; page: Reply; number: string }> {
    const other = elsewhere(someone, clientAt(name));
    const page = await other.enter('payroll');
    return { other, page, number: numberOn(page) ?? '' };
  }

  it.each([
    ['a', 'b'],
    ['b', 'a'],
  ] as const)('shown at %s and approved at %s: the page that listens hears of it, and goes on', async (here, there) => {
    const { someone, phone } = await owner({ call: callAt(there) });
    const { other, page, number } = await asked(here, someone);
    expect(number).toMatch(/^\d\d$/);
    const stream = other.client.get(waitingOn(page).events);
    // Another tab listens at the node that the phone calls.
    const second = at(there, other).client.get(waitingOn(page).events);
    const wrong = await phone.answer((await phone.request()).id, 'approve', number);
    expect(wrong.json).toEqual({ outcome: 'approved' });
    expect((await stream).body).toContain('event: changed\n');
    expect((await second).body).toContain('event: changed\n');
    expect((await at(there, other).client.get(waitingOn(page).state)).json()).toMatchObject({ changed: true });
    expect((await at(there, other).answer(page, {})).url.pathname).toBe('/payroll');
  });

  it('begun by an application at one node, and approved at the other: either tells it, once', async () => {
    const { someone, phone } = await owner({ call: callAt('b') });
    const basic = `Basic ${Buffer.from(`desk:${secretOf('desk')}`).toString('base64')}`;
    const ask = (name: Name, path: string, fields: Record<string, string>) =>
      clientAt(name).post(`${stage.cluster.url}${path}`, fields, {
        headers: { origin: undefined, authorization: basic },
      });
    const begun = await ask('a', '/backchannel-authentication', { scope: 'openid', login_hint: someone.username });
    const { auth_req_id, binding_number } = begun.json() as Record<string, string>;
    await phone.approve(String(binding_number));
    const fields = { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: String(auth_req_id) };
    const answers = await Promise.all(NAMES.map((name) => ask(name, '/token', fields)));
    const told = answers.map((it) => (it.json() as { error?: string }).error ?? 'tokens');
    expect(told.sort()).toEqual(['slow_down', 'tokens']);
  });

  it('is the only one of its account, at whichever node the next one is made', async () => {
    const { someone, phone, subscriber } = await owner({ call: callAt('a') });
    const first = await asked('a', someone);
    const before = await phone.request();
    const second = await asked('b', someone);
    // What was made first stays the one to answer, or a thief's request could take the owner's place; or it has ended.
    const { id } = await phone.request();
    const live = id === before.id ? first : second;
    const dead = id === before.id ? second : first;
    expect([first.number, second.number].filter((number) => number !== '').length).toBeGreaterThan(0);
    expect((await phone.answer(id, 'approve', live.number)).json).toEqual({ outcome: 'approved' });
    await live.other.answer(live.page, {});
    expect(await live.other.subject('payroll')).toBeDefined();
    const ended = await dead.other.client.open(dead.page.url);
    expect(ended.url.pathname).toContain('/sign-in/');
    expect(await dead.other.subject('payroll')).toBeUndefined();
    expect(subscriber.posts).toBeGreaterThan(0);
  });

  it('of twenty begun at both at the same time one is there to be answered', async () => {
    const { someone, phone } = await owner();
    const pages = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const other = elsewhere(someone, clientAt(NAMES[n % 2] ?? 'a'));
        return { other, page: await other.begin('payroll') };
      }),
    );
    const shown = await Promise.all(
      pages.map(async ({ other, page }) => ({ other, page: await other.password(page, someone.username) })),
    );
    // Throws where more than one waits.
    const { id } = await phone.request();
    const numbers = shown.flatMap(({ page }) => numberOn(page) ?? []);
    const outcomes = [];
    for (const number of new Set(numbers)) outcomes.push((await phone.answer(id, 'approve', number)).json.outcome);
    expect(outcomes.filter((outcome) => outcome === 'approved').length).toBeLessThanOrEqual(1);
    const through = await Promise.all(
      shown.map(async ({ other, page }) => {
        await other.client.open(page.url);
        return (await other.subject('payroll')) !== undefined;
      }),
    );
    expect(through.filter(Boolean).length).toBeLessThanOrEqual(1);
  });

  it('is approved once, of forty answers at both nodes', async () => {
    const { someone, phone } = await owner();
    const { other, page, number } = await asked('a', someone);
    const { id } = await phone.request();
    const body = phone.signed('answer', { device: phone.device, request: id, decision: 'approve', number });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        callAt(NAMES[n % 2] ?? 'a')(`${stage.cluster.url}/authenticator/api/answer`, body),
      ),
    );
    expect(answers.map(({ json }) => json.outcome)).toContain('approved');
    const through = await Promise.all(NAMES.map((name) => post(at(name, other), page)));
    expect(through.map(({ location }) => location?.pathname)).toContainEqual(expect.stringMatching(/^\/authorize\//));
    await other.client.open(page.url);
    expect(await other.subject('payroll')).toBeDefined();
  });

  it('can be sent again after a pause that counts at both', async () => {
    const { someone, phone, subscriber } = await owner();
    const { other, page, number } = await asked('a', someone);
    await phone.approve(number === '10' ? '11' : '10');
    const ended = await at('b', other).answer(page, {});
    for (const name of NAMES) {
      const early = await at(name, other).answer(await at(name, other).client.open(ended.url), { resend: 'yes' });
      expect(early.text).toContain('You can have another request sent in');
    }
    expect(subscriber.posts).toBe(1);
    stage.cluster.advance(21 * SECONDS);
    const again = await at('b', other).answer(await at('a', other).client.open(ended.url), { resend: 'yes' });
    await phone.approve(numberOn(again) ?? '');
    expect((await at('a', other).answer(again, {})).url.pathname).toBe('/payroll');
    expect(subscriber.posts).toBe(2);
  });
});

describe('a code by text message', () => {
  const sent = () => texts.asked.map(({ body }) => JSON.parse(body) as { to: string; text: string });
  let numbers = 0;

  it('is asked for at one node and typed at the other; the pause before the next counts at both', async () => {
    const number = `+8529123${1000 + numbers++}`;
    const mine = () => sent().filter(({ to }) => to === number);
    const someone = await newcomer();
    const form = await someone.answer(await someone.enter('courses'), { factor: 'sms' });
    const page = await someone.answer(form, { code: number });
    const early = await at('a', someone).answer(page, { resend: 'yes' });
    expect(early.text).toMatch(/You can have a new code sent in \d+ seconds/);
    expect((await at('b', someone).answer(early, { resend: 'yes' })).text).toMatch(/sent in \d+ seconds/);
    expect(mine()).toHaveLength(1);
    stage.cluster.advance(31 * SECONDS);
    await isOverInRedis(stage.cluster, ':apart:*');
    const shown = await someone.client.open(page.url);
    // At both at once: one message goes out.
    await Promise.all(NAMES.map((name) => post(at(name, someone), shown, { resend: 'yes' })));
    expect(mine()).toHaveLength(2);
    const code = readMessage(mine().at(-1)?.text ?? '').code;
    expect(asksToRemember(await someone.code(await someone.client.open(page.url), code))).toBe(true);
  });
});

describe('a code by mail', () => {
  it('is asked for at one node and typed at the other; the pause before the next counts at both', async () => {
    const mailbox = 'ada@university.example';
    const mine = () =>
      mails.received.filter(({ to, headers }) => to.includes(mailbox) && /code$/.test(headers.subject ?? ''));
    const someone = await newcomer({ groups: 'by-mail', email: mailbox });
    const page = await someone.enter('courses');
    expect(asksCode(page)).toBe(true);
    const early = await at('a', someone).answer(page, { resend: 'yes' });
    expect((await at('b', someone).answer(early, { resend: 'yes' })).text).toMatch(/sent in \d+ seconds/);
    expect(mine()).toHaveLength(1);
    stage.cluster.advance(61 * SECONDS);
    await isOverInRedis(stage.cluster, ':apart:*');
    const shown = await someone.client.open(page.url);
    await Promise.all(NAMES.map((name) => post(at(name, someone), shown, { resend: 'yes' })));
    expect(mine()).toHaveLength(2);
    const again = await someone.client.open(page.url);
    const old = await at('a', someone).code(again, readCode(mine()[0]?.text ?? ''));
    expect(old.text).toContain('isn’t right');
    const done = await at('b', someone).code(old, readCode(mine()[1]?.text ?? ''));
    expect(done.url.pathname).toBe('/courses');
  });

  it('tells an owner once what changed, however many nodes look for letters', async () => {
    const mailbox = 'bob@university.example';
    const someone = await newcomer({ email: mailbox });
    await someone.enter('library');
    await stage.cluster.node('a').command('user passwd', [someone.username], {}, 'another battery horse staple');
    await stage.cluster.node('b').command('user disable', [someone.username]);
    const mine = () => mails.received.filter(({ to }) => to.includes(mailbox));
    await vi.waitFor(() => expect(mine().length).toBeGreaterThanOrEqual(2), { timeout: 20_000 });
    stage.cluster.advance(61 * SECONDS);
    await stage.cluster.node('a').command('user enable', [someone.username]);
    await vi.waitFor(() => expect(mine().length).toBeGreaterThanOrEqual(3), { timeout: 20_000 });
    expect(mine()).toHaveLength(3);
  });
});
