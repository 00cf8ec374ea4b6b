import { randomPKCECodeVerifier } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, call, type Flow, Person, RelyingParty, userinfo } from '../support/relying-party.ts';

/** Authorization codes and refresh tokens in the wrong hands (RFC 9700 sections 2.1.1, 4.5, 4.8 and 4.14). */
const it_ = gatewayOfFile({
  applications: {
    other: application('other'),
    legacy: application('legacy', { dangerouslyWithoutPkce: true }),
  },
  policy: { rules: rules('other', 'legacy') },
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

describe('a refresh token', () => {
  const granted = async () => {
    const tokens = await library.visit(alice);
    return tokens.refresh_token ?? '';
  };

  it('used twice ends its whole family', async () => {
    const first = await granted();
    const second = (await refresh(first)).json() as { refresh_token: string; access_token: string };
    expect(second.refresh_token).not.toBe(first);
    expect((await refresh(first)).json()).toMatchObject({ error: 'invalid_grant' });
    expect((await refresh(second.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' });
    expect((await userinfo(it_.gateway, second.access_token)).status).toBe(401);
  });

  it('used 100 times at once: at most one wins, and the family is dead', async () => {
    const token = await granted();
    const { won, lost } = await count(Array.from({ length: 100 }, () => refresh(token)));
    expect(won.length).toBeLessThanOrEqual(1);
    expect(lost).toEqual(['400 invalid_grant']);
    for (const { refresh_token, access_token } of won) {
      expect((await refresh(refresh_token)).json()).toMatchObject({ error: 'invalid_grant' });
      expect((await userinfo(it_.gateway, access_token)).status).toBe(401);
    }
  });

  it('is of no use to another client, and can gain no scope', async () => {
    const token = await granted();
    expect((await refresh(token, 'other')).status).toBe(400);
    const more = { grant_type: 'refresh_token', refresh_token: token, scope: 'openid profile email' };
    expect((await call(it_.gateway, '/token', more, 'library')).json()).toMatchObject({ error: 'invalid_scope' });
  });
});
