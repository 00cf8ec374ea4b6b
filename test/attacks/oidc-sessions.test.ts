import { beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { form } from '../support/forms.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import {
  advance,
  answerOf,
  call,
  HomeClient,
  type Parameters,
  Person,
  RelyingParty,
  userinfo,
} from '../support/relying-party.ts';

/** Session cookies, planted, stolen or stale; sign-ins and sign-outs that another site begins. */
const COOKIE = 'sallyport_session';
const it_ = gatewayOfFile({ applications: { other: application('other') }, policy: { rules: rules('other') } });

let library: RelyingParty;
let payroll: RelyingParty;

beforeAll(async () => {
  library = await RelyingParty.of(it_.gateway, 'library');
  payroll = await RelyingParty.of(it_.gateway, 'payroll');
});

function holding(value: string): HomeClient {
  const client = new HomeClient(it_.gateway);
  const cookie = {
    domain: 'localhost',
    hostOnly: true,
    path: '/',
    secure: false,
    httpOnly: true,
    sameSite: 'lax',
  } as const;
  client.jar.put({ ...cookie, name: COOKIE, value });
  return client;
}

/** What a browser with this session cookie gets at the library without being asked. */
async function silently(value: string): Promise<Record<string, string>> {
  return answerOf(await holding(value).open((await library.begin({ prompt: 'none' })).url));
}

async function signOut(person: Person): Promise<void> {
  const page = await person.client.open(`${it_.gateway.url}/logout`);
  await person.client.follow(await person.client.submit(page, {}, { action: '/logout/confirm' }));
}

const cookieOf = (person: Person): string => person.client.jar.value(COOKIE) ?? '';

describe('the session cookie', () => {
  it('session fixation: a value that the attacker made up never becomes a session', async () => {
    const planted = 'a'.repeat(43);
    const victim = new Person(it_.gateway, 'alice', holding(planted));
    await victim.signIn(library);
    expect(cookieOf(victim)).not.toBe(planted);
    expect(await silently(planted)).toMatchObject({ error: 'login_required' });
  });

  it('session fixation: nobody has a session before they have signed in', async () => {
    const attacker = new Person(it_.gateway, 'bob');
    for (const path of ['/logout', '/logout?client_id=library', '/authorize']) {
      await attacker.client.get(`${it_.gateway.url}${path}`);
      expect(cookieOf(attacker)).toBe('');
    }
  });

  it('a value that names the session of somebody else, or of nobody, opens nothing', async () => {
    const alice = new Person(it_.gateway, 'alice');
    await alice.signIn(library);
    const [, uid = ''] = cookieOf(alice).split('.');
    expect(await silently(cookieOf(alice))).toHaveProperty('code');
    for (const named of [uid, 'nobody']) {
      expect(await silently(`${'a'.repeat(43)}.${named}`)).toMatchObject({ error: 'login_required' });
    }
  });

  it("session fixation: the attacker's own signed-in session never becomes the victim's", async () => {
    const attacker = new Person(it_.gateway, 'bob');
    const own = (await attacker.signIn(library)).claims()?.sub;
    const planted = cookieOf(attacker);
    const victim = new Person(it_.gateway, 'alice', holding(planted));
    const flow = await library.begin({ prompt: 'login' });
    const page = await victim.client.open(flow.url);
    const switched = await victim.client.follow(await victim.client.submit(page, {}, { action: '/switch' }));
    const back = await victim.through(await victim.password(switched, 'alice'));
    const tokens = await library.exchange(flow, back.location);
    expect(tokens.claims()?.sub).not.toBe(own);
    expect(cookieOf(victim)).not.toBe(planted);
    expect(await silently(planted)).toMatchObject({ error: 'login_required' });
  });

  it('changes at every sign-in and step-up; the old one works 10 s for requests under way, then never', async () => {
    const alice = new Person(it_.gateway, 'alice');
    await alice.signIn(library);
    const values = [cookieOf(alice)];
    for (const next of [() => alice.signIn(payroll), () => alice.signIn(library, { prompt: 'login' })]) {
      await next();
      const now = cookieOf(alice);
      expect(values).not.toContain(now);
      const old = values.at(-1) ?? '';
      expect(await silently(old)).toHaveProperty('code');
      advance(10_001);
      expect(await silently(old)).toMatchObject({ error: 'login_required' });
      expect(await silently(now)).toHaveProperty('code');
      values.push(now);
    }
  });

  it('a stale one is never set again, nor prolonged by its use', async () => {
    const alice = new Person(it_.gateway, 'alice');
    await alice.signIn(library);
    const old = cookieOf(alice);
    await alice.signIn(library, { prompt: 'login' });
    const thief = holding(old);
    for (const wait of [6_000, 6_000]) {
      advance(wait);
      const reply = await thief.get((await library.begin({ prompt: 'none' })).url);
      expect(reply.setCookies.filter((cookie) => cookie.startsWith(`${COOKIE}=${old}`))).toEqual([]);
    }
    expect(await silently(old)).toMatchObject({ error: 'login_required' });
  });

  it('is HttpOnly and SameSite=Lax, ends with the browser, and is for the whole host alone', async () => {
    const alice = new Person(it_.gateway, 'alice');
    await alice.signIn(library);
    const [cookie] = alice.client.jar.all().filter(({ name }) => name === COOKIE);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'lax', hostOnly: true, path: '/' });
    expect(cookie?.expires).toBeUndefined();
  });

  it('the address of a sign-in opens nothing in another browser', async () => {
    const alice = new Person(it_.gateway, 'alice');
    const page = await alice.client.open((await library.begin()).url);
    const stranger = await new Client().get(page.url);
    expect(stranger.status).toBe(400);
    expect(stranger.body).not.toContain('name="password"');
  });
});

describe('after the session', () => {
  it.each(['sign-out', 'sign-out everywhere'])('tokens end with the session that they came from: %s', async (how) => {
    const other = await RelyingParty.of(it_.gateway, 'other', { redirectUri: 'http://127.0.0.1:9/other/callback' });
    const alice = new Person(it_.gateway, 'alice');
    const tokens = await alice.signIn(other);
    expect(tokens).not.toHaveProperty('refresh_token');
    expect((await userinfo(it_.gateway, tokens.access_token)).status).toBe(200);
    if (how === 'sign-out') await signOut(alice);
    else await it_.gateway.app.core.endAll(String(tokens.claims()?.sub));
    expect((await userinfo(it_.gateway, tokens.access_token)).status).toBe(401);
    expect(await silently(cookieOf(alice))).toMatchObject({ error: 'login_required' });
  });

  it('refresh tokens with a life of their own outlast a sign-out, but not one everywhere', async () => {
    const alice = new Person(it_.gateway, 'alice');
    const tokens = await alice.signIn(library);
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
    await signOut(alice);
    const { refresh_token } = (await call(it_.gateway, '/token', fields, 'library')).json() as {
      refresh_token: string;
    };
    expect(refresh_token).toBeTypeOf('string');
    await it_.gateway.app.core.endAll(String(tokens.claims()?.sub));
    const reply = await call(it_.gateway, '/token', { ...fields, refresh_token }, 'library');
    expect(reply.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('a revoked access token is refused', async () => {
    const { access_token } = await new Person(it_.gateway, 'alice').signIn(library);
    expect((await call(it_.gateway, '/revoke', { token: access_token }, 'other')).status).toBeLessThan(500);
    expect((await userinfo(it_.gateway, access_token)).status).toBe(200);
    expect((await call(it_.gateway, '/revoke', { token: access_token }, 'library')).status).toBe(200);
    expect((await userinfo(it_.gateway, access_token)).status).toBe(401);
  });
});

describe('cross-site request forgery', () => {
  it('no sign-out without the page and its token', async () => {
    const alice = new Person(it_.gateway, 'alice');
    await alice.signIn(library);
    const page = await alice.client.open(`${it_.gateway.url}/logout`);
    const confirm = `${it_.gateway.url}/logout/confirm`;
    const own = form(page.body, '/logout/confirm').fields;
    const bob = new Person(it_.gateway, 'bob');
    await bob.signIn(library);
    const his = form((await bob.client.open(`${it_.gateway.url}/logout`)).body, '/logout/confirm').fields;
    const forged: Parameters[] = [
      { logout: 'yes' },
      { logout: 'yes', xsrf: '' },
      { logout: 'yes', xsrf: his.xsrf ?? '' },
    ];
    for (const fields of forged) {
      expect((await alice.client.post(confirm, fields)).status).toBe(400);
      expect((await alice.client.post(confirm, { ...fields, ...own }, { from: 'https://evil.example' })).status).toBe(
        400,
      );
      expect(
        (await alice.client.get(`${confirm}?${new URLSearchParams({ ...own, logout: 'yes' })}`)).status,
      ).toBeGreaterThanOrEqual(400);
    }
    expect(await silently(cookieOf(alice))).toHaveProperty('code');
  });

  it('no step of a sign-in is answered from another site, or without its token', async () => {
    const alice = new Person(it_.gateway, 'alice');
    const page = await alice.client.open((await library.begin()).url);
    const own = form(page.body, new URL(page.url).pathname);
    const fields: Record<string, string> = {
      ...own.fields,
      username: 'alice',
      password: 'correct horse battery staple',
    };
    const { csrf: _, ...without } = fields;
    const target = new URL(own.action, page.url);
    expect((await alice.client.post(target, without)).status).toBe(403);
    expect((await alice.client.post(target, fields, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await alice.client.post(target, fields, { headers: { origin: 'null' } })).status).toBe(403);
    expect((await alice.client.post(target, fields)).status).toBe(303);
  });
});
