import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stopServer } from '../../src/boot/app.ts';
import { serverOf } from '../../src/boot/server.ts';
import { issue } from '../support/authority.ts';
import { selfSigned } from '../support/certificate.ts';
import { SECONDS } from '../support/clock.ts';
import { API, application, REPORTS } from '../support/oidc-gateway.ts';
import { type Owner, phones, startPushService, withPhones } from '../support/phones.ts';
import { RelyingParty, secretOf, userinfo } from '../support/relying-party.ts';
import { stage } from '../support/scene.ts';
import { PyProcess } from './pysaml2/process.ts';
import { installed } from './requests-oauth2client/packages.ts';

/**
 * Every grant by two libraries, in the long run by a third that shares no code with them, with tokens that are bound
 * to nothing, to a key (RFC 9449) or to a certificate (RFC 8705).
 */
const USUAL = ['openid-client', 'oauth4webapi'] as const;
const LIBRARIES = process.env.TESTS === 'long' ? ([...USUAL, 'requests_oauth2client'] as const) : USUAL;
const CONSTRAINTS = ['bearer', 'dpop', 'mtls'] as const;
type Constraint = (typeof CONSTRAINTS)[number];

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const SCOPES = { scope: 'openid read', resource: API };

const service = await startPushService({ now: () => Date.now() });
const authority = await issue({ subject: 'CN=Hospital CA', authority: true });
const program = await issue({
  ...{ subject: 'CN=app', names: [{ type: 'dns', value: 'app.example.org' }] },
  by: authority,
});
const grants = ['authorization_code', 'client_credentials', 'device_code', 'token_exchange', 'ciba'];
const all = { grants, reauthenticate: '1d', scopes: ['openid', 'profile'] };
const certified = { authentication: 'tls_client_auth', tlsClientAuth: { sanDns: 'app.example.org' } };
const scene = stage(() => ({
  config: {
    ...withPhones(service),
    // The port that asks for certificates is the test's own; this says that there is one.
    ...{ trustedProxies: ['127.0.0.9'], clientCertificateHeader: 'x-client-cert' },
    applications: {
      bearer: application('bearer', all),
      dpop: application('dpop', { ...all, senderConstraint: 'dpop' }),
      mtls: application('mtls', { ...all, ...certified, clientSecret: undefined, senderConstraint: 'mtls' }),
      caller: application('caller'),
    },
    doors: {
      oidc: {
        certificateAuthorities: authority.cert,
        resources: {
          [API]: {
            ...{ scopes: ['read'], applications: [...CONSTRAINTS] },
            programs: Object.fromEntries(CONSTRAINTS.map((id) => [id, ['read']])),
          },
          [REPORTS]: {
            ...{ scopes: ['read'], applications: ['caller'], format: 'opaque' },
            introspectedBy: [...CONSTRAINTS],
          },
        },
      },
    },
    policy: {
      rules: [
        { name: 'low', applications: [...CONSTRAINTS, 'caller'], level: 'sfa' },
        { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
      ],
    },
  },
}));
const { owner } = phones(scene, () => service);

let ada: Owner;
/** What a resource was called with. */
let subject: string;
let tls: Server;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-matrix-'));

beforeAll(async () => {
  const made = await selfSigned('localhost');
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  writeFileSync(files.cert, made.cert);
  writeFileSync(files.key, made.key, { mode: 0o600 });
  writeFileSync(join(folder, 'app.pem'), program.cert);
  writeFileSync(join(folder, 'app-key.pem'), program.key, { mode: 0o600 });
  tls = serverOf(scene.gateway.app.web, { ...files, clientCertificates: true });
  await new Promise<void>((resolve) => void tls.listen(0, 'localhost', resolve));
  ada = await owner();
  const caller = await RelyingParty.of(scene.gateway, 'caller', { redirectUri: 'http://127.0.0.1:9/caller/callback' });
  const flow = await caller.begin({ scope: 'openid read', resource: REPORTS });
  subject = (await caller.exchange(flow, await callback(flow.url))).access_token;
});

afterAll(async () => {
  python?.close();
  tls.closeAllConnections();
  await stopServer(tls);
  await service.close();
  rmSync(folder, { recursive: true });
});

/** Where the browser of whoever is signed in is sent back to. */
async function callback(url: URL): Promise<URL> {
  const { location } = await ada.someone.client.get(url);
  if (location === undefined) throw new Error('the browser did not come back');
  return location;
}

/** Says at the device's page that it is theirs. */
async function confirm(user_code: string): Promise<void> {
  const { client } = ada.someone;
  const page = await client.post(`${scene.gateway.url}/device`, { user_code });
  await client.follow(await client.submit(page, { answer: 'yes' }, { action: '/device' }));
}

type Init = { method?: string; headers?: Record<string, string>; body?: unknown };

/** A call on a connection at which the program shows its certificate. */
function shown(url: string, { method = 'GET', headers = {}, body }: Init): Promise<Response> {
  const { host, pathname, search } = new URL(url);
  const { port } = tls.address() as AddressInfo;
  const to = { host: 'localhost', port, path: pathname + search, rejectUnauthorized: false, agent: false };
  return new Promise((resolve, reject) => {
    const options = { ...to, method, cert: program.cert, key: program.key, headers: { ...headers, host } };
    const outgoing = requestTls(options, async (incoming) => {
      const parts: Buffer[] = [];
      for await (const part of incoming) parts.push(part as Buffer);
      const type = incoming.headers['content-type'] ?? '';
      const status = incoming.statusCode ?? 0;
      resolve(new Response(Buffer.concat(parts), { status, headers: { 'content-type': type } }));
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined || body === null ? undefined : String(body));
  });
}

interface Tokens {
  access_token: string;
  token_type: string;
  refresh_token?: string | undefined;
  id_token?: string | undefined;
}

/** What a library is asked for, whoever it is. */
interface Driver {
  code(): Promise<Tokens>;
  refresh(token: string): Promise<Tokens>;
  program(): Promise<Tokens>;
  device(): Promise<Tokens>;
  exchange(): Promise<Tokens>;
  phone(): Promise<Tokens>;
}

const redirectOf = (id: Constraint) => `http://127.0.0.1:9/${id}/callback`;
const asked = () => ({ ...SCOPES, login_hint: ada.someone.username });
const exchanged = () => ({ subject_token: subject, subject_token_type: ACCESS_TOKEN, scope: 'read', resource: API });

async function byOpenidClient(id: Constraint): Promise<Driver> {
  const authentication = id === 'mtls' ? openid.TlsClientAuth() : openid.ClientSecretBasic(secretOf(id));
  const rp = await RelyingParty.of(scene.gateway, id, { authentication, redirectUri: redirectOf(id) });
  const { config } = rp;
  if (id === 'mtls') config[openid.customFetch] = (url, init) => shown(url, init as Init);
  const keys = await openid.randomDPoPKeyPair();
  const bound = id === 'dpop' ? { DPoP: openid.getDPoPHandle(config, keys) } : {};
  return {
    async code() {
      const flow = await rp.begin(SCOPES);
      const checks = { pkceCodeVerifier: flow.verifier, expectedState: flow.state, expectedNonce: flow.nonce };
      return openid.authorizationCodeGrant(config, await callback(flow.url), checks, { resource: API }, bound);
    },
    refresh: (token) => openid.refreshTokenGrant(config, token, { resource: API }, bound),
    program: () => openid.clientCredentialsGrant(config, { scope: 'read', resource: API }, bound),
    async device() {
      const codes = await openid.initiateDeviceAuthorization(config, SCOPES);
      await confirm(codes.user_code);
      return openid.pollDeviceAuthorizationGrant(config, { ...codes, interval: 0 }, { resource: API }, bound);
    },
    exchange: () => openid.genericGrantRequest(config, EXCHANGE, exchanged(), bound),
    async phone() {
      const begun = await openid.initiateBackchannelAuthentication(config, asked());
      await ada.phone.approve(String(begun.binding_number));
      return openid.pollBackchannelAuthenticationGrant(config, { ...begun, interval: 0 }, { resource: API }, bound);
    },
  };
}

async function byOauth4webapi(id: Constraint): Promise<Driver> {
  const open = { [oauth.allowInsecureRequests]: true };
  const found = await oauth.discoveryRequest(new URL(scene.gateway.url), open);
  const server = await oauth.processDiscoveryResponse(new URL(scene.gateway.url), found);
  const client: oauth.Client = { client_id: id };
  const authenticate = id === 'mtls' ? oauth.TlsClientAuth() : oauth.ClientSecretBasic(secretOf(id));
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const certificate = { [oauth.customFetch]: (url: string, init: unknown) => shown(url, init as Init) };
  const plain = { ...open, ...(id === 'mtls' ? certificate : {}) };
  const options = { ...plain, additionalParameters: { resource: API }, ...(id === 'dpop' ? { DPoP } : {}) };
  const of = [server, client, authenticate] as const;
  return {
    async code() {
      const [verifier, state, nonce] = [
        oauth.generateRandomCodeVerifier(),
        oauth.generateRandomState(),
        oauth.generateRandomNonce(),
      ];
      const url = new URL(String(server.authorization_endpoint));
      url.search = new URLSearchParams({
        ...{ ...SCOPES, client_id: id, response_type: 'code', redirect_uri: redirectOf(id), state, nonce },
        ...{
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        },
      }).toString();
      const back = oauth.validateAuthResponse(server, client, await callback(url), state);
      const answer = await oauth.authorizationCodeGrantRequest(...of, back, redirectOf(id), verifier, options);
      return oauth.processAuthorizationCodeResponse(server, client, answer, { expectedNonce: nonce });
    },
    async refresh(token) {
      const answer = await oauth.refreshTokenGrantRequest(...of, token, options);
      return oauth.processRefreshTokenResponse(server, client, answer);
    },
    async program() {
      const { additionalParameters: _, ...rest } = options;
      const fields = { scope: 'read', resource: API };
      return oauth.processClientCredentialsResponse(
        server,
        client,
        await oauth.clientCredentialsGrantRequest(...of, fields, rest),
      );
    },
    async device() {
      const fields = new URLSearchParams(SCOPES);
      const answer = await oauth.deviceAuthorizationRequest(...of, fields, plain);
      const codes = await oauth.processDeviceAuthorizationResponse(server, client, answer);
      await confirm(codes.user_code);
      const redeemed = await oauth.deviceCodeGrantRequest(...of, codes.device_code, options);
      return oauth.processDeviceCodeResponse(server, client, redeemed);
    },
    async exchange() {
      const { additionalParameters: _, ...rest } = options;
      const answer = await oauth.genericTokenEndpointRequest(...of, EXCHANGE, exchanged(), rest);
      return oauth.processGenericTokenEndpointResponse(server, client, answer);
    },
    async phone() {
      const fields = new URLSearchParams(asked());
      const answer = await oauth.backchannelAuthenticationRequest(...of, fields, plain);
      const begun = await oauth.processBackchannelAuthenticationResponse(server, client, answer);
      await ada.phone.approve(String(begun.binding_number));
      const redeemed = await oauth.backchannelAuthenticationGrantRequest(...of, begun.auth_req_id, options);
      return oauth.processBackchannelAuthenticationGrantResponse(server, client, redeemed);
    },
  };
}

let python: PyProcess | undefined;

async function byPython(id: Constraint): Promise<Driver> {
  python ??= new PyProcess('../requests-oauth2client/rp.py', await installed());
  const library = python;
  const order = <T = Tokens>(op: string, fields: object = {}) => library.order<T>(op, { party: id, ...fields });
  const { port } = tls.address() as AddressInfo;
  const at = (name: string) => join(folder, `${name}.pem`);
  const certificate = { at: `https://localhost:${port}`, cert: at('app'), key: at('app-key'), ca: at('cert') };
  const shown = id === 'mtls' ? { tls: certificate } : { secret: secretOf(id) };
  const whose = { issuer: scene.gateway.url, client_id: id, redirect_uri: redirectOf(id) };
  await order('start', { ...whose, resource: API, dpop: id === 'dpop', ...shown });
  return {
    async code() {
      const { url } = await order<{ url: string }>('begin', SCOPES);
      return order('code', { callback: (await callback(new URL(url))).href });
    },
    // It keeps the refresh token itself, and the key with it.
    refresh: () => order('refresh'),
    program: () => order('program', { scope: 'read' }),
    async device() {
      await confirm((await order<{ user_code: string }>('device', SCOPES)).user_code);
      return order('redeem_device');
    },
    exchange: () => order('exchange', { subject, scope: 'read' }),
    async phone() {
      const begun = await order<{ binding_number: number }>('ask', asked());
      await ada.phone.approve(String(begun.binding_number));
      return order('redeem_asked');
    },
  };
}

const DRIVERS = { 'openid-client': byOpenidClient, oauth4webapi: byOauth4webapi, requests_oauth2client: byPython };
const BOUND = { bearer: [], dpop: ['jkt'], mtls: ['x5t#S256'] } as const;

/** The token is for the resource, and bound to what this application's tokens are bound to. */
function expectBound({ access_token, token_type }: Tokens, constraint: Constraint): void {
  const claims = decodeJwt(access_token) as { cnf?: object };
  expect(claims).toMatchObject({ aud: API, client_id: constraint, scope: 'read' });
  expect(Object.keys(claims.cnf ?? {})).toEqual(BOUND[constraint]);
  expect(token_type.toLowerCase()).toBe(constraint === 'dpop' ? 'dpop' : 'bearer');
}

describe.each(LIBRARIES)('%s', (library) => {
  describe.each(CONSTRAINTS)('%s', (constraint) => {
    let driver: Driver;
    beforeAll(async () => {
      driver = await DRIVERS[library](constraint);
    });

    it('authorization_code, refresh_token', async () => {
      const first = await driver.code();
      expectBound(first, constraint);
      expect(decodeJwt(first.id_token ?? '')).toMatchObject({ aud: constraint, acr: expect.any(String) });
      scene.clock.advance(SECONDS);
      const next = await driver.refresh(first.refresh_token ?? '');
      expectBound(next, constraint);
      const [before, after] = [first, next].map(({ id_token = '' }) => decodeJwt(id_token));
      for (const claim of ['sub', 'acr', 'amr', 'auth_time']) expect(after?.[claim]).toEqual(before?.[claim]);
    });

    it.each(['program', 'device', 'exchange', 'phone'] as const)('%s', async (grant) => {
      expectBound(await driver[grant](), constraint);
    });
  });
});

it('what is for a resource opens nothing of ours, whatever it is bound to', async () => {
  const { access_token } = await (await byOpenidClient('bearer')).code();
  expect((await userinfo(scene.gateway, access_token)).status).toBe(401);
});
