import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { fapiApplication, holdKey, KeyHolder } from '../support/key-holder.ts';
import { API, application, gatewayOfFile, REPORTS, rules } from '../support/oidc-gateway.ts';
import { advance, call, Person, RelyingParty, userinfo } from '../support/relying-party.ts';

/** Grants without a browser at the application: programs by themselves (RFC 6749 section 4.4), devices (RFC 8628). */
const key = await holdKey();
const television = { redirectUris: [], grants: ['device_code'], clientSecret: undefined, authentication: 'none' };
const it_ = gatewayOfFile({
  applications: {
    nightly: application('nightly', { grants: ['client_credentials'], redirectUris: [] }),
    keyed: fapiApplication('keyed', [key.jwk], {
      grants: ['client_credentials'],
      redirectUris: [],
      scopes: ['openid'],
      reauthenticate: undefined,
    }),
    auditor: application('auditor'),
    tv: application(
      'tv',
      { ...television, reauthenticate: '2d' },
      { name: { en: 'Ward television', 'zh-Hant': '病房電視' } },
    ),
    secret: application('secret', { grants: ['device_code'], redirectUris: [] }),
  },
  doors: {
    oidc: {
      resources: {
        [API]: {
          scopes: ['read', 'write'],
          applications: ['library', 'tv'],
          algorithm: 'ES256',
          programs: { nightly: ['read'], keyed: ['read', 'write'] },
        },
        [REPORTS]: {
          scopes: ['read'],
          applications: ['library'],
          format: 'opaque',
          programs: { nightly: ['read'] },
          introspectedBy: ['auditor'],
        },
      },
    },
  },
  policy: { rules: rules('nightly', 'keyed', 'auditor', 'tv', 'secret') },
});

const rp = (id: string, options = {}) =>
  RelyingParty.of(it_.gateway, id, { redirectUri: 'https://none.example/', ...options });
const jwks = () => createRemoteJWKSet(new URL(`${it_.gateway.url}/jwks`));

describe('client credentials', () => {
  it('openid-client: a token for the resource, with the scopes that it gives this program, and no person', async () => {
    const nightly = await rp('nightly');
    const tokens = await openid.clientCredentialsGrant(nightly.config, { resource: API, scope: 'read' });
    expect(tokens).not.toHaveProperty('refresh_token');
    expect(tokens).not.toHaveProperty('id_token');
    const { payload } = await jwtVerify(tokens.access_token, jwks(), {
      issuer: it_.gateway.url,
      audience: API,
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({ sub: 'nightly', client_id: 'nightly', scope: 'read' });
    for (const claim of ['acr', 'amr', 'auth_time']) expect(payload).not.toHaveProperty(claim);
    expect((await userinfo(it_.gateway, tokens.access_token)).status).toBe(401);
  });

  it('an opaque one is looked at by its resource', async () => {
    const tokens = await openid.clientCredentialsGrant((await rp('nightly')).config, {
      resource: REPORTS,
      scope: 'read',
    });
    const told = await openid.tokenIntrospection((await rp('auditor')).config, tokens.access_token);
    expect(told).toMatchObject({ active: true, client_id: 'nightly', scope: 'read', aud: REPORTS });
    expect(told).not.toHaveProperty('sub');
    expect((await userinfo(it_.gateway, tokens.access_token)).status).toBe(401);
  });

  it('fapi2: with an assertion, and bound to a key', async () => {
    const keyed = new KeyHolder(it_.gateway.url, 'keyed', key, key);
    const fields = { grant_type: 'client_credentials', resource: API, scope: 'write' };
    const { status, json } = await keyed.call('/token', fields);
    expect([status, json.token_type]).toEqual([200, 'DPoP']);
    const { payload } = await jwtVerify(String(json.access_token), jwks(), { audience: API });
    expect(payload).toMatchObject({ scope: 'write', cnf: { jkt: await keyed.thumbprint() } });
    expect((await keyed.call('/token', fields, { withoutProof: true })).status).toBe(400);
  });

  it('none without a resource, for another one, or with scopes that it gives others', async () => {
    const ask = async (fields: Record<string, string>, id = 'nightly') => {
      const reply = await call(it_.gateway, '/token', { grant_type: 'client_credentials', ...fields }, id);
      return (reply.json() as { error?: string }).error;
    };
    expect(await ask({})).toBe('invalid_target');
    expect(await ask({ scope: 'openid' })).toBe('invalid_target');
    expect(await ask({ resource: 'https://evil.example/', scope: 'read' })).toBe('invalid_target');
    expect(await ask({ resource: API, scope: 'write' })).toBe('invalid_scope');
    expect(await ask({ resource: API })).toBe('invalid_scope');
    // What it may ask with a person it may not ask by itself.
    expect(await ask({ resource: API, scope: 'read' }, 'auditor')).toBe('invalid_request');
    expect(await ask({ resource: API, scope: 'read' }, 'library')).toBe('invalid_request');
  });

  it('who has had them is in the audit', async () => {
    const read = () =>
      readdirSync(join(it_.folder, 'data')).map((name) => readFileSync(join(it_.folder, 'data', name), 'latin1'));
    await expect.poll(() => /oidc\.program[^\0]*nightly/.test(read().join(''))).toBe(true);
  });
});

/** A device that polls, by openid-client. */
async function begin(id = 'tv', parameters: Record<string, string> = {}) {
  const options = id === 'tv' ? { authentication: openid.None() } : {};
  const device = await rp(id, options);
  const codes = await openid.initiateDeviceAuthorization(device.config, { scope: 'openid profile', ...parameters });
  return { device, codes };
}

/** Types the code, and says whether it is the person's device; signs in where that is asked for. */
async function confirm(person: Person, codes: { user_code: string }, answer = 'yes'): Promise<Reply> {
  const page = await person.client.submit(await person.client.get(`${it_.gateway.url}/device`), {
    user_code: codes.user_code,
  });
  const asked = await person.client.follow(await person.client.submit(page, { answer }, { action: '/device' }));
  return asked.body.includes('name="username"') ? person.password(asked, person.username) : asked;
}

async function poll({ config }: RelyingParty, device_code: string) {
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
  const { status, body } = await call(it_.gateway, '/token', {
    grant_type,
    device_code,
    client_id: config.clientMetadata().client_id,
  });
  return { status, ...(JSON.parse(body) as Record<string, unknown>) } as { status: number; error?: string } & Record<
    string,
    unknown
  >;
}

describe('the device flow', () => {
  let alice: Person;
  beforeAll(() => {
    alice = new Person(it_.gateway, 'alice');
  });

  it('says where to go, and how often to ask', async () => {
    const { codes } = await begin();
    expect(codes).toMatchObject({ verification_uri: `${it_.gateway.url}/device`, expires_in: 600, interval: 5 });
    expect(codes.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(codes.verification_uri_complete).toBe(`${it_.gateway.url}/device?user_code=${codes.user_code}`);
  });

  it('openid-client: asks, waits, and has tokens of whoever typed the code', async () => {
    const { device, codes } = await begin();
    const done = await confirm(alice, codes);
    expect(done.text).toContain('Your device is signed in');
    const tokens = await openid.pollDeviceAuthorizationGrant(device.config, { ...codes, interval: 0 });
    expect(tokens.claims()).toMatchObject({ aud: 'tv', acr: 'https://refeds.org/profile/sfa', amr: ['pwd'] });
    expect((await userinfo(it_.gateway, tokens.access_token)).json()).toMatchObject({ name: 'Alice Student' });
    const next = await openid.refreshTokenGrant(device.config, tokens.refresh_token ?? '');
    expect(next.claims()?.sub).toBe(tokens.claims()?.sub);
  });

  it('the page names the application, the code, the place and the time, in the language of who reads it', async () => {
    const { codes } = await begin();
    const browser = new Person(it_.gateway, 'alice').client;
    const headers = { 'accept-language': 'zh-Hant' };
    const page = await browser.submit(
      await browser.get(`${it_.gateway.url}/device`, { headers }),
      { user_code: codes.user_code.toLowerCase().replace('-', ' ') },
      { headers },
    );
    for (const shown of ['病房電視', codes.user_code, '127.0.0.1', '只有在您親自']) expect(page.text).toContain(shown);
  });

  it('is told to wait, to slow down, and that nobody wants it', async () => {
    const { device, codes } = await begin();
    expect(await poll(device, codes.device_code)).toMatchObject({ status: 400, error: 'authorization_pending' });
    expect(await poll(device, codes.device_code)).toMatchObject({ status: 400, error: 'slow_down' });
    expect((await confirm(alice, codes, 'no')).text).toContain('Nothing was signed in');
    advance(5_000);
    expect(await poll(device, codes.device_code)).toMatchObject({ status: 400, error: 'access_denied' });
  });

  it('gives a token for a resource', async () => {
    const { device, codes } = await begin('tv', { resource: API, scope: 'openid read' });
    await confirm(alice, codes);
    const { access_token } = await poll(device, codes.device_code);
    const { payload } = await jwtVerify(String(access_token), jwks(), { audience: API });
    expect(payload).toMatchObject({ scope: 'read', amr: ['pwd'], client_id: 'tv' });
  });

  it('ends by itself', async () => {
    const { device, codes } = await begin();
    advance(601_000);
    const page = await alice.client.get(`${it_.gateway.url}/device?user_code=${codes.user_code}`);
    expect((await alice.client.submit(page)).text).toContain('This code leads nowhere');
    expect((await poll(device, codes.device_code)).error).toMatch(/^(expired_token|invalid_grant)$/);
  });
});
