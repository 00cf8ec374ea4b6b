import { describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { authorization, FrontedClient, ISSUER, subjectOf, toss } from '../support/fronted.ts';
import { PASSWORD } from '../support/gateway.ts';
import { Passkey } from '../support/passkeys.ts';
import { asksCode, asksPassword, asksToRemember, ownForm, Someone, stage } from '../support/scene.ts';

/** A sign-in belongs to the browser in which it began, whatever cookies another host of the domain plants. */
const scene = stage(() => ({
  withoutRelyingParty: true,
  config: { issuer: ISSUER, factors: { fido2: {} } },
}));

async function newcomer(): Promise<Someone> {
  const { username } = await scene.newcomer();
  return new Someone(scene.gateway, username, new FrontedClient(scene.gateway));
}
const elsewhere = (someone: Someone) => scene.elsewhere(someone, new FrontedClient(scene.gateway));
const begin = ({ client }: Someone, application = 'library') => client.open(authorization(scene.gateway, application));
const bondsOf = ({ client }: Someone) => client.jar.all().filter(({ name }) => name.startsWith('__Host-sallyport.'));
const isSignedIn = ({ client }: Someone) => client.jar.value('__Host-sallyport_session') !== undefined;

/** Somebody with a passkey, in a new browser. */
async function holder() {
  const someone = await newcomer();
  const key = new Passkey({ url: ISSUER });
  const page = await someone.answer(await someone.password(await begin(someone, 'courses'), someone.username), {
    factor: 'fido2',
  });
  await key.enrol(someone, page);
  return { someone: elsewhere(someone), key };
}

describe('a sign-in that somebody else began', () => {
  it.each<[string, (victim: Someone, key: Passkey, page: Reply) => Promise<Reply>]>([
    ['the password', (victim, _key, page) => victim.password(page, victim.username)],
    ['a passkey', (victim, key, page) => key.use(victim, page)],
  ])('can’t be finished by %s in a browser where its cookies were planted', async (_what, answer) => {
    const attacker = await newcomer();
    const begun = await begin(attacker);
    const { someone: victim, key } = await holder();
    // Not to where it is resumed: that is the attacker's to do.
    toss(victim.client.jar, attacker.client.jar, begun.url.pathname);
    const page = await victim.client.get(begun.url, { from: 'https://evil.example' });
    // Whatever they are shown, they answer.
    if (asksPassword(page)) await answer(victim, key, page);
    const resumed = await attacker.client.open(`${ISSUER}${begun.url.pathname.replace('sign-in', 'authorize')}`);
    expect(await subjectOf(scene.gateway, resumed)).toBeUndefined();
    expect(isSignedIn(attacker)).toBe(false);
    expect(page.status).toBe(400);
    expect(page.text).toContain('This sign-in began in another browser');
    expect(page.body).not.toContain('<form');
  });

  it('can’t be resumed in a browser where its cookies were planted', async () => {
    const attacker = await newcomer();
    const { fields, url } = ownForm(await begin(attacker));
    const done = await attacker.client.post(url, { ...fields, username: attacker.username, password: PASSWORD });
    expect(done.location?.pathname).toMatch(/^\/authorize\//);
    const victim = await newcomer();
    toss(victim.client.jar, attacker.client.jar, '/', url.pathname, String(done.location?.pathname));
    const page = await victim.client.open(String(done.location), { from: 'https://evil.example' });
    expect(isSignedIn(victim)).toBe(false);
    expect(page.status).toBe(400);
    expect(page.text).toContain('This sign-in began in another browser');
    // It is still the one's who began it.
    expect(await subjectOf(scene.gateway, await attacker.client.follow(done))).toBeTruthy();
  });
});

describe('the cookie of a sign-in', () => {
  it('is of this host alone, whatever the path, and goes when it is finished', async () => {
    const someone = await newcomer();
    const page = await begin(someone);
    const [bond, ...more] = bondsOf(someone);
    expect(bond).toMatchObject({ path: '/', hostOnly: true, secure: true, httpOnly: true, sameSite: 'lax' });
    expect(more).toEqual([]);
    expect(bond?.name).not.toContain(page.url.pathname.split('/').at(-1));
    expect(someone.client.jar.all().map(({ name }) => name)).toEqual([bond?.name]);
    await someone.password(page, someone.username);
    expect(isSignedIn(someone)).toBe(true);
    expect(bondsOf(someone)).toEqual([]);
  });

  it('is asked for at every address of the sign-in', async () => {
    const someone = await newcomer();
    const page = await begin(someone);
    const { url, fields } = ownForm(page);
    const stranger = new FrontedClient(scene.gateway);
    toss(stranger.jar, someone.client.jar, '/', url.pathname);
    expect(stranger.jar.for(url).length).toBeGreaterThan(1);
    const answers = [
      ...['', '/methods', '/events?step=x', '/state?step=x'].map((path) => stranger.get(`${url.href}${path}`)),
      ...['', '/switch', '/cancel'].map((path) => stranger.post(`${url.href}${path}`, fields)),
      stranger.get(url.href.replace('sign-in', 'authorize')),
    ];
    for (const { status, text, setCookies } of await Promise.all(answers)) {
      expect(status).toBe(400);
      expect(text).toContain('This sign-in began in another browser');
      expect(setCookies).toEqual([]);
    }
    expect(asksPassword(await someone.client.get(url))).toBe(true);
  });

  it('is none with a name that only looks like it once white space is taken off', async () => {
    const someone = await newcomer();
    const { url } = await begin(someone);
    const [bond] = bondsOf(someone);
    // A sibling host can set these: to the browser they begin with no prefix.
    for (const space of ['\u00a0', '\t\u00a0', '\u00a0 ']) {
      const cookie = `${space}${bond?.name}=${bond?.value}`;
      expect((await new FrontedClient(scene.gateway).get(url, { headers: { cookie } })).status).toBe(400);
    }
    const cookie = `a=b;\t ${bond?.name}=${bond?.value}`;
    expect((await new FrontedClient(scene.gateway).get(url, { headers: { cookie } })).status).toBe(200);
  });

  it('isn’t another sign-in’s: of two in one browser each has its own', async () => {
    const someone = await newcomer();
    const [one, two] = [await begin(someone), await begin(someone)];
    const [first, second] = bondsOf(someone);
    if (first === undefined || second === undefined) throw new Error('a sign-in without a cookie');
    someone.client.jar.put({ ...second, value: first.value });
    expect((await someone.client.get(one.url)).status).toBe(200);
    expect((await someone.client.get(two.url)).status).toBe(400);
  });

  it('is one of a bounded number: of very many sign-ins in one browser the newest can be finished', async () => {
    const someone = await newcomer();
    const pages: Reply[] = [];
    for (let at = 0; at < 40; at += 1) pages.push(await begin(someone));
    const sent = someone.client.jar.for(new URL(ISSUER)).map(({ name, value }) => `${name}=${value}`);
    expect(sent).toHaveLength(24);
    expect(sent.join('; ').length).toBeLessThan(2_500);
    const [oldest, newest] = [pages.at(0), pages.at(-1)];
    if (oldest === undefined || newest === undefined) throw new Error('no page');
    expect((await someone.client.get(oldest.url)).text).toContain('This sign-in began in another browser');
    expect(await subjectOf(scene.gateway, await someone.password(newest, someone.username))).toBeTruthy();
  });
});

describe('eight tabs that are opened at once in a fresh browser', () => {
  const TABS = Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? 'library' : 'courses'));

  it('each come to their end', async () => {
    const member = await newcomer();
    const choice = await member.password(await begin(member, 'courses'), member.username);
    await member.enrol(await member.answer(choice, { factor: 'totp' }));
    scene.clock.advance(31 * SECONDS);
    const someone = elsewhere(member);
    const pages = await Promise.all(TABS.map((application) => begin(someone, application)));
    const subjects: (string | undefined)[] = [];
    for (const page of pages) {
      let last = await someone.password(page, someone.username);
      if (asksCode(last)) last = await someone.code(last, scene.nextCode(someone));
      if (asksToRemember(last)) last = await someone.remember(last, 'no');
      subjects.push(await subjectOf(scene.gateway, last));
    }
    expect(new Set(subjects).size).toBe(1);
    expect(subjects[0]).toBeTruthy();
    expect(bondsOf(someone)).toEqual([]);
  });
});

describe('a request that was posted by another site', () => {
  const EVIL = { from: 'https://evil.example' };
  const post = ({ client }: Someone, path = '/authorize') =>
    client.post(`${ISSUER}${path}`, new URL(authorization(scene.gateway, 'library')).searchParams, EVIL);

  it('goes on in the browser that posted it, once, and replaces nothing there', async () => {
    const someone = await newcomer();
    const page = await begin(someone);
    const before = bondsOf(someone);
    const posted = await post(someone);
    expect(bondsOf(someone)).toEqual([...before, expect.anything()]);
    expect(posted.setCookies.join()).toMatch(/^__Host-sallyport\.posted-authorize\.[^;]+; Max-Age=60;/);

    const stranger = new FrontedClient(scene.gateway);
    toss(stranger.jar, someone.client.jar, '/', '/authorize');
    const foreign = await stranger.open(String(posted.location));
    expect(foreign.status).toBe(400);
    expect(foreign.text).toContain('This sign-in has expired');

    const next = await someone.client.follow(posted);
    expect(asksPassword(next)).toBe(true);
    expect((await someone.client.open(String(posted.location))).status).toBe(400);
    // Both are there, and nothing of what came between.
    expect(bondsOf(someone)).toHaveLength(2);
    expect(await subjectOf(scene.gateway, await someone.password(page, someone.username))).toBeTruthy();
    expect(await subjectOf(scene.gateway, await someone.password(next, someone.username))).toBeTruthy();
  });

  it('of 100 that take it at the same moment one begins a sign-in', async () => {
    const someone = await newcomer();
    const posted = String((await post(someone)).location);
    const replies = await Promise.all(Array.from({ length: 100 }, () => someone.client.get(posted)));
    expect(replies.filter(({ location }) => location?.pathname.startsWith('/sign-in/'))).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 400)).toHaveLength(99);
  });

  it('to sign out is asked about as often as the page is loaded, in that browser alone', async () => {
    const someone = await newcomer();
    await someone.password(await begin(someone), someone.username);
    const target = `${scene.gateway.relyingParty}/library/signed-out`;
    const asked = { client_id: 'library', post_logout_redirect_uri: target };
    const posted = await someone.client.post(`${ISSUER}/logout`, asked, EVIL);
    for (let loads = 0; loads < 2; loads += 1) {
      expect((await someone.client.follow(posted)).text).toContain('Library');
    }
    const other = await newcomer();
    await other.password(await begin(other), other.username);
    toss(other.client.jar, someone.client.jar, '/', '/logout');
    const page = await other.client.open(String(posted.location), EVIL);
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('Library');
    expect(isSignedIn(other)).toBe(true);
  });
});
