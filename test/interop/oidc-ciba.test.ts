import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { trustedHere } from '../support/certificate.ts';
import { HOURS, SECONDS } from '../support/clock.ts';
import { fapiApplication, holdKey, KeyHolder, now } from '../support/key-holder.ts';
import { API, application } from '../support/oidc-gateway.ts';
import { type Owner, phones, startPushService, withPhones } from '../support/phones.ts';
import { call, RelyingParty, secretOf, userinfo } from '../support/relying-party.ts';
import { stage } from '../support/scene.ts';
import { PyProcess } from './pysaml2/process.ts';

/** Authentication that an application begins (OpenID CIBA Core 1.0): the person's phone answers, and no browser is there. */
interface Told {
  authorization: string | undefined;
  body: unknown;
}

/** What an order to Authlib came to. */
interface Asked {
  json: Record<string, unknown>;
  claims: Record<string, unknown>;
}

const told: Told[] = [];
const till = createServer(await trustedHere(), (request, response) => {
  let text = '';
  request.on('data', (part: Buffer) => {
    text += part.toString();
  });
  request.on('end', () => {
    told.push({ authorization: request.headers.authorization, body: JSON.parse(text) });
    response.writeHead(204).end();
  });
});
await new Promise<void>((resolve) => void till.listen(0, '127.0.0.1', resolve));
const service = await startPushService({ now: () => Date.now() });
afterAll(() => {
  till.closeAllConnections();
  till.close();
  return service.close();
});

const key = await holdKey();
const desk = { grants: ['ciba'], redirectUris: [], scopes: ['openid', 'profile'] };
const scene = stage(() => ({
  config: {
    ...withPhones(service),
    applications: {
      desk: application('desk', { ...desk, reauthenticate: '2d' }, { name: { en: 'Service desk' } }),
      till: application('till', {
        ...desk,
        backchannelTokenDeliveryMode: 'ping',
        backchannelClientNotificationEndpoint: `https://localhost:${(till.address() as AddressInfo).port}/told`,
      }),
      keyed: fapiApplication('keyed', [key.jwk], {
        ...{ ...desk, profile: undefined, reauthenticate: undefined, senderConstraint: 'dpop' },
        requireSignedRequestObject: true,
      }),
    },
    doors: { oidc: { resources: { [API]: { scopes: ['read'], applications: ['desk'] } } } },
    policy: {
      rules: [
        { name: 'desk', applications: ['desk', 'till', 'keyed'], level: 'sfa' },
        { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
      ],
    },
    allowedPrivateNetworks: ['127.0.0.0/8'],
  },
}));
const { owner } = phones(scene, () => service);

const rp = (id: string) => RelyingParty.of(scene.gateway, id, { redirectUri: 'https://none.example/' });
const grant_type = 'urn:openid:params:grant-type:ciba';

let ada: Owner;
beforeAll(async () => {
  ada = await owner();
});

/** Begins at an application: the request's id, and the number that it shows. */
async function begin(id = 'desk', fields: Record<string, string> = {}) {
  const { config } = await rp(id);
  const request = { scope: 'openid profile', login_hint: ada.someone.username, ...fields };
  const begun = await openid.initiateBackchannelAuthentication(config, request);
  return { config, begun, number: String(begun.binding_number) };
}

describe('a request that is polled for', () => {
  it('openid-client: shows a number, and has tokens of whoever typed it on their phone', async () => {
    const { config, begun, number } = await begin('desk', { binding_message: 'Locker 12' });
    expect(begun).toMatchObject({ expires_in: 120, interval: 5, binding_number: expect.stringMatching(/^\d\d$/) });
    expect(await ada.phone.request()).toMatchObject({
      application: { en: 'Service desk' },
      username: ada.someone.username,
      shown: { text: 'Locker 12' },
    });
    await ada.phone.approve(number);
    const tokens = await openid.pollBackchannelAuthenticationGrant(config, { ...begun, interval: 0 });
    const claims = tokens.claims();
    expect(claims).toMatchObject({ aud: 'desk', acr: 'https://refeds.org/profile/sfa', amr: ['pop', 'swk'] });
    expect(Math.abs(Number(claims?.auth_time) - Date.now() / 1000)).toBeLessThan(10);
    expect((await userinfo(scene.gateway, tokens.access_token)).json()).toMatchObject({ sub: claims?.sub });
    scene.clock.advance(5 * SECONDS);
    const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(next.claims()).toMatchObject({
      ...{ sub: claims?.sub, acr: claims?.acr, amr: claims?.amr, auth_time: claims?.auth_time },
    });
  });

  it('oauth4webapi: the same, by an ID token that it had before', async () => {
    const first = await begin();
    await ada.phone.approve(first.number);
    const { id_token } = await openid.pollBackchannelAuthenticationGrant(first.config, { ...first.begun, interval: 0 });
    const server = first.config.serverMetadata() as oauth.AuthorizationServer;
    const client = { client_id: 'desk' };
    const authenticate = oauth.ClientSecretBasic(secretOf('desk'));
    const insecure = { [oauth.allowInsecureRequests]: true };
    const fields = new URLSearchParams({ scope: 'openid', id_token_hint: id_token ?? '' });
    const asked = await oauth.backchannelAuthenticationRequest(server, client, authenticate, fields, insecure);
    const begun = await oauth.processBackchannelAuthenticationResponse(server, client, asked);
    const poll = async () => {
      const { auth_req_id } = begun;
      const answered = await oauth.backchannelAuthenticationGrantRequest(
        ...([server, client, authenticate, auth_req_id, insecure] as const),
      );
      return oauth.processBackchannelAuthenticationGrantResponse(server, client, answered);
    };
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
    await ada.phone.approve(String(begun.binding_number));
    scene.clock.advance(5 * SECONDS);
    const tokens = await poll();
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ aud: 'desk', amr: ['pop', 'swk'] });
  });

  it('Authlib: the same, by an unrelated client', async () => {
    const python = new PyProcess('../authlib/rp.py');
    onTestFinished(() => python.close());
    const order = (op: string, fields: object) => python.order<Asked>(op, { party: 'desk', ...fields });
    await order('start', { issuer: scene.gateway.url, client_id: 'desk', secret: secretOf('desk') });
    const { json } = await order('ask', { scope: 'openid', login_hint: ada.someone.username });
    await expect(order('redeem_asked', { auth_req_id: json.auth_req_id })).rejects.toThrow(/authorization_pending/);
    await ada.phone.approve(String(json.binding_number));
    scene.clock.advance(5 * SECONDS);
    const { claims } = await order('redeem_asked', { auth_req_id: json.auth_req_id });
    expect(claims).toMatchObject({ aud: 'desk', amr: ['pop', 'swk'] });
  });

  it('is told of in discovery', async () => {
    const metadata = (await rp('desk')).config.serverMetadata();
    expect(metadata).toMatchObject({
      backchannel_authentication_endpoint: `${scene.gateway.url}/backchannel-authentication`,
      backchannel_token_delivery_modes_supported: ['poll', 'ping'],
    });
    expect(metadata.grant_types_supported).toContain(grant_type);
    expect(metadata.backchannel_user_code_parameter_supported ?? false).toBe(false);
  });

  it('gives a token for a resource, which says how the person was authenticated', async () => {
    const { config, begun, number } = await begin('desk', { scope: 'openid read', resource: API });
    await ada.phone.approve(number);
    const tokens = await openid.pollBackchannelAuthenticationGrant(config, { ...begun, interval: 0 });
    const jwks = createRemoteJWKSet(new URL(`${scene.gateway.url}/jwks`));
    const { payload } = await jwtVerify(tokens.access_token, jwks, { issuer: scene.gateway.url, audience: API });
    expect(payload).toMatchObject({ client_id: 'desk', scope: 'read', acr: 'https://refeds.org/profile/sfa' });
    expect(payload).toMatchObject({ amr: ['pop', 'swk'], auth_time: expect.any(Number) });
  });

  it('can be made to live for less', async () => {
    const { begun, number } = await begin('desk', { requested_expiry: '30' });
    expect(begun.expires_in).toBe(30);
    await ada.phone.approve(number);
  });

  it('stands among the recent sign-ins of /account', async () => {
    const page = await ada.someone.client.open(`${scene.gateway.url}/account`);
    const [, rows = ''] = page.text.split('Recent sign-ins');
    // Where the person was nobody knows.
    expect(rows).toMatch(/Service desk.*Not given/s);
  });
});

describe('a request that is told of', () => {
  beforeAll(async () => {
    ada = await owner();
  });

  it('is, at the address that is configured, with the token that came with it', async () => {
    const { config, begun, number } = await begin('till', { client_notification_token: 'a-token-of-the-till' });
    await ada.phone.approve(number);
    await expect.poll(() => told).toHaveLength(1);
    expect(told.splice(0)).toEqual([
      { authorization: 'Bearer a-token-of-the-till', body: { auth_req_id: begun.auth_req_id } },
    ]);
    const tokens = await openid.pollBackchannelAuthenticationGrant(config, { ...begun, interval: 0 });
    expect(tokens.claims()).toMatchObject({ aud: 'till' });
    await expect.poll(() => scene.audit().map(({ event }) => event)).toContain('backchannel.notified');
  });

  it('is when its person declines, too; and the client may ask by itself', async () => {
    const { begun } = await begin('till', { client_notification_token: 'another' });
    const fields = { grant_type, auth_req_id: begun.auth_req_id };
    expect((await call(scene.gateway, '/token', fields, 'till')).json()).toMatchObject({
      error: 'authorization_pending',
    });
    await ada.phone.decline('cancel');
    await expect.poll(() => told.splice(0).map(({ body }) => body)).toEqual([{ auth_req_id: begun.auth_req_id }]);
    scene.clock.advance(5 * SECONDS);
    expect((await call(scene.gateway, '/token', fields, 'till')).json()).toMatchObject({ error: 'access_denied' });
  });
});

describe('an application with a key', () => {
  it('signs what it asks (section 7.1.1), and has tokens that are bound to its key (RFC 9449)', async () => {
    scene.clock.advance(HOURS);
    const holder = new KeyHolder(scene.gateway.url, 'keyed', key, key);
    const asked = { scope: 'openid', login_hint: ada.someone.username };
    const at = now();
    const own = { iss: 'keyed', aud: scene.gateway.url, iat: at, nbf: at, exp: at + 60, jti: crypto.randomUUID() };
    const path = '/backchannel-authentication';
    const unsigned = await holder.call(path, asked, { withoutProof: true });
    expect([unsigned.status, unsigned.json.error]).toEqual([400, 'invalid_request']);
    const nameless = await holder.sign({ ...own, ...asked, jti: undefined });
    const refused = await holder.call(path, { request: nameless }, { withoutProof: true });
    expect(refused.json).toMatchObject({ error: 'invalid_request', error_description: 'jti is missing' });
    const begun = await holder.call(path, { request: await holder.sign({ ...own, ...asked }) }, { withoutProof: true });
    expect(begun.status, begun.text).toBe(200);
    await ada.phone.approve(String(begun.json.binding_number));
    const fields = { grant_type, auth_req_id: String(begun.json.auth_req_id) };
    const { json, text } = await holder.call('/token', fields);
    expect(json.token_type, text).toBe('DPoP');
    expect((await holder.userinfo(json.access_token)).status).toBe(200);
    expect((await userinfo(scene.gateway, String(json.access_token))).status).toBe(401);
  });
});
