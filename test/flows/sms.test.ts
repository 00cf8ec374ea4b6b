import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../src/factors/sms/double.ts';
import { Client } from '../support/client.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { management, newestCode, OUTBOX, outbox } from '../support/outbox.ts';
import { asksCode, asksToRemember, type Someone, stage } from '../support/scene.ts';

const scene = stage(() => ({ config: OUTBOX }));

let numbers = 0;
/** A Hong Kong mobile number that nobody else has. */
const newNumber = () => `+8529123${String(1000 + numbers++)}`;

/** Somebody who has set up a number, and the code page's answer to it. */
async function withNumber(number = newNumber()): Promise<{ someone: Someone; number: string }> {
  const someone = await scene.newcomer();
  const form = await someone.answer(await someone.enter('courses'), { factor: 'sms' });
  const page = await someone.answer(form, { code: number });
  await someone.remember(await someone.code(page, await newestCode(scene.gateway, number)), 'no');
  return { someone, number };
}

/** The same person at another browser, at the page that asks for the code. */
async function asked(someone: Someone) {
  const other = scene.elsewhere(someone, new Client());
  return { other, page: await other.enter('payroll') };
}

describe('setting up a number', () => {
  it('sends a code there, and signs in with it', async () => {
    const someone = await scene.newcomer();
    const choice = await someone.enter('courses');
    expect(choice.text).toContain('Text message');
    const form = await someone.answer(choice, { factor: 'sms' });
    expect(form.body).toContain('type="tel"');
    const number = newNumber();
    const page = await someone.answer(form, { code: `${number.slice(4, 8)} ${number.slice(8)}` });
    expect(page.text).toContain(`+852 ${number.slice(4, 8)} ${number.slice(8)}`);
    const [message] = await outbox(scene.gateway, number);
    const { code, bound } = readMessage(message?.text ?? '');
    expect(message?.text).toMatch(/^\d{6} is your sign-in code for Example University \(localhost\)\. /);
    expect(bound).toEqual({ host: 'localhost', code });
    const question = await someone.code(page, code);
    expect(asksToRemember(question)).toBe(true);
    await someone.remember(question, 'no');
    const { claims } = (await someone.claims('courses')) as { claims: { amr: string[] } };
    expect(claims.amr).toEqual(['mfa', 'pwd', 'sms']);
  });

  it('takes the number and the code in the digits of any script', async () => {
    const arabic = (text: string) => text.replace(/[0-9]/g, (digit) => String.fromCharCode(0x660 + Number(digit)));
    const someone = await scene.newcomer();
    const number = newNumber();
    const form = await someone.answer(await someone.enter('courses'), { factor: 'sms' });
    const page = await someone.answer(form, { code: arabic(number) });
    const code = await newestCode(scene.gateway, number);
    expect(asksToRemember(await someone.code(page, `${arabic(code.slice(0, 3))} – ${arabic(code.slice(3))}`))).toBe(
      true,
    );
  });

  it.each([
    ['no number', 'call me', 'That isn’t a complete mobile number'],
    ['too few digits', '9123', 'That isn’t a complete mobile number'],
    ['a land line', '+85221234567', 'can’t receive text messages'],
    ['a premium number', '+44 9098790000', 'can’t receive text messages'],
    ['another country', '+33 6 12 34 56 78', 'We don’t send messages to this country'],
  ])('refuses %s', async (_case, typed, message) => {
    const someone = await scene.newcomer();
    const form = await someone.answer(await someone.enter('courses'), { factor: 'sms' });
    const before = (await outbox(scene.gateway)).length;
    const page = await someone.answer(form, { code: typed });
    expect(page.text).toContain(message);
    expect(page.body).toContain('type="tel"');
    expect(await outbox(scene.gateway)).toHaveLength(before);
  });

  it('begins again after a slip, with another number', async () => {
    const someone = await scene.newcomer();
    const form = await someone.answer(await someone.enter('courses'), { factor: 'sms' });
    const page = await someone.answer(form, { code: newNumber() });
    const again = await someone.answer(page, { restart: 'yes' });
    expect(again.body).toContain('type="tel"');
    const number = newNumber();
    const code = await someone.answer(again, { code: number });
    expect(asksToRemember(await someone.code(code, await newestCode(scene.gateway, number)))).toBe(true);
  });

  it('takes two numbers on the account page, and a name', async () => {
    const { someone, number } = await withNumber();
    const account = () => someone.client.open(`${scene.gateway.url}/account/methods/add/sms`);
    scene.clock.advance(31 * SECONDS);
    const proof = await account();
    const form = await someone.code(proof, await newestCode(scene.gateway, number));
    expect(form.body).toContain('type="tel"');
    const taken = await someone.answer(form, { code: number });
    expect(taken.text).toContain('You have set up this number already');
    const slip = await someone.answer(taken, { code: newNumber() });
    const early = await someone.answer(slip, { resend: 'yes' });
    expect(early.text).toMatch(/You can have a new code sent in (30|29|28) seconds/);
    const again = await someone.answer(early, { restart: 'yes' });
    expect(again.body).toContain('type="tel"');
    const second = newNumber();
    const sent = await someone.answer(again, { code: second, name: 'New phone' });
    scene.clock.advance(31 * SECONDS);
    const page = await someone.answer(sent, { resend: 'yes' });
    expect(await outbox(scene.gateway, second)).toHaveLength(2);
    const done = await someone.code(page, await newestCode(scene.gateway, second));
    expect(done.text).toContain('New phone');
    expect((await account()).text).toContain('as many of this kind as there can be');
  });
});

describe('a code', () => {
  it('that can’t go yet says when, and goes by itself: a page counts down to it', async () => {
    const { someone, number } = await withNumber();
    const { other, page } = await asked(someone);
    expect(page.text).toMatch(/You can have a new code sent in (30|29|28) seconds/);
    expect(page.body).toMatch(/data-wait="(30|29|28)" data-itself/);
    const before = (await outbox(scene.gateway, number)).length;
    scene.clock.advance(31 * SECONDS);
    const sent = await other.answer(page, { resend: 'yes' });
    expect(sent.body).not.toContain('data-itself');
    expect(await outbox(scene.gateway, number)).toHaveLength(before + 1);
    expect((await other.code(sent, await newestCode(scene.gateway, number))).url.pathname).toBe('/payroll');
  });

  it('is sent to the number in use, which the page shows masked', async () => {
    const { someone, number } = await withNumber();
    scene.clock.advance(31 * SECONDS);
    const { other, page } = await asked(someone);
    expect(asksCode(page)).toBe(true);
    expect(page.text).toContain(`+852 ••••• ${number.slice(-3)}`);
    expect(page.body).not.toContain(number.slice(4, 9));
    await other.code(page, await newestCode(scene.gateway, number));
    expect(await other.subject('payroll')).toBeDefined();
  });

  it('comes in the language of the page, and can be typed as its whole last line', async () => {
    const { someone, number } = await withNumber();
    scene.clock.advance(31 * SECONDS);
    const other = scene.elsewhere(someone, new Client({ headers: { 'accept-language': 'zh-TW' } }));
    const page = await other.enter('payroll');
    const [message] = await outbox(scene.gateway, number);
    expect(message?.text).toContain('您的示範大學（localhost）登入驗證碼');
    await other.code(page, message?.text.split('\n').at(-1) ?? '');
    expect(await other.subject('payroll')).toBeDefined();
  });

  it('is sent again after the countdown, and then the one before is worth nothing', async () => {
    const { someone, number } = await withNumber();
    scene.clock.advance(31 * SECONDS);
    const { other, page } = await asked(someone);
    const first = await newestCode(scene.gateway, number);
    const early = await other.answer(page, { resend: 'yes' });
    expect(early.text).toMatch(/You can have a new code sent in (30|29|28) seconds/);
    expect(await newestCode(scene.gateway, number)).toBe(first);
    scene.clock.advance(31 * SECONDS);
    const later = await other.answer(early, { resend: 'yes' });
    const second = await newestCode(scene.gateway, number);
    expect(await outbox(scene.gateway, number)).toHaveLength(3);
    if (second !== first) expect((await other.code(later, first)).text).toContain('That code isn’t right');
    const now = await other.client.open(page.url);
    await other.code(now, second);
    expect(await other.subject('payroll')).toBeDefined();
  });

  it('refused too early to be sent again is no attempt, and stays good', async () => {
    const { someone, number } = await withNumber();
    scene.clock.advance(31 * SECONDS);
    const { other, page } = await asked(someone);
    let shown = page;
    for (let round = 0; round < 12; round += 1) shown = await other.answer(shown, { resend: 'yes' });
    await other.code(shown, await newestCode(scene.gateway, number));
    expect(await other.subject('payroll')).toBeDefined();
  });

  it('ends after three minutes', async () => {
    const { someone, number } = await withNumber();
    scene.clock.advance(31 * SECONDS);
    const { other, page } = await asked(someone);
    scene.clock.advance(3 * MINUTES + 1);
    const late = await other.code(page, await newestCode(scene.gateway, number));
    expect(late.text).toContain('too old or was used already');
  });
});

describe('the outbox', () => {
  it('is not for a site whose name was made to point to this machine', async () => {
    const server = createServer(scene.gateway.app.management).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = (host: string) => new Client().get(`http://127.0.0.1:${port}/outbox.json`, { headers: { host } });
    expect((await ask('rebound.example')).status).toBe(421);
    expect((await ask(`localhost:${port}`)).status).toBe(200);
    server.close();
  });

  it('is a page of the management port', async () => {
    const { number } = await withNumber();
    const page = await management(scene.gateway, '/outbox');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(await page.text()).toContain(number);
  });

  it('leaves audit events without text and number', async () => {
    const { number } = await withNumber();
    await expect.poll(() => scene.audit().filter(({ event }) => event === 'message.sent').length).toBeGreaterThan(0);
    const text = JSON.stringify(scene.audit());
    expect(text).not.toContain(number);
    expect(text).not.toContain(await newestCode(scene.gateway, number));
    const metrics = await (await management(scene.gateway, '/metrics')).text();
    expect(metrics).toMatch(/sallyport_events_total\{event="message.sent"\} [1-9]/);
  });
});
