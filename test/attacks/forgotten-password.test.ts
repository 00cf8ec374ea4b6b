import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { HOURS, SECONDS } from '../support/clock.ts';
import { codesOf, issueTo, passFor, visitAccount } from '../support/issued.ts';
import { outbox } from '../support/outbox.ts';
import { Passkey } from '../support/passkeys.ts';
import {
  asksMore,
  asksNew,
  codeIn,
  codesTo,
  type Forgetful,
  forgetful,
  NEXT_PASSWORD,
  RESET,
  register,
  withApp,
} from '../support/reset.ts';
import { asksPassword, ownForm, type Someone, stage } from '../support/scene.ts';

const MANY = 100;
const CAMPUS = { perHour: { address: 10_000, installation: 100_000 } };
const WRONG = '0000-0000';

describe('a forgotten password', () => {
  const scene = stage(() => ({
    config: {
      ...RESET,
      passwordReset: { ...RESET.passwordReset, ...CAMPUS },
      lockout: { failures: 3, perAddress: { failures: 10_000 } },
    },
  }));
  const at = (path: string) => `${scene.gateway.url}${path}`;
  const mailboxOf = ({ username }: Pick<Someone, 'username'>) => `${username}@private.example`;
  const events = (event: string) => scene.audit().filter((row) => row.event === event);

  /** Somebody without a second factor, whom a mailed code alone opens. */
  async function plain(): Promise<Someone> {
    const someone = await scene.newcomer();
    await someone.enter('library');
    await register(scene, someone, 'mail', mailboxOf(someone));
    return someone;
  }

  /** At the page for a mailed code, and the mail. */
  async function mailed(someone: Someone, client = new Client()) {
    const other = forgetful(scene, someone, client);
    const before = (await outbox(scene.gateway, mailboxOf(someone))).filter(({ text }) =>
      text.includes('/reset/'),
    ).length;
    const page = await other.give(await other.ask(), { way: 'mail' });
    const all = await codesTo(scene, mailboxOf(someone), before + 2);
    const [message] = all;
    if (message === undefined) throw new Error('nothing was mailed');
    const [link = ''] = /https?:\S+\/reset\/\S+/.exec(message.text) ?? [];
    return { other, page, code: codeIn(message), link };
  }

  it('has links that nobody but the browser that asked can open, and that spend nothing', async () => {
    const someone = await plain();
    const { other, page, code, link } = await mailed(someone);
    expect(link.startsWith(`${scene.gateway.url}/reset/`)).toBe(true);
    const scanner = new Client();
    for (let time = 0; time < 5; time += 1) {
      const seen = await scanner.get(link);
      expect(seen.status).toBe(404);
      expect(seen.text).toContain('can’t be opened here');
      expect(seen.body).not.toContain(code);
      await other.client.get(link);
      await scanner.send(link, { method: 'HEAD' });
    }
    expect((await scanner.post(link, { code })).status).toBe(403);
    const shown = await other.client.get(link);
    expect(shown.headers['referrer-policy']).toBe('no-referrer');
    expect(shown.body).toContain(`value="${code.replace('-', '')}"`);
    // Its form, sent from another browser.
    const { url, fields } = ownForm(shown);
    expect((await scanner.post(url, { ...fields, code })).status).toBe(404);
    const next = await other.give(shown, { code });
    expect(asksNew(next)).toBe(true);
    // Used once, it is nothing more, nor in another one of the same person's.
    const again = await other.client.follow(await other.client.post(url, { ...fields, code }));
    expect(again.text).toContain('answered already');
    const second = forgetful(scene, someone, other.client);
    const typed = await second.code(await second.give(await second.ask(), { way: 'mail' }), code);
    expect(typed.text).toContain('isn’t right');
    expect(page.status).toBe(200);
  });

  it('takes no address from the request into a mail', async () => {
    const someone = await plain();
    const poisoned = new Client({
      headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
    });
    const { link } = await mailed(someone, poisoned);
    expect(new URL(link).origin).toBe(scene.gateway.url);
    const evil = await new Client().post(
      at('/reset'),
      { username: someone.username },
      { headers: { host: 'evil.example' } },
    );
    expect(evil.status).toBe(421);
  });

  it('is over after five wrong codes, and the right one comes too late', async () => {
    const someone = await plain();
    const { other, page, code } = await mailed(someone);
    let last = page;
    for (let guess = 0; guess < 5; guess += 1) last = await other.code(last, WRONG);
    expect(last.text).toContain('This is over');
    const { url, fields } = ownForm(page);
    const late = await other.client.follow(await other.client.post(url, { ...fields, code }));
    expect(asksNew(late)).toBe(false);
  });

  it('has a guess counted before it is looked at, of a hundred at once one', async () => {
    const someone = await plain();
    const { other, page, code } = await mailed(someone);
    const { url, fields } = ownForm(page);
    const before = events('reset.refused').length;
    const guesses = Array.from({ length: MANY }, (_, index) => `0000-${String(index).padStart(4, '0')}`);
    await Promise.all(guesses.map((guess) => other.client.post(url, { ...fields, code: guess })));
    const shown = await other.client.get(url);
    await expect.poll(() => events('reset.refused').length - before).toBe(1);
    expect(asksNew(await other.code(shown, code))).toBe(true);
  });

  it('is replaced once, by however many at once', async () => {
    const someone = await plain();
    const { other, page, code } = await mailed(someone);
    const next = await other.code(page, code);
    const { url, fields } = ownForm(next);
    const before = events('password.changed').length;
    await Promise.all(
      Array.from({ length: MANY }, (_, index) =>
        other.client.post(url, { ...fields, next: `${NEXT_PASSWORD} ${index}` }),
      ),
    );
    expect(events('password.changed').length - before).toBe(1);
    expect((await other.client.get(url)).text).toContain('Your password is changed');
  });

  it('ends all other tries for the account, and so does anything else that ends all of it', async () => {
    const someone = await plain();
    const first = await mailed(someone);
    const second = await mailed(someone);
    const waiting = await second.other.code(second.page, second.code);
    expect(asksNew(waiting)).toBe(true);
    await first.other.give(await first.other.code(first.page, first.code), { next: NEXT_PASSWORD });
    const late = await second.other.give(waiting, { next: 'another wet otter, and a goose' });
    expect(late.text).toContain('This is over');
    expect((await someone.password(await someone.begin('library'), someone.username, NEXT_PASSWORD)).url.pathname).toBe(
      '/library',
    );
  });

  it('takes no contact that was removed meanwhile', async () => {
    const someone = await plain();
    const { other, page, code } = await mailed(someone);
    const waiting = await other.code(page, code);
    const account = await visitAccount(scene, someone, '/account');
    const [, remove = ''] = /href="(\/account\/contacts\/[^"]+\/remove)"/.exec(account.body) ?? [];
    await someone.client.submit(await someone.client.open(at(remove)), {}, { action: remove });
    const late = await other.give(waiting, { next: NEXT_PASSWORD });
    expect(late.text).toContain('This is over');
  });

  it('suspends a key whose copy shows itself here first', async () => {
    const someone = await withApp(scene);
    const key = new Passkey(scene.gateway);
    await key.enrol(someone, await visitAccount(scene, someone, '/account/methods/add/fido2'));
    const browser = scene.elsewhere(someone);
    await key.use(browser, await browser.begin('library'), { counter: 7 });
    const copy = forgetful(scene, someone);
    const refused = await key.use(copy, await copy.give(await copy.ask(), { way: 'opens:fido2' }), { counter: 7 });
    expect(asksNew(refused)).toBe(false);
    const { id } = (await scene.gateway.app.rooms.accounts.find(someone.username)) ?? {};
    const reasons = events('credential.suspended').map(({ account, detail }) => [account, JSON.parse(detail).reason]);
    expect(reasons).toEqual([[id, 'possibly cloned: counter 7 after 7']]);
    // What the owner's browser has rests on it as well.
    expect(asksPassword(await browser.begin('library'))).toBe(true);
    const owner = scene.elsewhere(someone);
    expect((await key.use(owner, await owner.begin('library'), { counter: 50 })).text).toContain('is suspended');
  });

  it('takes no form of another site', async () => {
    const page = await new Client().get(at('/reset'));
    const { url, fields } = ownForm(page);
    const sent = { ...fields, username: 'anybody' };
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null', 'sec-fetch-site': 'cross-site' },
      { origin: 'null', 'sec-fetch-site': 'same-site' },
    ]) {
      expect((await new Client().post(url, sent, { headers })).status).toBe(403);
    }
    // As browsers send it from a page with no-referrer.
    expect((await new Client().post(url, sent, { headers: { origin: 'null' } })).status).toBe(303);
  });

  it('tells nobody whether there is an account, nor what it has', async () => {
    const [known, disabled, app] = [await plain(), await scene.newcomer(), await withApp(scene)];
    await scene.gateway.command('user disable', [disabled.username]);
    function shape(reply: Reply, name: string) {
      const body = reply.body
        .replaceAll(name, '<name>')
        .replace(/name="csrf" value="[^"]*"/g, '')
        .replace(/\/reset\/[\w-]{22}|%2Freset%2F[\w-]{22}/g, '/reset/*')
        .replace(/\b[A-Z2-9]{10}\b/g, '<reference>');
      const headers = Object.entries(reply.headers).map(([header, value]) =>
        /^(date|x-request-id|content-length|location|set-cookie)$/.test(header) ? header : `${header}: ${value}`,
      );
      return { status: reply.status, headers: headers.sort(), cookies: reply.setCookies.length, body };
    }
    async function walk(name: string) {
      const other = forgetful(scene, { username: name });
      const seen: Reply[] = [];
      const note = <T extends Reply>(page: T): T => {
        seen.push(page);
        return page;
      };
      const ways = note(await other.ask());
      let page = note(await other.give(ways, { way: 'mail' }));
      page = note(await other.code(page, WRONG));
      page = note(await other.give(page, { back: 'yes' }));
      page = note(await other.give(page, { way: 'saved' }));
      page = note(await other.code(page, '0000-0000-0000'));
      page = note(await other.give(page, { back: 'yes' }));
      page = note(await other.give(page, { way: 'issued' }));
      note(await other.code(page, WRONG));
      return seen.map((one) => shape(one, name));
    }
    const usual = await walk(known.username);
    for (const name of ['nobody-goes-by-this', disabled.username, app.username])
      expect(await walk(name)).toEqual(usual);
  });

  it('locks nobody by asking and guessing, and leaves the owner’s own browser its messages', async () => {
    const someone = await plain();
    const to = mailboxOf(someone);
    for (let time = 0; time < 12; time += 1) {
      const stranger = forgetful(scene, someone, new Client({ localAddress: `127.0.0.${20 + time}` }));
      let page = await stranger.give(await stranger.ask(), { way: 'mail' });
      for (let guess = 0; guess < 5; guess += 1) page = await stranger.code(page, WRONG);
    }
    const sent = async () => (await outbox(scene.gateway, to)).filter(({ text }) => text.includes('/reset/')).length;
    await expect.poll(sent).toBe(6);
    // By a browser on which they have signed in before.
    const own = forgetful(scene, someone, someone.client);
    expect(asksNew(await own.byMessage(scene, await own.ask(), 'mail', to))).toBe(true);
    const elsewhere = scene.elsewhere(someone);
    expect((await elsewhere.password(await elsewhere.begin('library'), someone.username)).url.pathname).toBe(
      '/library',
    );
  });

  describe('with a second factor', () => {
    /** One account that has all there is, and what opens it. */
    async function everything() {
      const someone = await withApp(scene);
      const key = new Passkey(scene.gateway);
      await register(scene, someone, 'mail', mailboxOf(someone));
      await register(scene, someone, 'text', '+85251234567');
      const saved = codesOf((await issueTo(scene, someone, 'recovery')).text);
      await key.enrol(someone, await visitAccount(scene, someone, '/account/methods/add/fido2'));
      const show: Record<string, (other: Forgetful, page: Reply) => Promise<Reply>> = {
        mail: (other, page) => other.byMessage(scene, page, 'mail', mailboxOf(someone)),
        text: (other, page) => other.byMessage(scene, page, 'text', '+85251234567'),
        saved: async (other, page) => other.code(await other.give(page, { way: 'saved' }), saved.pop() ?? ''),
        issued: async (other, page) =>
          other.code(await other.give(page, { way: 'issued' }), await passFor(scene, someone)),
        phone: async (other, page) =>
          other.code(await other.give(page, { way: 'method:totp' }), scene.nextCode(someone)),
        token: async (other, page) => key.use(other, await other.give(page, { way: 'method:fido2' }), { uv: false }),
        passkey: async (other, page) => key.use(other, await other.give(page, { way: 'opens:fido2' })),
      };
      return { someone, show };
    }

    const ROWS: [first: string, second: string, opens: boolean | 'not offered'][] = [
      ['passkey', '', true],
      ['mail', '', false],
      ['text', '', false],
      ['saved', '', false],
      ['issued', '', false],
      ['mail', 'text', 'not offered'],
      ['text', 'mail', 'not offered'],
      ['mail', 'phone', 'not offered'],
      ['text', 'phone', 'not offered'],
      ['mail', 'token', true],
      ['text', 'token', true],
      ['saved', 'phone', true],
      ['issued', 'phone', true],
      ['saved', 'token', true],
      ['issued', 'token', true],
      ['saved', 'issued', true],
      ['saved', 'mail', true],
      ['saved', 'text', true],
      ['issued', 'mail', true],
      ['issued', 'text', true],
    ];

    it('is opened as the table says, row by row', async () => {
      const { someone, show } = await everything();
      const found: typeof ROWS = [];
      const VALUE: Record<string, string> = { phone: 'method:totp', token: 'method:fido2' };
      for (const [first, second] of ROWS) {
        const other = forgetful(scene, someone);
        const begun = await other.ask();
        for (const later of ['phone', 'token']) expect(begun.body).not.toContain(`value="${VALUE[later]}"`);
        const page = await (show[first] as (typeof show)[string])(other, begun);
        if (second === '') found.push([first, second, asksNew(page)]);
        else if (!page.body.includes(`value="${VALUE[second] ?? second}"`)) found.push([first, second, 'not offered']);
        else found.push([first, second, asksNew(await (show[second] as (typeof show)[string])(other, page))]);
        // What isn't offered isn't taken either.
        if (found.at(-1)?.[2] === 'not offered') {
          expect(asksMore(page)).toBe(true);
          expect(asksNew(await other.give(page, { way: VALUE[second] ?? second }))).toBe(false);
        }
        scene.clock.advance(2 * HOURS);
      }
      expect(found).toEqual(ROWS);
    });
  });
});

describe('a browser that asks again and again', () => {
  const scene = stage(() => ({
    config: { ...RESET, passwordReset: { human: { free: 1, bits: 8, pause: 30 }, perHour: { address: 8 } } },
  }));

  /** As the page's own script does it. */
  function work(text: string): string {
    for (let found = 0; ; found += 1) {
      if (createHash('sha256').update(`${text}:${found}`).digest()[0] === 0) return String(found);
    }
  }

  it('has to work, once for each question, or to wait, and is refused in the end', async () => {
    // Hours are counted from the full one: none begins meanwhile.
    scene.clock.advance(HOURS - (Date.now() % HOURS));
    const client = new Client();
    const other = forgetful(scene, { username: 'anybody' }, client);
    expect((await other.ask()).text).toContain('Show that it’s you');
    const page = await client.get(`${scene.gateway.url}/reset`);
    const { url, fields } = ownForm(page);
    const send = (more: Record<string, string>) => client.post(url, { ...fields, username: 'anybody', ...more });
    expect((await send({})).text).toContain('couldn’t be checked');
    expect((await send({ found: '0'.repeat(13) })).status).toBe(200);
    const found = work(fields.work ?? '');
    expect((await send({ work: `x${fields.work}`, found })).status).toBe(200);
    expect((await send({ found })).status).toBe(303);
    expect((await send({ found })).status).toBe(200);
    // Without a script: not too early, and the question stays while one waits.
    const slow = ownForm(await client.get(`${scene.gateway.url}/reset`));
    const wait = () => client.post(slow.url, { ...slow.fields, username: 'anybody' });
    const early = await wait();
    expect(early.status).toBe(200);
    expect(ownForm(early).fields.work).toBe(slow.fields.work);
    scene.clock.advance(30 * SECONDS);
    expect((await wait()).status).toBe(303);
    for (let time = 3; time < 8; time += 1) {
      const next = ownForm(await client.get(`${scene.gateway.url}/reset`));
      const answer = { ...next.fields, username: 'anybody', found: work(next.fields.work ?? '') };
      expect((await client.post(next.url, answer)).status).toBe(303);
    }
    const last = ownForm(await client.get(`${scene.gateway.url}/reset`));
    const refused = await client.post(last.url, { ...last.fields, username: 'x', found: work(last.fields.work ?? '') });
    expect(refused.status).toBe(429);
  });
});

describe('where passwords are changed elsewhere', () => {
  const scene = stage(() => ({ config: { ...RESET, passwordReset: { url: 'https://password.university.example/' } } }));

  it('leads there, and has no pages of its own', async () => {
    const client = new Client();
    const begun = await client.get(`${scene.gateway.url}/reset`);
    expect(begun.location?.href).toBe('https://password.university.example/');
    expect((await client.post(`${scene.gateway.url}/reset`, { username: 'x' })).status).toBe(404);
    expect((await client.get(`${scene.gateway.url}/reset/${'x'.repeat(22)}`)).status).toBe(404);
    const page = await client.open(`${scene.gateway.relyingParty}/library/login`);
    expect(asksPassword(page)).toBe(true);
    expect(page.body).toContain('href="/reset"');
  });
});
