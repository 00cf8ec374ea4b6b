import { describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { asksCode, asksPassword, asksToRemember, ownForm, stage } from '../support/scene.ts';

describe('answers that cross', () => {
  const scene = stage();

  it('are no answers in another account’s sign-in', async () => {
    const [alice, bob] = [await scene.member(), await scene.member()];
    const page = await scene.elsewhere(bob).enter('courses');
    scene.clock.advance(30 * SECONDS);
    const thief = scene.elsewhere(bob);
    const wrong = await thief.code(await thief.enter('courses'), alice.codeAt());
    expect(wrong.text).toContain('That code isn’t right.');
    expect(await thief.subject('courses')).toBeUndefined();
    expect(asksCode(page)).toBe(true);
    // Alice's code hasn't been spent by that.
    const own = scene.elsewhere(alice);
    expect(asksToRemember(await own.code(await own.enter('courses'), alice.codeAt()))).toBe(true);
  });

  it('are refused when one tab’s form is sent to the other tab’s address', async () => {
    const someone = await scene.newcomer();
    const [one, two] = [await someone.begin('library'), await someone.begin('payroll')];
    const { fields } = ownForm(one);
    const crossed = await someone.client.post(two.url, { ...fields, username: someone.username, password: PASSWORD });
    expect(crossed.status).toBe(403);
    expect(crossed.text).toContain('We couldn’t check where this form came from');
    for (const page of [one, two]) expect(asksPassword(await someone.client.get(page.url))).toBe(true);
  });

  it('show the present step when they are to an earlier one, and count for nothing', async () => {
    const someone = await scene.member();
    const browser = scene.elsewhere(someone);
    const first = await browser.begin('courses');
    const { fields, url } = ownForm(first);
    const code = await browser.password(first, someone.username);
    for (let again = 0; again < 10; again += 1) {
      const stale = await browser.client.follow(await browser.client.post(url, { ...fields, code: '000000' }));
      expect(asksCode(stale)).toBe(true);
      expect(stale.text).not.toContain('isn’t right');
      expect(stale.text).not.toContain('Too many');
    }
    // A right code isn't an answer to the password's page either.
    const right = scene.nextCode(someone);
    const stale = await browser.client.follow(await browser.client.post(url, { ...fields, code: right }));
    expect(asksCode(stale)).toBe(true);
    expect(asksToRemember(await browser.code(code, right))).toBe(true);
  });

  it('don’t go back: an earlier form of a finished sign-in leads nowhere', async () => {
    const someone = await scene.newcomer();
    const page = await someone.begin('library');
    await someone.password(page, someone.username);
    const again = await someone.password(page, someone.username);
    expect(again.status).toBe(400);
    expect(again.text).toContain('This sign-in has expired');
  });

  it('need the browser that the sign-in began in: its address alone shows nothing', async () => {
    const someone = await scene.member();
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('courses');
    const { fields, url } = ownForm(page);
    const stranger = new Client();
    const attempts = [
      await stranger.get(page.url),
      await stranger.get(`${page.url}/methods`),
      await stranger.post(url, { ...fields, code: scene.nextCode(someone) }),
      await stranger.post(`${page.url}/cancel`, fields),
      await stranger.post(`${page.url}/switch`, fields),
    ];
    for (const answer of attempts) {
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('This sign-in began in another browser');
      expect(answer.body).not.toContain(someone.username);
      expect(answer.text).not.toMatch(/Courses/);
      expect(answer.setCookies).toEqual([]);
    }
    expect(asksCode(await browser.client.get(page.url))).toBe(true);
  });

  it('need this browser’s own cookie: another sign-in’s opens no foreign one', async () => {
    const [alice, mallory] = [await scene.newcomer(), await scene.newcomer()];
    const hers = await alice.begin('library');
    const his = await mallory.begin('library');
    // The cookie of hers is named after her sign-in: under that name he puts what he has.
    const [own, foreign] = [mallory, alice].map(({ client }) =>
      client.jar.all().find(({ name }) => name.startsWith('sallyport.sign-in.')),
    );
    if (own === undefined || foreign === undefined) throw new Error('a sign-in without a cookie');
    mallory.client.jar.put({ ...own, name: foreign.name });
    const answer = await mallory.client.get(hers.url);
    expect(answer.status).toBe(400);
    expect((await mallory.client.get(his.url)).status).toBe(200);
  });

  it('finish in the right browser only: the resume address of another one leads nowhere', async () => {
    const someone = await scene.newcomer();
    const page = await someone.begin('library');
    const { fields, url } = ownForm(page);
    const answered = { ...fields, username: someone.username, password: PASSWORD };
    const reply = await someone.client.post(url, answered);
    expect(reply.location?.pathname).toMatch(/^\/authorize\//);
    const stolen = await new Client().get(reply.location ?? '');
    expect(stolen.status).toBe(400);
    expect(stolen.setCookies.join()).not.toContain('sallyport_session=');
    expect((await someone.client.follow(reply)).url.pathname).toBe('/library');
  });
});
