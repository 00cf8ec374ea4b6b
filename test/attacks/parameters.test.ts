import { expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { call, HomeClient, RelyingParty } from '../support/relying-party.ts';

const it_ = gatewayOfFile({
  applications: { other: application('other') },
  policy: { rules: rules('other') },
});

const many = (count: number) => Array.from({ length: count }, (_, at) => `a${at}=1`).join('&');

const PATHS = [
  ...['/authorize', '/authorize/x', '/logout', '/logout/confirm', '/logout/success', '/token', '/par', '/introspect'],
  ...['/revoke', '/userinfo', '/jwks', '/.well-known/openid-configuration'],
  ...['/', '/language', '/applications', '/sign-in/x', '/sign-in/x/switch', '/account', '/enrol', '/helpdesk', '/none'],
];

it('a query of too many parameters is read by nothing, whatever the path and the method', async () => {
  const client = new Client();
  for (const path of PATHS) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS']) {
      const refused = await client.send(`${it_.gateway.url}${path}?${many(65)}`, { method });
      expect(refused.status, `${method} ${path}`).toBe(400);
      if (method !== 'HEAD') expect(refused.text).toMatch(/can’t accept|couldn’t read/);
    }
    const read = await client.get(`${it_.gateway.url}${path}?${many(64)}`);
    expect(read.text, path).not.toMatch(/64 allowed/);
  }
  expect((await client.get(`${it_.gateway.url}/?${many(64)}`)).status).toBe(200);
});

it('nor is a form of too many, or a long one', async () => {
  const client = new Client();
  const type = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  for (const path of ['/authorize', '/logout', '/logout/confirm', '/sign-in/x', '/account/methods/x', '/enrol/x']) {
    expect((await client.post(`${it_.gateway.url}${path}`, many(65), type)).status, path).toBe(400);
    const long = await client.post(`${it_.gateway.url}${path}`, `a=${'1'.repeat(200_000)}`, type);
    expect(long.status, path).toBe(413);
  }
  for (const path of ['/token', '/par', '/introspect', '/revoke', '/userinfo']) {
    const reply = await call(it_.gateway, path, many(65), 'library');
    expect([reply.status, reply.json()], path).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
    const long = await call(it_.gateway, path, `a=${'1'.repeat(60_000)}`, 'library');
    expect([long.status, long.json()], path).toEqual([413, expect.objectContaining({ error: 'invalid_request' })]);
  }
});

it('a packed form is refused, not unpacked', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' };
  for (const path of ['/authorize', '/token', '/sign-in/x']) {
    const reply = await new Client().post(`${it_.gateway.url}${path}`, 'a=1', { headers });
    expect(reply.status, path).toBe(415);
  }
});

it('what comes twice is never picked from: the same in an address, a form and a pushed request', async () => {
  const library = await RelyingParty.of(it_.gateway, 'library');
  const { url } = await library.begin();
  url.searchParams.append('scope', 'openid groups');
  const client = new HomeClient(it_.gateway);
  for (const reply of [
    await client.open(url),
    await client.follow(await client.post(`${url.origin}/authorize`, url.searchParams, { from: 'https://rp.example' })),
  ]) {
    expect(reply.location?.searchParams.get('error') ?? reply.body).toMatch(/invalid_request/);
  }
  const posted = await client.get(`${it_.gateway.url}/authorize?posted_request=a&posted_request=b`);
  expect(posted.status).toBe(400);
});

it('the largest request that is allowed comes through, posted or pushed', async () => {
  const library = await RelyingParty.of(it_.gateway, 'library');
  const { url } = await library.begin({ state: 's'.repeat(8_000) });
  const client = new HomeClient(it_.gateway);
  const page = await client.follow(await client.post(`${url.origin}/authorize`, url.searchParams));
  expect(page.body).toMatch(/name="password"/);
  expect((await call(it_.gateway, '/par', url.searchParams, 'library')).status).toBe(201);
});
