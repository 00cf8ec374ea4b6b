import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberOn, waitingOn } from '../../src/factors/push/testing/phone.ts';
import { Client } from '../support/client.ts';
import { HOURS, MINUTES } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { codesOf, issueTo, passFor, visitAccount } from '../support/issued.ts';
import { notices } from '../support/mail.ts';
import { outbox } from '../support/outbox.ts';
import { Passkey } from '../support/passkeys.ts';
import { phones, startPushService } from '../support/phones.ts';
import {
  answersTo,
  asksMore,
  asksNew,
  codeIn,
  codesTo,
  forgetful,
  NEXT_PASSWORD,
  RESET,
  register,
  setQuestions,
  withApp,
} from '../support/reset.ts';
import { asksPassword, type Someone, STORES, stage, usually } from '../support/scene.ts';

describe.each(usually(STORES))('a forgotten password, on the %s store', (_name, options) => {
  const scene = stage(() => ({ ...options(), config: RESET }));
  const mailboxOf = ({ username }: Pick<Someone, 'username'>) => `${username}@private.example`;

  it('is replaced by one code where there is no second factor, and nobody is signed in by that', async () => {
    const someone = await scene.newcomer({ email: 'plain@university.example' });
    await someone.enter('library');
    await register(scene, someone, 'mail', mailboxOf(someone));
    const other = forgetful(scene, someone);
    const next = await other.byMessage(scene, await other.ask(), 'mail', mailboxOf(someone));
    expect(asksNew(next)).toBe(true);
    const done = await other.give(next, { next: NEXT_PASSWORD });
    expect(done.text).toContain('Your password is changed');
    // Nobody is signed in by it, and who was isn't any more.
    expect(asksPassword(await other.client.open(`${scene.gateway.url}/account`))).toBe(true);
    expect(asksPassword(await someone.begin('library'))).toBe(true);
    expect((await someone.password(await someone.begin('library'), someone.username)).text).toContain('isn’t right');
    const again = await someone.password(await someone.begin('library'), someone.username, NEXT_PASSWORD);
    expect(again.url.pathname).toBe('/library');
    for (const to of ['plain@university.example', mailboxOf(someone)]) {
      const told = await notices(scene.gateway, to, to === mailboxOf(someone) ? 4 : 3);
      expect(told.map(({ subject }) => subject)).toEqual(
        expect.arrayContaining([
          expect.stringContaining('your forgotten password was replaced'),
          expect.stringContaining('a new password was asked for'),
        ]),
      );
    }
    expect(scene.audit().map(({ event }) => event)).toEqual(
      expect.arrayContaining(['contact.added', 'reset.asked', 'reset.begun', 'password.changed']),
    );
  });

  it('is replaced by a user-verified passkey alone', async () => {
    const someone = await withApp(scene);
    const key = new Passkey(scene.gateway);
    await key.enrol(someone, await visitAccount(scene, someone, '/account/methods/add/fido2'));
    const other = forgetful(scene, someone);
    const asked = await other.give(await other.ask(), { way: 'opens:fido2' });
    const next = await key.use(other, asked);
    expect(asksNew(next)).toBe(true);
    expect((await other.give(next, { next: NEXT_PASSWORD })).text).toContain('Your password is changed');
  });

  it('takes a second code beside a mailed one, and never a code of the phone that reads the mail', async () => {
    const someone = await withApp(scene);
    const codes = codesOf((await issueTo(scene, someone, 'recovery')).text);
    await register(scene, someone, 'mail', mailboxOf(someone));
    const other = forgetful(scene, someone);
    const more = await other.byMessage(scene, await other.ask(), 'mail', mailboxOf(someone));
    expect(asksMore(more)).toBe(true);
    expect(more.body).not.toContain('value="method:totp"');
    const asked = await other.give(more, { way: 'saved' });
    const next = await other.code(asked, codes[0] ?? '');
    expect(asksNew(next)).toBe(true);
    expect((await other.give(next, { next: NEXT_PASSWORD })).text).toContain('Your password is changed');
  });

  it('takes a code app beside a code from the help desk', async () => {
    const someone = await withApp(scene);
    const pass = await passFor(scene, someone);
    const other = forgetful(scene, someone);
    const more = await other.code(await other.give(await other.ask(), { way: 'issued' }), pass);
    expect(asksMore(more)).toBe(true);
    const asked = await other.give(more, { way: 'method:totp' });
    const next = await other.give(asked, { code: scene.nextCode(someone) });
    expect(asksNew(next)).toBe(true);
  });

  it('serves contacts of three days only, each shown to be their owner’s by a code', async () => {
    const someone = await scene.newcomer({ email: 'fresh@university.example' });
    await someone.enter('library');
    const to = mailboxOf(someone);
    expect((await register(scene, someone, 'mail', to, true)).text).toContain('It was registered.');
    expect((await notices(scene.gateway, 'fresh@university.example', 1))[0]?.subject).toContain(
      'a contact for a forgotten password was added',
    );
    const early = forgetful(scene, someone);
    await early.give(await early.ask(), { way: 'mail' });
    scene.clock.advance(71 * HOURS);
    await early.give(await early.ask(), { way: 'mail' });
    scene.clock.advance(HOURS);
    await early.give(await early.ask(), { way: 'mail' });
    expect((await codesTo(scene, to, 2)).filter(({ text }) => text.includes('/reset/'))).toHaveLength(1);
  });

  /** Somebody whose new password works later, and what opens for them. */
  async function replaced() {
    const someone = await scene.newcomer({ groups: 'classic' });
    await someone.enter('library');
    await register(scene, someone, 'mail', mailboxOf(someone));
    const other = forgetful(scene, someone);
    const next = await other.byMessage(scene, await other.ask(), 'mail', mailboxOf(someone));
    const done = await other.give(next, { next: 'SlowOtter77' });
    expect(done.text).toContain('The new one works from');
    const enters = async (password: string) =>
      (await someone.password(await someone.begin('library'), someone.username, password)).url.pathname === '/library';
    return { someone, enters };
  }

  it('works after ten minutes where the profile says so, and the old one no more at once', async () => {
    const { enters } = await replaced();
    expect(await enters(PASSWORD)).toBe(false);
    expect(await enters('SlowOtter77')).toBe(false);
    scene.clock.advance(10 * MINUTES);
    expect(await enters(PASSWORD)).toBe(false);
    expect(await enters('SlowOtter77')).toBe(true);
  });

  it('gives way at once to one that an operator sets meanwhile', async () => {
    const { someone, enters } = await replaced();
    await scene.gateway.command('user passwd', [someone.username], { keep: true }, 'QuickHeron88');
    expect(await enters('SlowOtter77')).toBe(false);
    expect(await enters('QuickHeron88')).toBe(true);
  });

  it('asks three secret questions beside a code where the profile has them, told without regard to case', async () => {
    const someone = await scene.newcomer({ groups: 'legacy', email: 'legacy@university.example' });
    await someone.enter('library');
    await register(scene, someone, 'mail', mailboxOf(someone));
    const set = await setQuestions(scene, someone);
    expect(set.text).toContain('They are saved.');
    const told = await notices(scene.gateway, 'legacy@university.example', 2);
    expect(told.map(({ subject }) => subject).join()).toContain('secret questions were set');
    expect(scene.audit().filter(({ event }) => event === 'questions.set')).toHaveLength(1);
    const other = forgetful(scene, someone);
    const more = await other.byMessage(scene, await other.ask(), 'mail', mailboxOf(someone));
    expect(asksMore(more)).toBe(true);
    const asked = await other.give(more, { way: 'questions' });
    const spoken = answersTo(asked, (answer) => `  ${answer.toUpperCase().replace(' ', ' \u3000 ')} `);
    expect(Object.keys(spoken)).toEqual(['answer1', 'answer2', 'answer3']);
    const next = await other.give(asked, spoken);
    expect(asksNew(next)).toBe(true);
    expect((await other.give(next, { next: NEXT_PASSWORD })).text).toContain('Your password is changed');
  });

  it('takes a text message, with its code bound to our host', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    await register(scene, someone, 'text', '+852 5123 4567'.replaceAll(' ', ''));
    const other = forgetful(scene, someone);
    const next = await other.byMessage(scene, await other.ask(), 'text', '+85251234567');
    expect(asksNew(next)).toBe(true);
    const [message] = await outbox(scene.gateway, '+85251234567');
    expect(message?.text).toMatch(/\n\n@localhost #[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    expect(codeIn(message as never)).toHaveLength(9);
  });
});

describe('a phone that is asked for a forgotten password', () => {
  let push: Awaited<ReturnType<typeof startPushService>>;
  beforeAll(async () => {
    push = await startPushService({ now: () => Date.now() });
  });
  afterAll(() => push.close());
  const scene = stage(() => ({
    config: { ...RESET, factors: { ...RESET.factors, push: { services: [push.origin] } } },
  }));
  const { owner } = phones({ newcomer: (options) => scene.newcomer(options) }, () => push);

  /** At the page that shows a number, with a code from the help desk behind it. */
  async function asked() {
    const { someone, phone } = await owner();
    const other = forgetful(scene, someone);
    const pass = await passFor(scene, someone);
    const more = await other.code(await other.give(await other.ask(), { way: 'issued' }), pass);
    const page = await other.give(more, { way: 'method:push' });
    const approve = async () => phone.answer((await phone.request()).id, 'approve', numberOn(page) ?? '');
    return { other, page, approve };
  }

  it('is heard of by the page that listens, which goes on, and by no other browser', async () => {
    const { other, page, approve } = await asked();
    const { events, state } = waitingOn(page);
    expect((await other.client.get(state)).json()).toEqual({ changed: false, over: false });
    const stream = other.client.get(events);
    await approve();
    expect((await stream).body).toContain('event: changed\n');
    expect((await other.client.get(state)).json()).toMatchObject({ changed: true });
    // To others it is a page that is gone, whatever the phone says.
    expect((await new Client().get(state)).json()).toEqual({ changed: true, over: false });
    expect(asksNew(await other.give(page, {}))).toBe(true);
  });

  it('is noticed without a script by a page that is shown anew, once it has answered', async () => {
    const { other, page, approve } = await asked();
    const [, again = ''] = /http-equiv="refresh" content="\d+; url=([^"]+)"/.exec(page.body) ?? [];
    const anew = () => other.client.get(new URL(again, page.url));
    expect(numberOn(await anew())).toBe(numberOn(page));
    await approve();
    expect((await new Client().get(new URL(again, page.url))).status).toBe(404);
    expect(asksNew(await anew())).toBe(true);
  });
});
