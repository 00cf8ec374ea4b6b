import { readFileSync } from 'node:fs';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { enterAt, typeInto } from '../browser/keyboard.ts';
import { closeBrowser, JOURNEY } from '../browser/scene.ts';
import { Visitor } from '../browser/visitor.ts';
import { PASSWORD } from '../support/gateway.ts';
import { codesOf, issueTo, passFor } from '../support/issued.ts';
import { phones, startPushService } from '../support/phones.ts';
import { ANSWERS, codeIn, codesTo, NEXT_PASSWORD, RESET, register, setQuestions, withApp } from '../support/reset.ts';
import { type Someone, stage } from '../support/scene.ts';

afterAll(closeBrowser);

/** What pages say in a language: by the same keys as the pages. */
const textsOf = (folder: string, locale: string) =>
  JSON.parse(readFileSync(new URL(`../../${folder}/locales/${locale}.json`, import.meta.url), 'utf8'));
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };
const DEVICES = [
  ['en-GB', 'en', {}],
  ['zh-Hant', 'zh-Hant', PHONE],
  ['zh-Hans', 'zh-Hans', PHONE],
] as const;
/** The ten minutes of the classic profile are waited for, and its characters are few. */
const CLASSIC = 'SlowOtter77';
/** What begins with this title: a choice has a hint below it. */
const titled = (title: string) => new RegExp(`^${title}`);

describe('another password by keyboard alone', JOURNEY, () => {
  let push: Awaited<ReturnType<typeof startPushService>>;
  let present: Visitor[] = [];
  beforeAll(async () => {
    push = await startPushService({ now: () => Date.now() });
    return () => push.close();
  });
  const scene = stage(() => ({
    config: { ...RESET, factors: { ...RESET.factors, push: { services: [push.origin] } } },
  }));
  const { owner } = phones({ newcomer: (options) => scene.newcomer(options) }, () => push);
  afterEach(async () => {
    const problems = present.flatMap((visitor) => visitor.complaints());
    for (const visitor of present) await visitor.leave();
    present = [];
    expect(problems).toEqual([]);
  });
  const mailboxOf = ({ username }: Pick<Someone, 'username'>) => `${username}@private.example`;

  describe.each(DEVICES)('in %s', (locale, file, device) => {
    const words = textsOf('views', file);
    const { reset } = words;
    const app = textsOf('src/factors/totp', file);
    const saved = textsOf('src/factors/recovery', file);
    const phoneApp = textsOf('src/factors/push', file);

    async function arrive(): Promise<Visitor> {
      const me = await Visitor.arrive(scene.gateway, { locale, ...device });
      present.push(me);
      return me;
    }

    /** The page of this heading, with nothing wrong about it. */
    async function shows(me: Visitor, heading: string): Promise<void> {
      await me.page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      expect(await me.faults()).toEqual([]);
    }

    /** At what can be shown, whoever is meant. */
    async function forgets({ username }: Pick<Someone, 'username'>): Promise<Visitor> {
      const me = await arrive();
      await me.page.goto(`${scene.gateway.relyingParty}/library/login`);
      await enterAt(me, reset.link);
      await shows(me, reset.title);
      await typeInto(me, reset.name, username);
      await enterAt(me, words.action.continue);
      await shows(me, reset.ways.title);
      return me;
    }

    /** A way, and what goes into the one field of its page, wrong first. */
    async function gives(me: Visitor, way: string, heading: string, label: string, code: () => Promise<string>) {
      await enterAt(me, titled(way));
      await shows(me, heading);
      await typeInto(me, label, '000000');
      await enterAt(me, words.action.continue);
      expect(await me.page.getByRole('alert').isVisible()).toBe(true);
      await shows(me, heading);
      await typeInto(me, label, await code());
      await enterAt(me, words.action.continue);
    }

    const sentTo = (to: string, count: number) => async () => codeIn((await codesTo(scene, to, count))[0]);

    /** To the end, and to an application by the new one alone. */
    async function changes(me: Visitor, { username }: Pick<Someone, 'username'>, next = NEXT_PASSWORD) {
      await shows(me, words['new-password'].title);
      await typeInto(me, words['new-password'].next, 'short');
      await enterAt(me, words['new-password'].action);
      expect(await me.page.getByRole('alert').isVisible()).toBe(true);
      await typeInto(me, words['new-password'].next, next);
      await me.page.locator('.strength [role=status]').waitFor();
      await shows(me, words['new-password'].title);
      await enterAt(me, words['new-password'].action);
      await shows(me, reset.end.done.title);
      const works = await me.page.locator('.notice time').count();
      expect(works).toBe(next === CLASSIC ? 1 : 0);
      scene.clock.advance(works * 600_000);
      await me.page.goto(`${scene.gateway.relyingParty}/library/login`);
      await typeInto(me, reset.name, username);
      await typeInto(me, textsOf('src/factors/password', file).label, next);
      await me.page.keyboard.press('Enter');
      await me.page.waitForURL(`${scene.gateway.relyingParty}/library`);
    }

    it('by a recovery code, which the phone doesn’t show, and one of its code app', async () => {
      const someone = await withApp(scene);
      const [written = ''] = codesOf((await issueTo(scene, someone, 'recovery')).text);
      const me = await forgets(someone);
      await gives(me, saved.method, reset.code.saved.title, reset.code.label, async () => written);
      await shows(me, reset.more.title);
      await gives(me, app.method, app.title, app.label, async () => scene.nextCode(someone));
      await changes(me, someone);
    });

    it('by a text message to the mobile', async () => {
      const someone = await scene.newcomer({ groups: 'classic' });
      await someone.enter('library');
      const number = `+85251234${100 + DEVICES.findIndex(([one]) => one === locale)}`;
      await register(scene, someone, 'text', number);
      const me = await forgets(someone);
      await gives(me, reset.way.text.title, reset.code.text.title, reset.code.label, sentTo(number, 2));
      await changes(me, someone, CLASSIC);
    });

    it('by a push to the phone, beside a code of the help desk', async () => {
      const { someone, phone } = await owner();
      const pass = await passFor(scene, someone);
      const me = await forgets(someone);
      await gives(me, reset.way.issued.title, reset.code.issued.title, reset.code.label, async () => pass);
      await shows(me, reset.more.title);
      await enterAt(me, titled(phoneApp.method));
      await shows(me, phoneApp.title);
      expect(await me.page.locator('.notice').count()).toBe(0);
      const number = await me.page.locator('.number').innerText();
      await phone.answer((await phone.request()).id, 'approve', number);
      // The page goes on by itself.
      await me.page.locator('#next').waitFor();
      await changes(me, someone);
    });

    it('by secret questions beside a mailed code', async () => {
      const someone = await scene.newcomer({ groups: 'legacy' });
      await someone.enter('library');
      await register(scene, someone, 'mail', mailboxOf(someone));
      await setQuestions(scene, someone);
      const english = textsOf('views', 'en').questions.given;
      const given = Object.entries<string>(words.questions.given);
      const answerTo = (asked: string) => {
        const [key = ''] = given.find(([, text]) => text === asked) ?? [];
        return ANSWERS[english[key] ?? asked] ?? '';
      };
      const me = await forgets(someone);
      await gives(me, reset.way.mail.title, reset.code.mail.title, reset.code.label, sentTo(mailboxOf(someone), 2));
      await shows(me, reset.more.title);
      await enterAt(me, titled(reset.way.questions.title));
      await shows(me, reset.questions.title);
      const asked = await me.page.locator('form[data-once] label').allInnerTexts();
      expect(asked).toHaveLength(3);
      for (const one of asked) await typeInto(me, one, 'no idea');
      await enterAt(me, words.action.continue);
      await shows(me, reset.questions.title);
      expect(await me.page.getByRole('alert').innerText()).toContain(reset.questions.wrong);
      for (const one of asked) await typeInto(me, one, answerTo(one));
      await enterAt(me, words.action.continue);
      await changes(me, someone);
    });

    it('from the account, with a second step and the present one', async () => {
      const someone = await withApp(scene);
      const me = await arrive();
      const texts = words['new-password'];
      await me.page.goto(`${scene.gateway.url}/account`);
      await typeInto(me, reset.name, someone.username);
      await typeInto(me, textsOf('src/factors/password', file).label, PASSWORD);
      await me.page.keyboard.press('Enter');
      await me.page.waitForURL(/\/account$/);
      await enterAt(me, words.account['change-password']);
      await typeInto(me, app.label, scene.nextCode(someone));
      await enterAt(me, words.action.continue);
      await shows(me, texts.title);
      await typeInto(me, texts.current, 'not this one');
      await typeInto(me, texts.next, NEXT_PASSWORD);
      await enterAt(me, texts.action);
      expect(await me.page.getByRole('alert').innerText()).toContain(texts.wrong);
      await shows(me, texts.title);
      await typeInto(me, texts.current, PASSWORD);
      await typeInto(me, texts.next, NEXT_PASSWORD);
      await enterAt(me, texts.action);
      await me.page.waitForURL(/\/account\?notice=password-changed$/);
      expect(await me.page.getByRole('status').first().innerText()).toContain(words.account['password-changed']);
      expect(await me.faults()).toEqual([]);
    });
  });
});
