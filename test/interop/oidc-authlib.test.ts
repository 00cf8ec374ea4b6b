import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportPKCS8 } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stopServer } from '../../src/boot/app.ts';
import { serverOf } from '../../src/boot/server.ts';
import { derOf, issue } from '../support/authority.ts';
import { selfSigned } from '../support/certificate.ts';
import { holdKey } from '../support/key-holder.ts';
import { API, application, gatewayOfFile, REPORTS, rules } from '../support/oidc-gateway.ts';
import { Person, secretOf } from '../support/relying-party.ts';
import { PyProcess } from './pysaml2/process.ts';

/** A client on Authlib, which shares no code with openid-client, oauth4webapi or ours: what it knows of grants and keys. */
const LEDGER = 'https://ledger.example.org/';
const [rsa, authority, alone] = await Promise.all([
  holdKey('RS256', 'rsa'),
  issue({ subject: 'CN=Hospital CA', authority: true }),
  issue({ subject: 'CN=alone' }),
]);
const member = await issue({ subject: 'CN=app', names: [{ type: 'dns', value: 'app.example.org' }], by: authority });
const jwk = { ...(await exportJWK(alone.keys.publicKey)), kid: 'one', x5c: [derOf(alone)] };
const keyed = { clientSecret: undefined, jwks: { keys: [rsa.jwk] } };
const bound = { clientSecret: undefined, senderConstraint: 'mtls', reauthenticate: '1d' };

const it_ = gatewayOfFile({
  // The port that asks for certificates is the test's own; this says that there is one.
  ...{ trustedProxies: ['127.0.0.9'], clientCertificateHeader: 'x-client-cert' },
  applications: {
    basic: application('basic', { reauthenticate: '1d', scopes: ['openid', 'profile', 'offline_access'] }),
    post: application('post', { authentication: 'client_secret_post' }),
    spa: application('spa', { clientSecret: undefined, authentication: 'none', reauthenticate: '1d' }),
    keyed: application('keyed', { ...keyed, assertionAudience: 'token-endpoint' }),
    exact: application('exact', keyed),
    certified: application('certified', {
      ...{ ...bound, authentication: 'tls_client_auth', tlsClientAuth: { sanDns: 'app.example.org' } },
    }),
    alone: application('alone', { ...bound, authentication: 'self_signed_tls_client_auth', jwks: { keys: [jwk] } }),
    mover: application('mover', {
      ...{ grants: ['token_exchange'], redirectUris: [], clientSecret: undefined, senderConstraint: 'mtls' },
      ...{ authentication: 'tls_client_auth', tlsClientAuth: { sanDns: 'app.example.org' } },
    }),
    nightly: application('nightly', { grants: ['client_credentials'], redirectUris: [] }),
    tv: application('tv', {
      ...{ grants: ['device_code'], redirectUris: [] },
      clientSecret: undefined,
      authentication: 'none',
    }),
    reports: application('reports', { grants: ['token_exchange'], redirectUris: [] }),
  },
  doors: {
    oidc: {
      certificateAuthorities: authority.cert,
      resources: {
        [API]: { scopes: ['read'], applications: [], programs: { nightly: ['read'] } },
        [REPORTS]: {
          scopes: ['read'],
          applications: ['basic'],
          format: 'opaque',
          introspectedBy: ['reports', 'mover'],
        },
        [LEDGER]: {
          scopes: ['read', 'write'],
          applications: ['reports', 'mover'],
          format: 'opaque',
          introspectedBy: ['reports'],
        },
      },
    },
  },
  policy: {
    rules: rules('basic', 'post', 'spa', 'keyed', 'exact', 'certified', 'alone', 'nightly', 'tv', 'reports', 'mover'),
  },
});

type Json = Record<string, unknown>;
interface Answer {
  token: Json;
  claims: Json;
  status: number;
  json: Json;
  url: string;
}

const python = new PyProcess('../authlib/rp.py');
const folder = mkdtempSync(join(tmpdir(), 'sallyport-authlib-'));
let tls: Server;
let alice: Person;

beforeAll(async () => {
  const { cert, key } = await selfSigned('localhost');
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const own = { one: member, two: alone };
  for (const [name, text] of [
    [files.cert, cert],
    [files.key, key],
  ] as const)
    writeFileSync(name, text, { mode: 0o600 });
  for (const [name, issued] of Object.entries(own)) {
    writeFileSync(join(folder, `${name}.pem`), issued.cert);
    writeFileSync(join(folder, `${name}-key.pem`), issued.key, { mode: 0o600 });
  }
  tls = serverOf(it_.gateway.app.web, { ...files, clientCertificates: true });
  await new Promise<void>((resolve) => void tls.listen(0, 'localhost', resolve));
  alice = new Person(it_.gateway, 'alice');
});
afterAll(async () => {
  python.close();
  tls.closeAllConnections();
  await stopServer(tls);
  rmSync(folder, { recursive: true });
});

/** One client of its: each order is answered by what Authlib made of it. */
async function party(id: string, options: Json = {}) {
  const order = (op: string, fields: Json = {}) => python.order<Answer>(op, { party: id, ...fields });
  const redirect_uri = `http://127.0.0.1:9/${id}/callback`;
  await order('start', { issuer: it_.gateway.url, client_id: id, redirect_uri, secret: secretOf(id), ...options });
  const signIn = async (parameters: Json = { scope: 'openid profile' }, fields: Json = {}) => {
    const { url } = await order('begin', parameters);
    return order('finish', { callback: (await alice.callback(url)).href, ...fields });
  };
  return { order, signIn };
}

const shown = (name: string) => ({
  at: `https://localhost:${(tls.address() as AddressInfo).port}`,
  ...{ cert: join(folder, `${name}.pem`), key: join(folder, `${name}-key.pem`), ca: join(folder, 'cert.pem') },
});

describe('the code, and what follows it', () => {
  it('client_secret_basic: a sign-in, userinfo, a refresh, introspection and revocation', async () => {
    const { order, signIn } = await party('basic');
    const { token, claims } = await signIn({ scope: 'openid profile offline_access' });
    expect(claims).toMatchObject({ aud: 'basic', acr: 'https://refeds.org/profile/sfa', amr: ['pwd'] });
    expect(await order('userinfo')).toMatchObject({ status: 200, json: { sub: claims.sub, name: 'Alice Student' } });
    const next = await order('refresh');
    expect(next.token.access_token).not.toBe(token.access_token);
    expect((await order('introspect', { token: next.token.access_token })).json).toMatchObject({ active: true });
    expect((await order('revoke', { kind: 'refresh_token' })).status).toBe(200);
    await expect(order('refresh')).rejects.toThrow(/invalid_grant/);
    expect((await order('userinfo')).status).toBe(401);
  });

  it('client_secret_post, and a public client', async () => {
    const post = await party('post', { method: 'client_secret_post' });
    expect((await post.signIn()).claims.aud).toBe('post');
    const spa = await party('spa', { method: 'none', secret: null });
    expect((await spa.signIn()).claims.aud).toBe('spa');
    const first = await spa.order('refresh');
    expect(first.token.refresh_token).toBeTruthy();
  });

  it('private_key_jwt: it names the token endpoint, which one application may and the other may not', async () => {
    const own = { method: 'private_key_jwt', secret: await exportPKCS8(rsa.privateKey) };
    expect((await (await party('keyed', own)).signIn()).claims.aud).toBe('keyed');
    await expect((await party('exact', own)).signIn()).rejects.toThrow(/invalid_client/);
  });

  it('a callback of another request is refused by it, and a code of it can be used no more than once', async () => {
    const { order } = await party('basic');
    const { url } = await order('begin', { scope: 'openid' });
    const callback = (await alice.callback(url)).href;
    await order('begin', { scope: 'openid' });
    await expect(order('finish', { callback })).rejects.toThrow(/mismatching_state/i);
  });
});

describe('by certificate (RFC 8705)', () => {
  it.each([
    ['tls_client_auth', 'certified', 'one', 'two'],
    ['self_signed_tls_client_auth', 'alone', 'two', 'one'],
  ])('%s: tokens count with the certificate alone, and none come by another', async (method, id, right, wrong) => {
    const { order, signIn } = await party(id, { method, secret: null, tls: shown(right) });
    const { claims } = await signIn({ scope: 'openid' });
    expect(claims.aud).toBe(id);
    expect((await order('userinfo')).status).toBe(200);
    expect((await order('bare')).status).toBe(401);
    expect((await order('refresh')).token.access_token).toBeTruthy();
    const other = await party(id, { method, secret: null, tls: shown(wrong) });
    await expect(other.signIn({ scope: 'openid' })).rejects.toThrow(/invalid_client/);
  });
});

describe('without a browser of its own', () => {
  it('client credentials', async () => {
    const { order } = await party('nightly');
    const { token } = await order('program', { resource: API, scope: 'read' });
    expect(token).toMatchObject({ token_type: 'Bearer', scope: 'read' });
    await expect(order('program', { resource: API, scope: 'write' })).rejects.toThrow(/invalid_scope/);
  });

  it('a device', async () => {
    const { order } = await party('tv', { method: 'none', secret: null });
    const { json } = await order('device', { scope: 'openid' });
    await expect(order('redeem', { device_code: json.device_code })).rejects.toThrow(/authorization_pending/);
    const { client } = alice;
    const page = await client.post(`${it_.gateway.url}/device`, { user_code: String(json.user_code) });
    const asked = await client.follow(await client.submit(page, { answer: 'yes' }, { action: '/device' }));
    expect(asked.text).toContain('Your device is signed in');
    const second = await order('device', { scope: 'openid' });
    const again = await client.post(`${it_.gateway.url}/device`, { user_code: String(second.json.user_code) });
    await client.follow(await client.submit(again, { answer: 'yes' }, { action: '/device' }));
    expect((await order('redeem', { device_code: second.json.device_code })).claims.aud).toBe('tv');
  });

  it('token exchange', async () => {
    const basic = await party('basic');
    const { token } = await basic.signIn({ scope: 'openid read', resource: REPORTS }, { resource: REPORTS });
    const reports = await party('reports');
    const exchanged = await reports.order('exchange', { subject: token.access_token, resource: LEDGER, scope: 'read' });
    expect(exchanged.token).toMatchObject({ token_type: 'Bearer', scope: 'read' });
    const told = await reports.order('introspect', { token: exchanged.token.access_token });
    expect(told.json).toMatchObject({ active: true, aud: LEDGER, act: { sub: 'reports' } });
    // Bound to the certificate of whoever is bound to one.
    const mover = await party('mover', { method: 'tls_client_auth', secret: null, tls: shown('one') });
    const bound = await mover.order('exchange', { subject: token.access_token, resource: LEDGER, scope: 'read' });
    const seen = await reports.order('introspect', { token: bound.token.access_token });
    expect(seen.json).toMatchObject({ active: true, cnf: { 'x5t#S256': expect.any(String) } });
    await expect(
      reports.order('exchange', { subject: token.access_token, resource: LEDGER, scope: 'write' }),
    ).rejects.toThrow(/invalid_scope/);
  });
});
