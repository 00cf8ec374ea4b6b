import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { answerOf, HomeClient, type Parameters, Person, RelyingParty } from '../support/relying-party.ts';

/** OpenID Connect Front-Channel Logout 1.0, by the names of the conformance suite. */
const SITE = 'http://127.0.0.1:9/site';
const OUT = `${SITE}/frontchannel`;
const SIGNED_OUT = `${SITE}/signed-out`;
const many = Array.from({ length: 11 }, (_, at) => `many-${at}`);
const framed = (id: string, more: Record<string, unknown> = {}) =>
  application(id, { frontchannelLogoutUri: `http://127.0.0.1:9/${id}/frontchannel`, ...more });

const it_ = gatewayOfFile({
  applications: {
    site: framed('site', { frontchannelLogoutUri: `${OUT}?keep=1`, postLogoutRedirectUris: [SIGNED_OUT] }),
    second: framed('second', {
      redirectUris: ['http://127.0.0.1:10/callback'],
      frontchannelLogoutUri: 'http://127.0.0.1:10/out',
    }),
    failing: application('failing', { backchannelLogoutUri: 'http://127.0.0.1:9/failing' }),
    ...Object.fromEntries(many.map((id) => [id, framed(id)])),
    lab: application('lab', {
      ...{ redirectUris: [], clientSecret: undefined, authentication: 'none' },
      registration: { hosts: ['lab.example.org', 'other.example.org'] },
    }),
  },
  networks: { ward: { ranges: ['127.0.0.8/32'], shared: true } },
  policy: { rules: rules('site', 'second', 'failing', 'lab', ...many) },
});

const parties: Record<string, RelyingParty> = {};
let person: Person;

beforeAll(async () => {
  for (const id of ['site', 'failing', ...many])
    parties[id] = await RelyingParty.of(it_.gateway, id, { redirectUri: `http://127.0.0.1:9/${id}/callback` });
  parties.second = await RelyingParty.of(it_.gateway, 'second', { redirectUri: 'http://127.0.0.1:10/callback' });
});
afterEach(() => it_.gateway.logs.splice(0));

const party = (id: string) => parties[id] as RelyingParty;
const logout = (parameters: Parameters) =>
  person.client.get(`${it_.gateway.url}/logout?${new URLSearchParams(parameters)}`);
const confirm = async (page: Reply) =>
  person.client.follow(await person.client.submit(page, {}, { action: '/logout/confirm' }));

async function signedIn(localAddress = '127.0.0.1') {
  person = new Person(it_.gateway, 'alice', new HomeClient(it_.gateway, { localAddress }));
  const tokens = await person.signIn(party('site'));
  return { tokens, hint: tokens.id_token ?? '' };
}

const framesOf = (page: Reply): URL[] =>
  [...page.body.matchAll(/<iframe src="([^"]+)"/g)].map(([, src = '']) => new URL(src.replaceAll('&amp;', '&')));
const frameSource = (page: Reply) => /frame-src ([^;]*)/.exec(page.headers['content-security-policy'] ?? '')?.[1];
/** What the audit says of logouts, oldest first: the application, or how many. */
function told(): string[] {
  const file = new DatabaseSync(join(it_.folder, 'data', 'sallyport.db'), { readOnly: true });
  try {
    const rows = file.prepare("SELECT event, detail FROM audit WHERE event LIKE 'logout.%' ORDER BY sequence").all();
    return rows.map(({ event, detail }) => `${event} ${JSON.parse(String(detail)).applications?.length ?? 1}`);
  } finally {
    file.close();
  }
}

describe('what is published', () => {
  it('oidcc-frontchannel-logout-discovery-endpoint-verification', () => {
    const metadata = party('site').config.serverMetadata();
    expect(metadata).toMatchObject({
      end_session_endpoint: `${it_.gateway.url}/logout`,
      frontchannel_logout_supported: true,
      frontchannel_logout_session_supported: true,
    });
  });
});

describe('oidcc-frontchannel-rp-initiated-logout', () => {
  it('frames each application of the session, with iss and sid, and goes on to where the request wanted', async () => {
    const { tokens, hint } = await signedIn();
    const other = await party('second').visit(person);
    const asked = { id_token_hint: hint, post_logout_redirect_uri: SIGNED_OUT, state: 's' };
    const page = await confirm(await logout(asked));
    const { sid, iss } = tokens.claims() as { sid?: string; iss?: string };
    expect(sid).toEqual(expect.any(String));
    const [first, second] = framesOf(page);
    expect(first?.href.split('?')[0]).toBe(OUT);
    expect(Object.fromEntries(first?.searchParams ?? [])).toEqual({ keep: '1', iss, sid });
    expect(Object.fromEntries(second?.searchParams ?? [])).toEqual({ iss, sid: other.claims()?.sid });
    expect(frameSource(page)).toBe('http://127.0.0.1:9 http://127.0.0.1:10');
    expect(page.body).toContain(`href="${SIGNED_OUT}?state=s" data-after=`);
    // Over before any frame is loaded: what an application asks back finds nobody signed in.
    expect(answerOf(await person.client.open((await party('site').begin({ prompt: 'none' })).url))).toMatchObject({
      error: 'login_required',
    });
  });

  it('without a place to return to the page stays; no other page may frame anything', async () => {
    const { hint } = await signedIn();
    const question = await logout({ id_token_hint: hint });
    expect(frameSource(question)).toBeUndefined();
    const page = await confirm(question);
    expect(framesOf(page)).toHaveLength(1);
    expect(page.body).not.toContain('data-after');
    // Where somebody was signed in, and under which name, is said to this browser alone.
    const elsewhere = await new HomeClient(it_.gateway).get(page.url);
    expect([framesOf(elsewhere), frameSource(elsewhere)]).toEqual([[], undefined]);
  });

  it('from the account page as well', async () => {
    await signedIn();
    // A second factor is set up on the way; the page at its end is ours, and asks nothing.
    await person.through(await person.client.open(`${it_.gateway.url}/account`)).catch(() => undefined);
    const page = await person.client.open(`${it_.gateway.url}/account/sign-out-everywhere`);
    const done = await person.client.follow(
      await person.client.submit(page, {}, { action: '/account/sign-out-everywhere' }),
    );
    expect(framesOf(done).map(({ pathname }) => pathname)).toContain('/site/frontchannel');
  });

  it('ten frames at most; the rest is said to be unreached', async () => {
    await signedIn();
    for (const id of many) await party(id).visit(person);
    const page = await confirm(await logout({}));
    expect(framesOf(page)).toHaveLength(10);
    expect(page.text).toContain('couldn’t be told');
    await expect.poll(told).toContain('logout.in-frames 10');
    expect(told().filter((it) => it === 'logout.unreached 1')).toHaveLength(2);
  });

  it('at a shared machine it stays on the page that names what was not reached', async () => {
    const { hint } = await signedIn('127.0.0.8');
    await party('failing').visit(person);
    const page = await confirm(await logout({ id_token_hint: hint, post_logout_redirect_uri: SIGNED_OUT }));
    expect(framesOf(page)).toHaveLength(1);
    expect(page.text).toContain('failing');
    expect(page.body).toContain(`href="${SIGNED_OUT}"`);
    expect(page.body).not.toContain('data-after');
  });

  it('where no browser is at hand they are unreached', async () => {
    const { tokens } = await signedIn();
    const { unreached } = await it_.gateway.app.core.endAll(String(tokens.claims()?.sub));
    expect(unreached).toContain('site');
  });
});

describe('a client that registers itself', () => {
  const register = async (metadata: object) => {
    const [token] = await it_.gateway.command('clients invite', ['lab']);
    const response = await fetch(`${it_.gateway.url}/register`, {
      method: 'POST',
      body: JSON.stringify({ redirect_uris: ['https://lab.example.org/cb'], ...metadata }),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const uri = 'https://lab.example.org/out';

  it('may name where its frame leads, of the origin of its redirects', async () => {
    const done = await register({ frontchannel_logout_uri: uri });
    expect(done.json).toMatchObject({ frontchannel_logout_uri: uri, frontchannel_logout_session_required: true });
    for (const wrong of ['https://other.example.org/out', 'https://evil.example/out', 'javascript:alert(1)'])
      expect(await register({ frontchannel_logout_uri: wrong })).toMatchObject({
        status: 400,
        json: { error: 'invalid_client_metadata' },
      });
  });

  it('has none where it can be called', async () => {
    const done = await register({ frontchannel_logout_uri: uri, backchannel_logout_uri: uri });
    expect(done.json).toMatchObject({ backchannel_logout_uri: uri });
    expect(done.json).not.toHaveProperty('frontchannel_logout_uri');
  });
});
