import { describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { asksCode, asksToRemember, ownForm, type Someone, STORES, stage } from '../support/scene.ts';

const LOCKED = 'Too many wrong attempts. Wait 30 minutes';

describe.each(STORES)('guessing passwords, on the %s store', (_name, options) => {
  const scene = stage(options);

  it('hits one count across 50 sessions and three applications; the owner’s known browser still signs in', async () => {
    const owner = await scene.newcomer();
    await owner.enter('library');
    const thieves = Array.from({ length: 50 }, () => scene.elsewhere(owner));
    const pages: Reply[] = [];
    // One after the other: it is not the crowd that is looked at, and all at once made a busy machine late for its store.
    for (const [at, thief] of thieves.entries())
      pages.push(await thief.begin(['library', 'courses', 'payroll'][at % 3] ?? ''));
    const texts: string[] = [];
    for (const [at, thief] of thieves.entries()) {
      const page = pages[at];
      if (page === undefined) continue;
      // From the ninth on the password is the right one.
      const password = at < 8 ? `guess number ${at}` : undefined;
      texts.push((await thief.password(page, owner.username, password)).text);
    }
    for (const text of texts.slice(0, 8)) expect(text).toContain('The user name or the password isn’t right.');
    for (const text of texts.slice(8)) expect(text).toContain(LOCKED);

    owner.client.jar.restart();
    expect((await owner.enter('library')).url.pathname).toBe('/library');
    // The owner's success opens nothing for strangers.
    expect((await scene.elsewhere(owner).enter('library')).text).toContain('Too many wrong attempts.');
  });

  it('hits it with a hundred guesses at once', async () => {
    const owner = await scene.newcomer();
    const thief = scene.elsewhere(owner);
    const { url, fields } = ownForm(await thief.begin('library'));
    const guess = (at: number) =>
      thief.client.post(url, { ...fields, username: owner.username, password: `guess number ${at}` });
    await Promise.all(Array.from({ length: 100 }, (_, at) => guess(at)));
    const { id = '' } = (await scene.gateway.app.rooms.accounts.find(owner.username)) ?? {};
    const refused = () =>
      scene.audit().filter(({ event, account }) => account === id && event === 'sign-in.refused').length;
    await expect.poll(refused).toBe(8);
    expect((await scene.elsewhere(owner).enter('library')).text).toContain(LOCKED);
  });

  it('gives the owner’s own browser as many guesses as anybody, in a count of its own', async () => {
    const owner = await scene.newcomer();
    await owner.enter('library');
    owner.client.jar.restart();
    let page = await owner.begin('library');
    for (let wrong = 0; wrong < 8; wrong += 1) page = await owner.password(page, owner.username, 'guess');
    expect((await owner.password(page, owner.username)).text).toContain(LOCKED);
    expect((await scene.elsewhere(owner).enter('library')).url.pathname).toBe('/library');
  });
});

describe('guessing in time', () => {
  const scene = stage(() => ({
    config: { trustedProxies: ['127.0.0.1', '::1'], lockout: { perAddress: { failures: 20, window: '10m' } } },
  }));
  const from = (ip: string) => new Client({ headers: { 'x-forwarded-for': ip } });

  it('of passwords ends by itself after half an hour', async () => {
    const owner = await scene.newcomer();
    const thief = scene.elsewhere(owner, from('192.0.2.1'));
    let page = await thief.begin('library');
    for (let wrong = 0; wrong < 8; wrong += 1) page = await thief.password(page, owner.username, 'guess');
    expect((await thief.password(page, owner.username)).text).toContain(LOCKED);
    scene.clock.advance(29 * MINUTES);
    const early = scene.elsewhere(owner, from('192.0.2.2'));
    expect((await early.enter('library')).text).toContain('Wait 1 minute');
    scene.clock.advance(1 * MINUTES + 1 * SECONDS);
    expect((await scene.elsewhere(owner, from('192.0.2.2')).enter('library')).url.pathname).toBe('/library');
  });

  it('over many accounts from one address is held up, and other addresses are not', async () => {
    const owner = await scene.newcomer();
    for (let name = 0; name < 20; name += 1) {
      const thief = scene.elsewhere(owner, from('198.51.100.7'));
      const page = await thief.begin('library');
      expect((await thief.password(page, `person-nobody-${name}`, 'guess')).text).toContain('isn’t right');
    }
    expect((await scene.elsewhere(owner, from('198.51.100.7')).enter('library')).text).toContain('Too many');
    expect((await scene.elsewhere(owner, from('198.51.100.8')).enter('library')).url.pathname).toBe('/library');
    scene.clock.advance(10 * MINUTES + 1 * SECONDS);
    expect((await scene.elsewhere(owner, from('198.51.100.7')).enter('library')).url.pathname).toBe('/library');
  });

  it('counts an IPv6 network as one address', async () => {
    const owner = await scene.newcomer();
    for (let host = 0; host < 20; host += 1) {
      const thief = scene.elsewhere(owner, from(`2001:db8:1:2::${host.toString(16)}`));
      await thief.password(await thief.begin('library'), `person-none-${host}`, 'guess');
    }
    const text = (await scene.elsewhere(owner, from('2001:db8:1:2:ffff::1')).enter('library')).text;
    expect(text).toContain('Too many');
  });

  it('of codes hits one count across sign-ins and browsers that know the password', async () => {
    const owner = await scene.member();
    const guess = async (thief: Someone, code: string) => thief.code(await thief.enter('payroll'), code);
    scene.clock.advance(30 * SECONDS);
    const wrong = [...Array(1000).keys()].map((n) => String(n).padStart(6, '0'));
    const right = new Set([-2, -1, 0, 1, 2, 3].map((step) => owner.codeAt(step * 30 * SECONDS)));
    const codes = wrong.filter((code) => !right.has(code));
    for (let browser = 0; browser < 8; browser += 1) {
      const text = (await guess(scene.elsewhere(owner, from(`203.0.113.${browser}`)), codes[browser] ?? '')).text;
      expect(text).toContain('That code isn’t right.');
    }
    const ninth = await guess(scene.elsewhere(owner, from('203.0.113.99')), scene.nextCode(owner));
    expect(ninth.text).toContain(LOCKED);
    scene.clock.advance(29 * MINUTES);
    expect((await guess(scene.elsewhere(owner, from('203.0.113.98')), owner.codeAt())).text).toContain('Too many');
    scene.clock.advance(1 * MINUTES + 1 * SECONDS);
    const back = scene.elsewhere(owner, from('203.0.113.97'));
    expect((await guess(back, owner.codeAt())).url.pathname).toBe('/payroll');
  });

  it('of codes never gets one that was shown too long ago', async () => {
    const owner = await scene.member();
    scene.clock.advance(5 * MINUTES);
    // To the beginning of a code's half minute: none gives way to the next before the end.
    scene.clock.advance(30 * SECONDS - (scene.gateway.now() % (30 * SECONDS)));
    const late = scene.elsewhere(owner, from('203.0.113.10'));
    const again = await late.code(await late.enter('courses'), owner.codeAt(-90 * SECONDS));
    expect(again.text).toContain('That code isn’t right.');
    expect(asksCode(await late.code(again, owner.codeAt(90 * SECONDS)))).toBe(true);
    expect(asksToRemember(await late.code(again, owner.codeAt(-30 * SECONDS)))).toBe(true);
    const replay = scene.elsewhere(owner, from('203.0.113.10'));
    const used = await replay.code(await replay.enter('courses'), owner.codeAt(-30 * SECONDS));
    expect(used.text).toContain('That code has been used already.');
  });
});
