import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { DAYS, HOURS } from '../support/clock.ts';
import { codesOf, issueTo, passFor, visitAccount } from '../support/issued.ts';
import { notices } from '../support/mail.ts';
import {
  ANSWERS,
  answersTo,
  askedOn,
  asksMore,
  asksNew,
  type Forgetful,
  forgetful,
  NEXT_PASSWORD,
  RESET,
  register,
  setQuestions,
} from '../support/reset.ts';
import { ownForm, type Someone, stage } from '../support/scene.ts';

const MANY = 100;
const HERE = '/account/contacts/questions';
const GUESS = 'fledermaus';
const WRONG = { answer1: GUESS, answer2: GUESS, answer3: GUESS };

describe('secret questions', () => {
  const scene = stage(() => ({
    config: { ...RESET, passwordReset: { ...RESET.passwordReset, perHour: { address: 10_000, messages: 100 } } },
  }));
  const mailboxOf = ({ username }: Pick<Someone, 'username'>) => `${username}@private.example`;
  const events = (event: string) => scene.audit().filter((row) => row.event === event);

  async function asked(groups: string | undefined = 'legacy'): Promise<Someone> {
    const someone = await scene.newcomer({ groups });
    await someone.enter('library');
    await register(scene, someone, 'mail', mailboxOf(someone));
    return someone;
  }

  async function questioned(): Promise<Someone> {
    const someone = await asked();
    await setQuestions(scene, someone);
    return someone;
  }

  /** At the questions, after a mailed code. */
  async function reach(someone: Someone): Promise<{ other: Forgetful; page: Reply }> {
    const other = forgetful(scene, someone);
    const more = await other.byMessage(scene, await other.ask(), 'mail', mailboxOf(someone));
    expect(asksMore(more)).toBe(true);
    return { other, page: await other.give(more, { way: 'questions' }) };
  }

  it('are nowhere unless an operator wrote them for these people', async () => {
    const someone = await asked('classic');
    expect((await visitAccount(scene, someone, '/account')).body).not.toContain(HERE);
    const page = await someone.client.get(`${scene.gateway.url}${HERE}`);
    expect(page.status).toBe(404);
    const { fields } = ownForm(await visitAccount(scene, someone, '/account/contacts/add/mail'));
    expect((await someone.client.post(`${scene.gateway.url}${HERE}`, { ...fields, ...WRONG })).status).toBe(404);
    const other = forgetful(scene, someone);
    expect(asksNew(await other.byMessage(scene, await other.ask(), 'mail', mailboxOf(someone)))).toBe(true);
  });

  it('are the first thing for nobody, and stand in for no code', async () => {
    const someone = await questioned();
    const other = forgetful(scene, someone);
    const ways = await other.ask();
    expect(ways.body).not.toContain('value="questions"');
    const tried = await other.give(ways, { way: 'questions' });
    expect(askedOn(tried)).toEqual({});
    const { url, fields } = ownForm(tried);
    const guessed = await other.client.follow(await other.client.post(url, { ...fields, ...ANSWERS, ...WRONG }));
    expect(asksNew(guessed) || asksMore(guessed)).toBe(false);
  });

  it('are taken for nothing once the mailbox is gone that the code came from', async () => {
    const someone = await questioned();
    const { other, page } = await reach(someone);
    const account = await visitAccount(scene, someone, '/account');
    const [, remove = ''] = /href="(\/account\/contacts\/[^"]+\/remove)"/.exec(account.body) ?? [];
    await someone.client.submit(await someone.client.open(`${scene.gateway.url}${remove}`), {}, { action: remove });
    const before = events('reset.proved').length;
    const late = await other.give(page, answersTo(page));
    expect(asksNew(late)).toBe(false);
    expect(events('reset.proved')).toHaveLength(before);
    const back = await other.give(late, { back: 'yes' });
    expect(back.body).not.toContain('value="questions"');
  });

  it('are the same however often a page is loaded, left, or begun anew', async () => {
    const someone = await questioned();
    const { other, page } = await reach(someone);
    const first = askedOn(page);
    expect(Object.keys(first)).toHaveLength(3);
    for (let time = 0; time < 5; time += 1) {
      expect(askedOn(await other.client.get(ownForm(page).url))).toEqual(first);
    }
    const again = await other.give(await other.give(page, { back: 'yes' }), { way: 'questions' });
    expect(askedOn(again)).toEqual(first);
    expect(askedOn((await reach(someone)).page)).toEqual(first);
  });

  it('say of three answers no more than that not all are right', async () => {
    const someone = await questioned();
    const { other, page } = await reach(someone);
    const right = answersTo(page);
    const before = events('reset.refused').length;
    const one = await other.give(page, { ...right, answer2: GUESS });
    const all = await other.give(one, WRONG);
    const none = await other.give(all, { answer1: '', answer2: '', answer3: '' });
    for (const refused of [one, all, none]) expect(refused.text).toContain('Not all of that is right');
    const strip = ({ body }: Reply) => body.replace(/value="[^"]*"/g, '').replace(/\b[A-Z2-9]{10}\b/g, '');
    expect(strip(one)).toBe(strip(all));
    await expect.poll(() => events('reset.refused').length - before).toBe(3);
    expect(JSON.stringify(scene.audit())).not.toContain(GUESS);
    expect(asksNew(await other.give(none, right))).toBe(true);
  });

  it('are guessed five times a day, over all tries, and then not even the right answers open', async () => {
    const [someone, another] = [await questioned(), await questioned()];
    const begun = events('reset.refused').length;
    const first = await reach(someone);
    let page = first.page;
    for (let guess = 0; guess < 3; guess += 1) page = await first.other.give(page, WRONG);
    const second = await reach(someone);
    page = second.page;
    for (let guess = 0; guess < 2; guess += 1) page = await second.other.give(page, WRONG);
    const refused = await second.other.give(page, answersTo(page));
    expect(refused.text).toContain('too many wrong answers');
    await expect.poll(() => events('reset.refused').length - begun).toBe(6);
    await expect.poll(() => JSON.stringify(events('budget.spent'))).toContain('questions-day');
    // Nobody else's are refused for that, and the owner's are asked the day after.
    const others = await reach(another);
    expect(asksNew(await others.other.give(others.page, answersTo(others.page)))).toBe(true);
    scene.clock.advance(DAYS);
    const later = await reach(someone);
    expect(asksNew(await later.other.give(later.page, answersTo(later.page)))).toBe(true);
  });

  it('are looked at once, of a hundred answers at the same moment', async () => {
    const someone = await questioned();
    const { other, page } = await reach(someone);
    const { url, fields } = ownForm(page);
    const before = events('reset.refused').length;
    await Promise.all(
      Array.from({ length: MANY }, (_, at) =>
        other.client.post(url, { ...fields, ...WRONG, answer1: `${GUESS} ${at}` }),
      ),
    );
    await expect.poll(() => events('reset.refused').length - before).toBe(1);
    const shown = await other.client.get(url);
    expect(asksNew(await other.give(shown, answersTo(shown)))).toBe(true);
  });

  it('are those of before until new ones have settled, and none that were changed meanwhile', async () => {
    const someone = await questioned();
    const under = await reach(someone);
    const others = Object.fromEntries(Object.keys(ANSWERS).map((text, at) => [text, `thief's answer ${at}`]));
    await setQuestions(scene, someone, { answers: others, fresh: true });
    const early = await reach(someone);
    expect(
      asksNew(
        await early.other.give(
          early.page,
          answersTo(early.page, () => "thief's answer 0"),
        ),
      ),
    ).toBe(false);
    expect(asksNew(await under.other.give(under.page, answersTo(under.page)))).toBe(true);
    const waiting = await reach(someone);
    scene.clock.advance(72 * HOURS);
    const late = await waiting.other.client.get(ownForm(waiting.page).url);
    expect(late.status).toBe(404);
    const after = await reach(someone);
    expect(asksNew(await after.other.give(after.page, answersTo(after.page)))).toBe(false);
  });

  /** As its owner does on the account's page, or whoever has their session. */
  async function remove(someone: Someone): Promise<Reply> {
    const asked = await visitAccount(scene, someone, `${HERE}/remove`);
    return someone.client.follow(await someone.client.submit(asked, {}, { action: `${HERE}/remove` }));
  }

  it('are asked for three more days once they are removed, and then their answers are gone', async () => {
    const someone = await questioned();
    const { id = '' } = (await scene.gateway.app.rooms.accounts.find(someone.username)) ?? {};
    const lengthOf = () => {
      const file = new DatabaseSync(join(scene.data, 'sallyport.db'), { readOnly: true });
      const row = file.prepare("SELECT value FROM state WHERE namespace = 'secret-questions' AND key = ?").get(id);
      file.close();
      return String(row?.value).length;
    };
    const under = await reach(someone);
    const removed = await remove(someone);
    expect(removed.text).toContain('For three more days they are still asked.');
    expect(removed.text).toContain('removed; asked until');
    expect(removed.body).not.toContain(`${HERE}/remove`);
    expect((await someone.client.get(`${scene.gateway.url}${HERE}/remove`)).status).toBe(404);
    expect(events('questions.removed').filter(({ account }) => account === id)).toHaveLength(1);
    const mailbox = await notices(scene.gateway, mailboxOf(someone), 3);
    expect(mailbox.map(({ subject }) => subject).join()).toContain('secret questions were removed');
    expect(asksNew(await under.other.give(under.page, answersTo(under.page)))).toBe(true);
    const early = await reach(someone);
    expect(asksNew(await early.other.give(early.page, WRONG))).toBe(false);
    expect(
      asksNew(await early.other.give(await early.other.client.get(ownForm(early.page).url), answersTo(early.page))),
    ).toBe(true);
    const before = lengthOf();
    scene.clock.advance(72 * HOURS);
    const other = forgetful(scene, someone);
    expect(asksNew(await other.byMessage(scene, await other.ask(), 'mail', mailboxOf(someone)))).toBe(true);
    expect(lengthOf()).toBeLessThan(before / 2);
  });

  it('can’t be got rid of by setting others once they were removed', async () => {
    const someone = await questioned();
    await remove(someone);
    const others = Object.fromEntries(Object.keys(ANSWERS).map((text, at) => [text, `thief's answer ${at}`]));
    await setQuestions(scene, someone, { answers: others, fresh: true });
    await remove(someone);
    const early = await reach(someone);
    expect(asksNew(await early.other.give(early.page, WRONG))).toBe(false);
    const again = await early.other.client.get(ownForm(early.page).url);
    expect(asksNew(await early.other.give(again, answersTo(again)))).toBe(true);
  });

  it('take nothing that is guessed at once, and keep no answer in words', async () => {
    const someone = await asked();
    const texts = Object.keys(ANSWERS);
    const before = events('questions.set').length;
    const set = (...answers: string[]) =>
      setQuestions(scene, someone, {
        answers: Object.fromEntries(texts.map((text, at) => [text, answers[at] ?? `fine ${at}`])),
        fresh: true,
      });
    expect((await set('x')).text).toContain('an answer has 2 to 100 characters');
    expect((await set('otter', 'ＯＴＴＥＲ ')).text).toContain('the same answer as another one');
    expect((await set(someone.username)).text).toContain('others know it of you');
    expect((await set('one', 'two', 'three', 'shed')).text).toContain('stands in the question');
    expect(events('questions.set')).toHaveLength(before);
    expect((await set('one', 'two', 'three', 'purple walrus')).text).toContain('They are saved.');
    expect((await visitAccount(scene, someone, HERE)).body).not.toContain('walrus');
    expect(JSON.stringify(scene.audit())).not.toContain('walrus');
  });

  it('are asked of nobody who has a code from the help desk, and open nothing beside a second factor', async () => {
    const someone = await questioned();
    const other = forgetful(scene, someone);
    const pass = await passFor(scene, someone);
    expect(asksNew(await other.code(await other.give(await other.ask(), { way: 'issued' }), pass))).toBe(true);
    const choice = await someone.enter('courses');
    await someone.remember(await someone.enrol(await someone.answer(choice, { factor: 'totp' })), 'no');
    const saved = codesOf((await issueTo(scene, someone, 'recovery')).text);
    const again = forgetful(scene, someone);
    const more = await again.byMessage(scene, await again.ask(), 'mail', mailboxOf(someone));
    expect(asksMore(more)).toBe(true);
    expect(more.body).not.toContain('value="questions"');
    expect(askedOn(await again.give(more, { way: 'questions' }))).toEqual({});
    const next = await again.code(await again.give(more, { way: 'saved' }), saved[0] ?? '');
    expect((await again.give(next, { next: NEXT_PASSWORD })).text).toContain('Your password is changed');
  });
});
