import { createHash, randomUUID } from 'node:crypto';
import { decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Reply } from '../support/client.ts';
import { clientAt, crowd, isOverInRedis, stageCluster } from '../support/cluster.ts';
import { SECRETS } from '../support/gateway.ts';
import { application, rules } from '../support/oidc-gateway.ts';
import { type Flow, RelyingParty, secretOf } from '../support/relying-party.ts';
import { asksPassword, type Someone } from '../support/scene.ts';

/** What applications and their servers see of two nodes: one issuer. */

const NAMES = ['a', 'b'] as const;
type Name = (typeof NAMES)[number];
const other = (name: Name): Name => (name === 'a' ? 'b' : 'a');
const ORDERS = [['a'], ['b']] as const;

const stage = stageCluster(() => ({
  config: {
    applications: {
      spa: application('spa', { clientSecret: undefined, authentication: 'none', reauthenticate: '2d' }),
    },
    policy: { rules: rules('spa') },
  },
}));
const { newcomer, elsewhere } = crowd(() => stage.cluster);
const both = <T>(look: (name: Name) => Promise<T>): Promise<T[]> => Promise.all(NAMES.map(look));

/** A call of a server's, at one of the nodes; by Basic if `id` is given. */
function call(name: Name, path: string, fields: Record<string, string>, { id = '', dpop = '' } = {}): Promise<Reply> {
  const secret = SECRETS[id as keyof typeof SECRETS] ?? secretOf(id);
  const headers = {
    ...{ origin: undefined, 'sec-fetch-site': undefined, 'sec-fetch-mode': undefined, 'sec-fetch-dest': undefined },
    ...(id && { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }),
    ...(dpop && { dpop }),
  };
  return clientAt(name).post(`${stage.cluster.url}${path}`, fields, { headers });
}

function userinfo(name: Name, token: string, dpop?: string): Promise<Reply> {
  const headers = { authorization: `${dpop ? 'DPoP' : 'Bearer'} ${token}`, ...(dpop && { dpop }) };
  return clientAt(name).get(`${stage.cluster.url}/userinfo`, { headers });
}

let library: RelyingParty;
let someone: Someone;
beforeAll(async () => {
  library = await RelyingParty.of(stage.cluster, 'library');
  someone = await newcomer();
  await someone.enter('library');
});

/** The same browser, at one of the nodes. */
const at = (name: Name, of = someone): Someone => elsewhere(of, clientAt(name, of.client.jar));

/** Where an authorization request leads whoever has a session: the answer itself. */
async function answered(name: Name, url: URL | string): Promise<URL> {
  const { location, status, text } = await at(name).client.get(url);
  if (!location?.searchParams.get('code')) throw new Error(`no code: ${status} ${location?.href} ${text}`);
  return location;
}

const exchange = ({ verifier }: Flow, callback: URL, redirect_uri = library.redirectUri) => ({
  grant_type: 'authorization_code',
  code: callback.searchParams.get('code') ?? '',
  code_verifier: verifier,
  redirect_uri,
});

interface Tokens {
  access_token: string;
  refresh_token: string;
  id_token: string;
}

async function tokens(name: Name): Promise<Tokens> {
  const flow = await library.begin();
  const reply = await call(name, '/token', exchange(flow, await answered(other(name), flow.url)), { id: 'library' });
  expect(reply.status).toBe(200);
  return reply.json() as Tokens;
}

describe('one issuer', () => {
  it('has the same description and keys at both, which started at the same moment', async () => {
    for (const path of ['/.well-known/openid-configuration', '/jwks']) {
      const [a, b] = await both(async (name) => (await clientAt(name).get(`${stage.cluster.url}${path}`)).json());
      expect(a).toEqual(b);
    }
    const { keys } = (await clientAt('a').get(`${stage.cluster.url}/jwks`)).json() as { keys: { alg: string }[] };
    expect(keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'RS256']);
  });
});

describe('an authorization request', () => {
  it.each(ORDERS)('pushed at %s is used at the other node, once', async (name) => {
    const { url } = await library.begin();
    const pushed = await call(name, '/par', Object.fromEntries(url.searchParams), { id: 'library' });
    expect(pushed.status).toBe(201);
    const { request_uri } = pushed.json() as { request_uri: string };
    const address = `${stage.cluster.url}/authorize?${new URLSearchParams({ client_id: 'library', request_uri })}`;
    expect((await answered(other(name), address)).searchParams.get('code')).toBeTruthy();
    const again = await both((one) => at(one).client.get(address));
    for (const { location, status } of again)
      expect([status, location?.searchParams.get('code')]).toEqual([400, undefined]);
  });

  it.each(ORDERS)('posted at %s goes on at the other node, once, and in no other browser', async (name) => {
    const { url } = await library.begin();
    const from = 'http://127.0.0.1:9';
    const kept = await at(name).client.post(`${stage.cluster.url}/authorize`, url.searchParams, { from });
    expect(kept.status).toBe(303);
    const next = kept.location ?? '';
    expect((await elsewhere(someone, clientAt(other(name))).client.get(next)).status).toBe(400);
    expect((await answered(other(name), next)).searchParams.get('code')).toBeTruthy();
    const again = await both((one) => at(one).client.get(next));
    expect(again.map(({ status }) => status)).toEqual([400, 400]);
  });

  it('is finished once, where both nodes are asked for its end at the same time', async () => {
    const { username } = someone;
    const browser = elsewhere({ username } as Someone, clientAt('a'));
    const flow = await library.begin();
    const page = await browser.client.open(flow.url);
    expect(asksPassword(page)).toBe(true);
    const sent = await browser.client.follow(
      await browser.client.submit(
        page,
        { username, password: 'correct horse battery staple' },
        { action: page.url.pathname },
      ),
      ({ pathname }) => pathname.startsWith('/authorize/'),
    );
    const resume = sent.location ?? '';
    const ends = await Promise.all(
      Array.from({ length: 20 }, (_, n) => at(NAMES[n % 2] ?? 'a', browser).client.get(resume)),
    );
    const codes = ends.filter(({ location }) => location?.searchParams.get('code'));
    expect(codes).toHaveLength(1);
  });
});

describe('a code', () => {
  it('is exchanged at the node that didn’t give it, and of a hundred times at both once', async () => {
    const flow = await library.begin();
    const fields = exchange(flow, await answered('a', flow.url));
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, n) => call(NAMES[n % 2] ?? 'a', '/token', fields, { id: 'library' })),
    );
    const won = replies.filter(({ status }) => status === 200).map((reply) => reply.json() as Tokens);
    expect(won).toHaveLength(1);
    // Who comes second ends what came of it, at both.
    const states = await both(async (name) => (await userinfo(name, won[0]?.access_token ?? '')).status);
    expect(states).toEqual([401, 401]);
  });

  it.each(ORDERS)('used again at %s ends the tokens of the other node', async (name) => {
    const flow = await library.begin();
    const fields = exchange(flow, await answered(name, flow.url));
    const { access_token } = (await call(other(name), '/token', fields, { id: 'library' })).json() as Tokens;
    expect((await userinfo(name, access_token)).status).toBe(200);
    expect((await call(name, '/token', fields, { id: 'library' })).json()).toMatchObject({ error: 'invalid_grant' });
    expect(await both(async (one) => (await userinfo(one, access_token)).status)).toEqual([401, 401]);
  });
});

describe('tokens', () => {
  it.each(ORDERS)('given at %s are refreshed, looked at and revoked at the other node', async (name) => {
    const given = await tokens(name);
    const there = other(name);
    const fields = { grant_type: 'refresh_token', refresh_token: given.refresh_token };
    const renewed = (await call(there, '/token', fields, { id: 'library' })).json() as Tokens;
    const look = async (one: Name, token: string) =>
      (await call(one, '/introspect', { token }, { id: 'library' })).json() as { active: boolean };
    expect(await both(async (one) => (await look(one, renewed.access_token)).active)).toEqual([true, true]);
    expect((await call(name, '/revoke', { token: given.refresh_token }, { id: 'library' })).status).toBe(200);
    expect(await both(async (one) => (await look(one, renewed.access_token)).active)).toEqual([false, false]);
    expect((await call(there, '/token', fields, { id: 'library' })).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('of a public application rotate once, wherever they are refreshed', async () => {
    const spa = await RelyingParty.of(stage.cluster, 'spa', { redirectUri: 'http://127.0.0.1:9/spa/callback' });
    const flow = await spa.begin();
    const fields = { ...exchange(flow, await answered('a', flow.url), spa.redirectUri), client_id: 'spa' };
    const given = (await call('b', '/token', fields)).json() as Tokens;
    const renew = (name: Name, refresh_token: string) =>
      call(name, '/token', { grant_type: 'refresh_token', refresh_token, client_id: 'spa' });
    // Two tabs at the same moment: the very same next token.
    const next = await both(async (name) => ((await renew(name, given.refresh_token)).json() as Tokens).refresh_token);
    expect(new Set(next).size).toBe(1);
    expect(next[0]).toBeTypeOf('string');
    await isOverInRedis(stage.cluster, 'oidc:overlap:*');
    // Later it is a thief's, and ends all of it.
    expect((await renew('a', given.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' });
    expect((await renew('b', next[0] ?? '')).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('bound to a key take a proof once, at both nodes together (RFC 9449 section 11.1)', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    const proof = (htm: string, path: string, token?: string) =>
      new SignJWT({
        ...{ htm, htu: `${stage.cluster.url}${path}`, jti: randomUUID() },
        ...(token && { ath: createHash('sha256').update(token).digest('base64url') }),
      })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt(Math.floor(stage.cluster.now() / 1000))
        .sign(privateKey);
    const flow = await library.begin();
    const fields = exchange(flow, await answered('a', flow.url));
    const reply = await call('b', '/token', fields, { id: 'library', dpop: await proof('POST', '/token') });
    expect(reply.json()).toMatchObject({ token_type: 'DPoP' });
    const { access_token } = reply.json() as Tokens;
    const once = await proof('GET', '/userinfo', access_token);
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, n) => userinfo(NAMES[n % 2] ?? 'a', access_token, once)),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await userinfo('a', access_token, await proof('GET', '/userinfo', access_token))).status).toBe(200);
  });
});

describe('signing keys that roll over', () => {
  const kids = async (name: Name) => {
    const { keys } = (await clientAt(name).get(`${stage.cluster.url}/jwks`)).json() as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid).sort();
  };
  const signer = async (name: Name) => decodeProtectedHeader((await tokens(name)).id_token).kid;

  it('by a command at one node roll over at the other at once', async () => {
    const before = await signer('b');
    const { command } = stage.cluster.node('a');
    await command('keys rotate', ['oidc'], { algorithm: 'RS256' });
    const told = await kids('a');
    await vi.waitFor(async () => expect(await kids('b')).toEqual(told), { timeout: 20_000 });
    expect(await signer('b')).toBe(before);

    // One that somebody else has: what it signs from now on would be believed nowhere.
    await command('keys retire', [before ?? '']);
    const left = await kids('a');
    expect(left).not.toContain(before);
    await vi.waitFor(async () => expect(await kids('b')).toEqual(left), { timeout: 20_000 });
    const now = await both(signer);
    expect(now[0]).toBe(now[1]);
    expect(left).toContain(now[0]);
  });
});
