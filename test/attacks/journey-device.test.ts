import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { DAYS, MINUTES, SECONDS } from '../support/clock.ts';
import type { Cookie } from '../support/cookies.ts';
import { PASSWORD } from '../support/gateway.ts';
import { asksCode, asksToRemember, ownForm, type Someone, STORES, stage } from '../support/scene.ts';

const DEVICE = 'sallyport_device_';

describe.each(STORES)('the cookie of a remembered device, on the %s store', (_name, options) => {
  const scene = stage(options);
  const cookieOf = (someone: Someone): Cookie => {
    const [cookie] = cookiesOf(someone);
    if (cookie === undefined) throw new Error('no device is remembered');
    return cookie;
  };
  const cookiesOf = (someone: Someone) => someone.client.jar.all().filter(({ name }) => name.startsWith(DEVICE));
  /** A new session of the person with the password alone; whether a second factor is asked for. */
  async function asked(browser: Someone): Promise<boolean> {
    browser.client.jar.restart();
    return asksCode(await browser.enter('courses'));
  }
  function withCookie(someone: Someone, cookie: Cookie): Someone {
    const browser = scene.elsewhere(someone, new Client());
    browser.client.jar.put(cookie);
    return browser;
  }
  /** Gives the password in one tab; whether the application is given a code then. */
  async function finish(someone: Someone, page: Reply): Promise<boolean> {
    const { url, fields } = ownForm(page);
    const reply = await someone.client.post(url, { ...fields, username: someone.username, password: PASSWORD });
    const last = await someone.client.follow(reply, ({ pathname }) => pathname.endsWith('/callback'));
    return last.location?.searchParams.has('code') ?? false;
  }
  const thefts = () => scene.audit().filter(({ event }) => event === 'device.theft').length;

  it('shows itself when copied: both copies end, and it is in the audit', async () => {
    const owner = await scene.member({ remember: 'yes' });
    const thief = withCookie(owner, cookieOf(owner));
    expect(await asked(thief)).toBe(false);
    // The thief moves on to the next value; the owner's has been superseded for more than a minute.
    scene.clock.advance(2 * MINUTES);
    expect(await asked(thief)).toBe(false);
    scene.clock.advance(2 * MINUTES);
    const before = thefts();
    expect(await asked(owner)).toBe(true);
    expect(cookiesOf(owner)).toEqual([]);
    expect(await asked(thief)).toBe(true);
    expect(thefts()).toBe(before + 1);
  });

  it('shows itself the other way round: the owner moves on, and the thief’s copy ends the series', async () => {
    const owner = await scene.member({ remember: 'yes' });
    const thief = withCookie(owner, cookieOf(owner));
    for (let use = 0; use < 2; use += 1) {
      expect(await asked(owner)).toBe(false);
      scene.clock.advance(2 * MINUTES);
    }
    expect(await asked(thief)).toBe(true);
    expect(await asked(owner)).toBe(true);
  });

  it('survives an answer that never arrived, and one that arrived late', async () => {
    const owner = await scene.member({ remember: 'yes' });
    const kept = cookieOf(owner);
    owner.client.jar.restart();
    const { url, fields } = ownForm(await owner.begin('courses'));
    const lost = await owner.client.post(url, { ...fields, username: owner.username, password: PASSWORD });
    expect(lost.setCookies.join()).toContain(DEVICE);
    owner.client.jar.put(kept);
    scene.clock.advance(5 * MINUTES);
    expect(await asked(owner)).toBe(false);
    const before = thefts();
    const old = cookieOf(owner);
    expect(await asked(owner)).toBe(false);
    owner.client.jar.put(old);
    expect(await asked(owner)).toBe(false);
    expect(thefts()).toBe(before);
  });

  it('may be in flight many times at once', async () => {
    const owner = await scene.member({ remember: 'yes' });
    owner.client.jar.restart();
    scene.clock.advance(2 * MINUTES);
    const pages: Reply[] = [];
    for (let tab = 0; tab < 6; tab += 1) pages.push(await owner.begin('courses'));
    const before = thefts();
    for (const end of await Promise.all(pages.map((page) => finish(owner, page)))) expect(end).toBe(true);
    expect(thefts()).toBe(before);
    scene.clock.advance(2 * MINUTES);
    expect(await asked(owner)).toBe(false);
  });

  it('gives nothing for another account', async () => {
    const [alice, mallory] = [await scene.member({ remember: 'yes' }), await scene.member()];
    const thief = withCookie(mallory, cookieOf(alice));
    expect(await asked(thief)).toBe(true);
    expect(await asked(alice)).toBe(false);
  });

  it('takes no record along: a thief who signs in to an account of their own leaves the victim’s where it was', async () => {
    const [owner, mallory] = [await scene.member({ remember: 'yes' }), await scene.member()];
    const thief = withCookie(mallory, cookieOf(owner));
    const page = await thief.enter('courses');
    expect(asksCode(page)).toBe(true);
    await thief.remember(await thief.code(page, scene.nextCode(mallory)), 'yes');
    const { name } = cookieOf(owner);
    expect(cookiesOf(thief).map((cookie) => cookie.name)).toContain(name);
    const own = cookiesOf(thief).filter((cookie) => cookie.name !== name);
    expect(own).toHaveLength(1);
    // The victim's browser still counts, and comes to show that somebody else was renewed as well.
    expect(await asked(withCookie(owner, own[0] as Cookie))).toBe(true);
    scene.clock.advance(3 * MINUTES);
    const before = thefts();
    for (let use = 0; use < 2; use += 1) {
      expect(await asked(owner)).toBe(false);
      scene.clock.advance(2 * MINUTES);
    }
    const again = scene.elsewhere(owner, thief.client);
    expect(await asked(again)).toBe(true);
    expect(thefts()).toBeGreaterThan(before);
    expect(await asked(owner)).toBe(true);
  });

  it('may be one from before cookies had names of their own, and becomes one that has', async () => {
    const owner = await scene.member({ remember: 'yes' });
    const cookie = cookieOf(owner);
    const former = withCookie(owner, { ...cookie, name: 'sallyport_device' });
    scene.clock.advance(3 * MINUTES);
    expect(await asked(former)).toBe(false);
    expect(cookiesOf(former).map(({ name }) => name)).toEqual([cookie.name]);
    expect(former.client.jar.value('sallyport_device')).toBeUndefined();
    expect(await asked(former)).toBe(false);
  });

  it('gives its sender nothing when tossed into the victim’s browser', async () => {
    const mallory = await scene.member({ remember: 'yes' });
    const tossed = cookieOf(mallory);
    const victim = await scene.newcomer();
    victim.client.jar.put(tossed);
    const question = await victim.enrol(await victim.enter('courses'));
    expect(asksToRemember(question)).toBe(true);
    await victim.remember(question, 'yes');
    expect(cookiesOf(victim)).toHaveLength(2);
    // Mallory knows the victim's password, and holds the cookie that was tossed.
    const attacker = withCookie(victim, tossed);
    expect(await asked(attacker)).toBe(true);
    const patient = withCookie(victim, tossed);
    scene.clock.advance(5 * MINUTES);
    expect(await asked(patient)).toBe(true);
    expect(await asked(victim)).toBe(false);
  });

  it('is worth nothing when forged, cut or altered', async () => {
    const owner = await scene.member({ remember: 'yes' });
    const cookie = cookieOf(owner);
    const [series = '', secret = ''] = cookie.value.split('.');
    const hash = (text: string) => createHash('sha256').update(text).digest('base64url');
    const forged = [
      `${randomBytes(16).toString('base64url')}.${secret}`,
      `${hash(series).slice(0, 22)}.${secret}`,
      `${series}.`,
      series,
      '',
      '.',
      `${series}.${secret}.${secret}`,
      `${series}.${secret}x`,
      '*'.repeat(4000),
    ];
    for (const value of forged) expect(await asked(withCookie(owner, { ...cookie, value }))).toBe(true);
    expect(await asked(owner)).toBe(false);
  });

  it('ends the series when its secret is guessed at', async () => {
    const owner = await scene.member({ remember: 'yes' });
    const cookie = cookieOf(owner);
    const [series = ''] = cookie.value.split('.');
    const value = `${series}.${randomBytes(32).toString('base64url')}`;
    expect(await asked(withCookie(owner, { ...cookie, value }))).toBe(true);
    expect(await asked(owner)).toBe(true);
  });

  it('says nothing of its account, and is out of scripts’ and other sites’ reach', async () => {
    const owner = await scene.member({ remember: 'yes' });
    const cookie = cookieOf(owner);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'lax', hostOnly: true, path: '/' });
    expect(cookie.value).toMatch(/^[\w-]{22}\.[\w-]{43}$/);
  });
});

describe('a remembered device’s cookie in time', () => {
  const scene = stage(() => ({ config: { trustedDevices: { lifetime: '7d' } } }));

  it('is over with the operator’s lifetime, whatever a browser keeps', async () => {
    const owner = await scene.member({ remember: 'yes' });
    const cookie = owner.client.jar.all().find(({ name }) => name.startsWith(DEVICE));
    expect(cookie?.expires).toBeLessThanOrEqual(Date.now() + 7 * DAYS + 1 * SECONDS);
    scene.clock.advance(7 * DAYS + 1 * SECONDS);
    owner.client.jar.restart();
    if (cookie) owner.client.jar.put({ ...cookie, expires: Date.now() + 365 * DAYS });
    expect(asksCode(await owner.enter('courses'))).toBe(true);
  });
});
