import { calculateJwkThumbprint, createRemoteJWKSet, decodeJwt, exportJWK, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { holdKey, KeyHolder, send } from '../support/key-holder.ts';
import { application, gatewayOfFile, REPORTS, rules } from '../support/oidc-gateway.ts';
import { advanceHere, call, Person, RelyingParty, secretOf, userinfo } from '../support/relying-party.ts';

/** Token exchange (RFC 8693): what a resource gets for a token that it was called with, and what nobody gets. */
const LEDGER = 'https://ledger.example.org/';
const VAULT = 'https://vault.example.org/';
const TYPE = 'urn:ietf:params:oauth:token-type:access_token';
const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const service = { grants: ['token_exchange'], redirectUris: [] };
const it_ = gatewayOfFile({
  applications: {
    reports: application('reports', service),
    other: application('other', service),
    strict: application('strict', service),
    bound: application('bound', { ...service, senderConstraint: 'dpop', dpopNonce: true }),
    auditor: application('auditor'),
    kiosk: application('kiosk'),
  },
  doors: {
    oidc: {
      resources: {
        [REPORTS]: {
          scopes: ['read', 'write'],
          applications: ['library', 'kiosk'],
          format: 'opaque',
          introspectedBy: ['reports', 'strict', 'auditor', 'bound'],
        },
        [LEDGER]: {
          scopes: ['read', 'write', 'erase'],
          applications: ['reports', 'other', 'strict', 'bound'],
          lifetime: '10m',
        },
        [VAULT]: {
          scopes: ['read'],
          applications: ['reports'],
          format: 'opaque',
          introspectedBy: ['auditor', 'other'],
        },
      },
    },
  },
  policy: {
    rules: [
      ...rules('reports', 'other', 'auditor', 'bound', 'kiosk'),
      { name: 'strict', applications: ['strict'], level: 'mfa' },
    ],
  },
});

let library: RelyingParty;
let alice: Person;
/** What the application calls reports with. */
let subject: string;

beforeAll(async () => {
  library = await RelyingParty.of(it_.gateway, 'library');
  alice = new Person(it_.gateway, 'alice');
  subject = (await alice.signIn(library, { resource: REPORTS, scope: 'openid read write' })).access_token;
});

const fieldsOf = (change: Record<string, string | undefined> = {}) => {
  const all = {
    grant_type: GRANT,
    subject_token: subject,
    subject_token_type: TYPE,
    resource: LEDGER,
    scope: 'read',
    ...change,
  };
  return Object.fromEntries(Object.entries(all).filter((it): it is [string, string] => it[1] !== undefined));
};

async function ask(change: Record<string, string | undefined> = {}, id = 'reports') {
  const { status, body } = await call(it_.gateway, '/token', fieldsOf(change), id);
  return { status, json: JSON.parse(body) as Record<string, string> };
}

describe('an exchange', () => {
  it('openid-client: gives a token of the same person for the next resource, and says who acts', async () => {
    const reports = await RelyingParty.of(it_.gateway, 'reports', { redirectUri: 'https://none.example/' });
    const { grant_type, ...fields } = fieldsOf();
    const tokens = await openid.genericGrantRequest(reports.config, grant_type ?? '', fields);
    expect(tokens).toMatchObject({ issued_token_type: TYPE, token_type: 'bearer', scope: 'read' });
    const jwks = createRemoteJWKSet(new URL(`${it_.gateway.url}/jwks`));
    const { payload } = await jwtVerify(tokens.access_token, jwks, { issuer: it_.gateway.url, audience: LEDGER });
    const told = await openid.tokenIntrospection(reports.config, subject);
    expect(payload).toMatchObject({
      ...{ sub: told.sub, client_id: 'reports', scope: 'read', act: { sub: 'reports' } },
      ...{ acr: 'https://refeds.org/profile/sfa', amr: ['pwd'], auth_time: told.auth_time },
    });
    expect(Number(payload.exp)).toBeLessThanOrEqual(Number(told.exp));
    expect(tokens).not.toHaveProperty('refresh_token');
    expect((await userinfo(it_.gateway, tokens.access_token)).status).toBe(401);
  });

  it('bound to a key (RFC 9449): for whoever must be, with a nonce, and for whoever shows one', async () => {
    const keys = await openid.randomDPoPKeyPair();
    for (const id of ['bound', 'reports']) {
      const party = await RelyingParty.of(it_.gateway, id, { redirectUri: 'https://none.example/' });
      const DPoP = openid.getDPoPHandle(party.config, keys);
      const { grant_type, ...fields } = fieldsOf();
      const tokens = await openid.genericGrantRequest(party.config, grant_type ?? '', fields, { DPoP });
      expect(tokens.token_type).toBe('dpop');
      const jkt = await calculateJwkThumbprint(await exportJWK(keys.publicKey));
      expect(decodeJwt(tokens.access_token)).toMatchObject({ cnf: { jkt }, client_id: id });
    }
    expect((await ask({}, 'bound')).json.error).toBe('invalid_grant');
  });

  it('by a proof that was used already is refused, of any number at once', async () => {
    const key = await holdKey();
    const holder = new KeyHolder(it_.gateway.url, 'reports', key, key);
    const dpop = await holder.proof('POST', '/token');
    const basic = Buffer.from(`reports:${secretOf('reports')}`).toString('base64');
    const init = {
      method: 'POST',
      body: new URLSearchParams(fieldsOf()),
      headers: { authorization: `Basic ${basic}`, dpop },
    };
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(`${it_.gateway.url}/token`, init)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  });

  it('lives no longer than what it was given for', async () => {
    advanceHere(240_000);
    const { json } = await ask();
    const { exp = 0, iat = 0 } = decodeJwt(String(json.access_token));
    expect(exp - iat).toBeLessThanOrEqual(60);
  });
});

describe('what is refused', () => {
  it.each<[string, Record<string, string | undefined>, string]>([
    ['a scope that the subject lacks', { scope: 'read erase' }, 'invalid_scope'],
    ['nothing but such a scope', { scope: 'erase' }, 'invalid_scope'],
    ['a resource that nobody knows', { resource: 'https://evil.example/' }, 'invalid_target'],
    ['no resource', { resource: undefined }, 'invalid_target'],
    ['its own resource', { resource: REPORTS }, 'invalid_target'],
    ['an ID token for it', { requested_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'invalid_request'],
    [
      'a refresh token for it',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'invalid_request',
    ],
    [
      'an ID token as the subject',
      { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      'invalid_request',
    ],
    ...['constructor', 'toString', '__proto__', 'hasOwnProperty'].map(
      (name): [string, Record<string, string>, string] => [
        `a name that every object has: ${name}`,
        { resource: name },
        'invalid_target',
      ],
    ),
    ['no subject', { subject_token: undefined }, 'invalid_request'],
    ['a subject that is none', { subject_token: 'x'.repeat(43) }, 'invalid_request'],
    ['an actor of its choice', { actor_token: 'x' }, 'invalid_request'],
  ])('%s', async (_what, change, error) => {
    expect((await ask(change)).json).toMatchObject({ error });
  });

  it('a token that was not meant for this application', async () => {
    expect((await ask({}, 'other')).json.error).toBe('invalid_request');
    const own = await library.visit(alice);
    expect((await ask({ subject_token: own.access_token })).json.error).toBe('invalid_request');
    const jwt = (await ask()).json.access_token;
    expect((await ask({ subject_token: jwt })).json.error).toBe('invalid_request');
  });

  it('a token that is bound to a key: whoever was called with it does not have the key', async () => {
    const DPoP = openid.getDPoPHandle(library.config, await openid.randomDPoPKeyPair());
    const flow = await library.begin({ resource: REPORTS, scope: 'openid read' });
    const checks = { pkceCodeVerifier: flow.verifier, expectedState: flow.state, expectedNonce: flow.nonce };
    const callback = await alice.callback(flow.url);
    const bound = await openid.authorizationCodeGrant(
      library.config,
      callback,
      checks,
      { resource: REPORTS },
      { DPoP },
    );
    expect(bound.token_type).toBe('dpop');
    expect((await ask({ subject_token: bound.access_token })).json.error).toBe('invalid_request');
  });

  it('an application without the grant, or that is not who it says', async () => {
    expect((await ask({}, 'library')).json.error).toMatch(/^(invalid_request|unauthorized_client)$/);
    const anybody = await call(it_.gateway, '/token', { ...fieldsOf(), client_id: 'reports' });
    expect(anybody.json()).toMatchObject({ error: 'invalid_client' });
  });

  it('one whose own rules want more than the person proved', async () => {
    expect((await ask({}, 'strict')).json.error).toBe('invalid_grant');
  });
});

/** What the auditor is told of an opaque token. */
async function toldOf(token: unknown): Promise<openid.IntrospectionResponse> {
  const auditor = await RelyingParty.of(it_.gateway, 'auditor', { redirectUri: 'https://none.example/' });
  return openid.tokenIntrospection(auditor.config, String(token));
}

/** Those who act, the last one first (RFC 8693 section 4.1). */
const ACTORS = { sub: 'other', act: { sub: 'reports' } };

describe('what is exchanged again', () => {
  it('says who acted before, and has nothing that was given up on the way', async () => {
    const first = await ask({ resource: VAULT });
    const again = { subject_token: first.json.access_token, scope: 'read write' };
    expect((await ask(again, 'other')).json.error).toBe('invalid_scope');
    const { json } = await ask({ ...again, scope: undefined }, 'other');
    expect(decodeJwt(String(json.access_token))).toMatchObject({ aud: LEDGER, scope: 'read', act: ACTORS });
    expect(Number(json.expires_in)).toBeLessThanOrEqual(Number(first.json.expires_in));
  });
});

describe('what ends', () => {
  const given = async (by: RelyingParty) => {
    const person = new Person(it_.gateway, 'alice');
    const first = await person.signIn(by, { resource: REPORTS, scope: 'openid read' });
    const { json } = await ask({ subject_token: first.access_token, resource: VAULT });
    expect(await toldOf(json.access_token)).toMatchObject({ active: true });
    return { person, first, second: json.access_token };
  };

  it('with a sign-out, where that ends the first token', async () => {
    const kiosk = await RelyingParty.of(it_.gateway, 'kiosk', { redirectUri: 'http://127.0.0.1:9/kiosk/callback' });
    const { person, first, second } = await given(kiosk);
    const page = await person.client.open(`${it_.gateway.url}/logout`);
    await person.client.follow(await person.client.submit(page, {}, { action: '/logout/confirm' }));
    expect((await ask({ subject_token: first.access_token })).json.error).toMatch(/^invalid_(grant|request)$/);
    expect(await toldOf(second)).toEqual({ active: false });
  });

  it('with its grant, where the first application gives it back; and so does what was given for that again', async () => {
    const { first, second } = await given(library);
    const third = await ask({ subject_token: second, scope: undefined }, 'other');
    expect(third.status).toBe(200);
    await openid.tokenRevocation(library.config, first.access_token);
    expect((await ask({ subject_token: first.access_token })).json.error).toMatch(/^invalid_(grant|request)$/);
    expect((await ask({ subject_token: second, scope: undefined }, 'other')).json.error).toMatch(/^invalid_/);
    expect(await toldOf(second)).toEqual({ active: false });
  });

  it('with "sign out everywhere": the subject, and what was given for it', async () => {
    await it_.gateway.addUser('dora');
    const dora = await new Person(it_.gateway, 'dora').signIn(library, { resource: REPORTS, scope: 'openid read' });
    const { json } = await ask({ subject_token: dora.access_token, resource: VAULT });
    const auditor = await RelyingParty.of(it_.gateway, 'auditor', { redirectUri: 'https://none.example/' });
    expect(await openid.tokenIntrospection(auditor.config, String(json.access_token))).toMatchObject({
      active: true,
      act: { sub: 'reports' },
    });
    await it_.gateway.command('user disable', ['dora']);
    expect(await openid.tokenIntrospection(auditor.config, String(json.access_token))).toEqual({ active: false });
    expect((await ask({ subject_token: dora.access_token })).json.error).toMatch(/^invalid_(grant|request)$/);
  });
});

describe('what is said of an exchanged token, and how it is given back', () => {
  const post = async (path: '/introspect' | '/revoke', token: string | undefined, id: string) => {
    const { status, body } = await call(it_.gateway, path, { token: String(token) }, id);
    return { status, json: body === '' ? {} : (JSON.parse(body) as Record<string, unknown>) };
  };
  const isActive = async (token: string | undefined, id: string) =>
    (await post('/introspect', token, id)).json.active === true;
  /** A subject of its own, and what came of it. */
  const given = async (resource: string) => {
    const first = await new Person(it_.gateway, 'alice').signIn(library, { resource: REPORTS, scope: 'openid read' });
    const { json } = await ask({ subject_token: first.access_token, resource });
    return { first: first.access_token, second: String(json.access_token) };
  };

  it('is said to its own application and to its resource, and to nobody else (RFC 7662 section 2.2)', async () => {
    const { first, second } = await given(VAULT);
    const told = (await post('/introspect', second, 'auditor')).json;
    const before = (await post('/introspect', first, 'auditor')).json;
    expect(told).toMatchObject({
      ...{ active: true, client_id: 'reports', scope: 'read', aud: VAULT, act: { sub: 'reports' } },
      ...{ iss: it_.gateway.url, token_type: 'Bearer', sub: before.sub, auth_time: before.auth_time },
    });
    expect(Number(told.exp)).toBeLessThanOrEqual(Number(before.exp));
    expect((await post('/introspect', second, 'reports')).json).toMatchObject({ active: true, act: told.act });
    // The first application never had it, and no resource that it isn't for is told.
    for (const id of ['library', 'strict'])
      expect((await post('/introspect', second, id)).json).toEqual({ active: false });
  });

  it('is given back by its own application alone, and takes nothing along but what came of it (RFC 7009 section 2.1)', async () => {
    const { first, second } = await given(VAULT);
    const third = await ask({ subject_token: second, scope: undefined, resource: LEDGER }, 'other');
    expect(third.status).toBe(200);
    for (const id of ['library', 'other', 'auditor']) await post('/revoke', second, id);
    expect(await isActive(second, 'auditor')).toBe(true);
    expect((await post('/revoke', second, 'reports')).status).toBe(200);
    expect([await isActive(second, 'auditor'), await isActive(first, 'reports')]).toEqual([false, true]);
    expect((await ask({ subject_token: second, scope: undefined }, 'other')).json.error).toMatch(/^invalid_/);
    // Once more is no error (section 2.2).
    expect((await post('/revoke', second, 'reports')).status).toBe(200);
  });

  it('is nothing that can be asked about or given back where it is a JWT, and says its end itself', async () => {
    const { first, second } = await given(LEDGER);
    const told = (await post('/introspect', first, 'reports')).json;
    expect(Number(decodeJwt(second).exp)).toBeLessThanOrEqual(Number(told.exp));
    for (const path of ['/introspect', '/revoke'] as const) {
      const { status, json } = await post(path, second, 'reports');
      expect([path, status, json.error]).toEqual([path, 400, 'unsupported_token_type']);
    }
    // Nor is it a way on, for as long as it lives.
    await openid.tokenRevocation(library.config, first);
    expect((await ask({ subject_token: second, resource: VAULT, scope: undefined }, 'other')).json.error).toMatch(
      /^invalid_/,
    );
    expect((await userinfo(it_.gateway, second)).status).toBe(401);
  });
});
