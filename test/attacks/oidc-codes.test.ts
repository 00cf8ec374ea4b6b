import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { getDPoPHandle, None, randomDPoPKeyPair, randomPKCECodeVerifier, refreshTokenGrant } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, call, type Flow, Person, RelyingParty, userinfo } from '../support/relying-party.ts';

/** Authorization codes and refresh tokens in the wrong hands (RFC 9700 sections 2.1.1, 4.5, 4.8 and 4.14). */
const SPA = 'http://127.0.0.1:9/spa/callback';
const everybody = { clientSecret: undefined, authentication: 'none', reauthenticate: '2d' };
const it_ = gatewayOfFile({
  applications: {
    spa: application('spa', everybody),
    tool: application('tool', everybody),
    other: application('other'),
    legacy: application('legacy', { dangerouslyWithoutPkce: true }),
  },
  policy: { rules: rules('other', 'legacy', 'spa', 'tool') },
});

let library: RelyingParty;
let alice: Person;

beforeAll(async () => {
  library = await RelyingParty.of(it_.gateway, 'library');
  alice = new Person(it_.gateway, 'alice');
  await alice.signIn(library);
});

async function code(flow: Flow): Promise<string> {
  const value = (await alice.callback(flow.url)).searchParams.get('code');
  if (value === null) throw new Error('no code');
  return value;
}

const fieldsOf = (flow: Flow, value: string, redirect_uri = library.redirectUri) => ({
  grant_type: 'authorization_code',
  code: value,
  redirect_uri,
  code_verifier: flow.verifier,
});

async function count(calls: Promise<{ status: number; json(): unknown }>[]) {
  const replies = await Promise.all(calls);
  const won = replies.filter(({ status }) => status === 200);
  const lost = new Set(
    replies
      .filter(({ status }) => status !== 200)
      .map(({ status, json }) => `${status} ${(json() as { error: string }).error}`),
  );
  return { won: won.map((reply) => reply.json() as { access_token: string; refresh_token: string }), lost: [...lost] };
}

const refresh = (refresh_token: string, id = 'library') =>
  call(it_.gateway, '/token', { grant_type: 'refresh_token', refresh_token }, id);

describe('an authorization code', () => {
  it('oidcc-codereuse, 100 at once: one wins, and what it won is dead', async () => {
    const flow = await library.begin();
    const fields = fieldsOf(flow, await code(flow));
    const { won, lost } = await count(
      Array.from({ length: 100 }, () => call(it_.gateway, '/token', fields, 'library')),
    );
    expect(won).toHaveLength(1);
    expect(lost).toEqual(['400 invalid_grant']);
    const [{ access_token, refresh_token } = { access_token: '', refresh_token: '' }] = won;
    expect((await userinfo(it_.gateway, access_token)).status).toBe(401);
    expect((await refresh(refresh_token)).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('oidcc-codereuse-30seconds: its tokens die with the second use', async () => {
    const flow = await library.begin();
    const fields = fieldsOf(flow, await code(flow));
    const first = (await call(it_.gateway, '/token', fields, 'library')).json() as { access_token: string };
    expect((await userinfo(it_.gateway, first.access_token)).status).toBe(200);
    advance(30_000);
    expect((await call(it_.gateway, '/token', fields, 'library')).json()).toMatchObject({ error: 'invalid_grant' });
    expect((await userinfo(it_.gateway, first.access_token)).status).toBe(401);
  });

  it('expires', async () => {
    const flow = await library.begin();
    const fields = fieldsOf(flow, await code(flow));
    advance(61_000);
    expect((await call(it_.gateway, '/token', fields, 'library')).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('is of no use to another client, with its own secret or a claimed client_id', async () => {
    const flow = await library.begin();
    const fields = fieldsOf(flow, await code(flow));
    expect((await call(it_.gateway, '/token', fields, 'other')).json()).toMatchObject({ error: 'invalid_grant' });
    const claimed = await call(it_.gateway, '/token', { ...fields, client_id: 'library' }, 'other');
    expect(claimed.status).toBeGreaterThanOrEqual(400);
    const unauthenticated = await call(it_.gateway, '/token', { ...fields, client_id: 'library' });
    expect(unauthenticated.json()).toMatchObject({ error: 'invalid_client' });
  });

  it.each([
    ['no verifier', undefined],
    ['another verifier', randomPKCECodeVerifier()],
    ['the challenge itself', 'challenge'],
  ])('is refused with %s', async (_what, verifier) => {
    const flow = await library.begin();
    const challenge = flow.url.searchParams.get('code_challenge') ?? '';
    const { code_verifier: _, ...fields } = fieldsOf(flow, await code(flow));
    const given = verifier === 'challenge' ? challenge : verifier;
    const reply = await call(
      it_.gateway,
      '/token',
      { ...fields, ...(given ? { code_verifier: given } : {}) },
      'library',
    );
    expect(reply.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('is used up by a request that is refused for something else', async () => {
    const flow = await library.begin();
    const fields = fieldsOf(flow, await code(flow));
    const elsewhere = await call(it_.gateway, '/token', { ...fields, resource: 'https://nowhere.example' }, 'library');
    expect([elsewhere.status, elsewhere.json()]).toMatchObject([400, { error: 'invalid_target' }]);
    const again = await call(it_.gateway, '/token', fields, 'library');
    expect([again.status, again.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
  });

  it('is bound to the redirect URI of its request', async () => {
    for (const uri of ['http://127.0.0.1:9/other/callback', `${library.redirectUri}/`]) {
      const flow = await library.begin();
      const fields = fieldsOf(flow, await code(flow), uri);
      expect((await call(it_.gateway, '/token', fields, 'library')).json()).toMatchObject({ error: 'invalid_grant' });
    }
    const flow = await library.begin();
    const { redirect_uri: _, ...without } = fieldsOf(flow, await code(flow));
    expect((await call(it_.gateway, '/token', without, 'library')).json()).toMatchObject({ error: 'invalid_request' });
  });
});

describe('PKCE', () => {
  it.each([false, true])('is required of a confidential client, and plain is refused; pushed: %s', async (par) => {
    const downgrades: Record<string, string | undefined>[] = [
      { code_challenge: undefined, code_challenge_method: undefined },
      { code_challenge: undefined },
      { code_challenge_method: 'plain' },
      { code_challenge_method: undefined },
      { code_challenge: 'short' },
    ];
    for (const change of downgrades) {
      const { url } = await library.begin();
      for (const [name, value] of Object.entries(change)) {
        if (value === undefined) url.searchParams.delete(name);
        else url.searchParams.set(name, value);
      }
      const answer = par
        ? ((await call(it_.gateway, '/par', url.searchParams, 'library')).json() as object)
        : answerOf(await alice.client.open(url));
      expect(answer, JSON.stringify(change)).toMatchObject({ error: 'invalid_request' });
      expect(answer).not.toHaveProperty('code');
      expect(answer).not.toHaveProperty('request_uri');
    }
  });

  it('may be left out by the one client that is marked so, and binds where it is used', async () => {
    const redirectUri = 'http://127.0.0.1:9/legacy/callback';
    const legacy = await RelyingParty.of(it_.gateway, 'legacy', { redirectUri });
    const flow = await legacy.begin();
    flow.url.searchParams.delete('code_challenge');
    flow.url.searchParams.delete('code_challenge_method');
    const { code_verifier: _, ...fields } = fieldsOf(flow, await code(flow), redirectUri);
    expect((await call(it_.gateway, '/token', fields, 'legacy')).status).toBe(200);

    // A verifier for a request that had no challenge: the challenge was stripped on the way (RFC 9700 section 4.8.2).
    const stripped = await code(flow);
    const reply = await call(
      it_.gateway,
      '/token',
      { ...fields, code: stripped, code_verifier: flow.verifier },
      'legacy',
    );
    expect(reply.json()).toMatchObject({ error: 'invalid_grant' });

    const bound = await legacy.begin();
    const { code_verifier: __, ...without } = fieldsOf(bound, await code(bound), redirectUri);
    expect((await call(it_.gateway, '/token', without, 'legacy')).json()).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('a refresh token of a public application', () => {
  let spa: RelyingParty;
  beforeAll(async () => {
    spa = await RelyingParty.of(it_.gateway, 'spa', { authentication: None(), redirectUri: SPA });
  });
  const granted = async () => (await spa.visit(alice, { scope: 'openid profile' })).refresh_token ?? '';
  const renew = (refresh_token: string, fields: Record<string, string> = {}, client_id = 'spa') =>
    call(it_.gateway, '/token', { grant_type: 'refresh_token', refresh_token, client_id, ...fields });
  type Tokens = { refresh_token: string; access_token: string };
  const renewed = async (token: string, fields = {}) => (await renew(token, fields)).json() as Tokens;
  const isDead = async (token: string) => (await renew(token)).body.includes('invalid_grant');

  it('answers two tabs alike within ten seconds, and neither is signed out', async () => {
    const first = await granted();
    const tab = await renewed(first);
    expect(tab.refresh_token).not.toBe(first);
    advance(5_000);
    expect(await renewed(first)).toEqual(tab);
    advance(4_000);
    expect(await renewed(first)).toEqual(tab);
    // One of them has gone on meanwhile; the other follows.
    const next = await renewed(tab.refresh_token);
    expect(await renewed(tab.refresh_token)).toEqual(next);
    expect((await userinfo(it_.gateway, next.access_token)).status).toBe(200);
  });

  it('used twice after that ends its whole family', async () => {
    const first = await granted();
    const second = await renewed(first);
    advance(10_001);
    expect(await isDead(first)).toBe(true);
    expect(await isDead(second.refresh_token)).toBe(true);
    expect((await userinfo(it_.gateway, second.access_token)).status).toBe(401);
  });

  it('used again and again has no longer an overlap by that', async () => {
    const first = await granted();
    const second = await renewed(first);
    for (let times = 0; times < 4; times++) {
      advance(2_000);
      expect(await renewed(first)).toEqual(second);
    }
    advance(2_001);
    expect(await isDead(first)).toBe(true);
    expect(await isDead(second.refresh_token)).toBe(true);
  });

  it('used 100 times at once has one answer, and its next token works once', async () => {
    const token = await granted();
    const { won, lost } = await count(Array.from({ length: 100 }, () => renew(token)));
    expect([won.length, lost]).toEqual([100, []]);
    expect(new Set(won.map((tokens) => JSON.stringify(tokens))).size).toBe(1);
    const [{ refresh_token } = { refresh_token: '' }] = won;
    expect(await renewed(refresh_token)).toHaveProperty('refresh_token');
    advance(10_001);
    expect(await isDead(refresh_token)).toBe(true);
  });

  it('used in its overlap with a key gets an access token of that key, whoever was there without one', async () => {
    const token = await granted();
    const bearer = await renewed(token);
    const DPoP = getDPoPHandle(spa.config, await randomDPoPKeyPair('ES256'));
    const bound = await refreshTokenGrant(spa.config, token, {}, { DPoP });
    expect(bound.token_type).toBe('dpop');
    expect(bound.refresh_token).toBe(bearer.refresh_token);
    expect((await userinfo(it_.gateway, bound.access_token)).status).toBe(401);
  });

  it('used in its overlap for less gets less, and no second line of tokens', async () => {
    const token = await granted();
    const [wide, narrow] = [await renewed(token), await renewed(token, { scope: 'openid' })];
    expect(narrow.refresh_token).toBe(wide.refresh_token);
    expect(narrow.access_token).not.toBe(wide.access_token);
    expect((await userinfo(it_.gateway, narrow.access_token)).json()).not.toHaveProperty('name');
    expect((await userinfo(it_.gateway, wide.access_token)).json()).toHaveProperty('name');
  });

  it('in its overlap answers nobody else, and nobody whose account or grant has ended', async () => {
    const token = await granted();
    const next = await renewed(token);
    expect((await renew(token, {}, 'tool')).json()).toMatchObject({ error: 'invalid_grant' });
    expect((await refresh(token)).json()).toMatchObject({ error: 'invalid_grant' });
    expect(await renewed(token)).toEqual(next);
    await call(it_.gateway, '/revoke', { token: next.refresh_token, client_id: 'spa' });
    expect(await isDead(token)).toBe(true);
  });

  it('in its overlap is answered by what nobody can read in the store', async () => {
    const token = await granted();
    const next = await renewed(token);
    const db = new DatabaseSync(join(it_.folder, 'data', 'ephemeral.db'), { readOnly: true });
    const rows = JSON.stringify(db.prepare('SELECT key, value FROM entries').all());
    db.close();
    expect(rows).toContain('oidc:answer:');
    for (const secret of [token, next.refresh_token, next.access_token]) expect(rows).not.toContain(secret);
  });
});

describe('a refresh token of a confidential application', () => {
  const granted = async () => {
    const tokens = await library.visit(alice);
    return tokens.refresh_token ?? '';
  };

  it('stays the same, whoever else asks at the same moment (RFC 9700 section 4.14.2)', async () => {
    const token = await granted();
    const { won, lost } = await count(Array.from({ length: 20 }, () => refresh(token)));
    expect([won.length, lost]).toEqual([20, []]);
    expect(new Set(won.map(({ refresh_token }) => refresh_token))).toEqual(new Set([token]));
    for (const { access_token } of won) expect((await userinfo(it_.gateway, access_token)).status).toBe(200);
    advance(600_000);
    expect((await refresh(token)).json()).toMatchObject({ refresh_token: token });
  });

  it('is of no use to another client, and can gain no scope', async () => {
    const token = await granted();
    expect((await refresh(token, 'other')).status).toBe(400);
    const more = { grant_type: 'refresh_token', refresh_token: token, scope: 'openid profile email' };
    expect((await call(it_.gateway, '/token', more, 'library')).json()).toMatchObject({ error: 'invalid_scope' });
  });
});
