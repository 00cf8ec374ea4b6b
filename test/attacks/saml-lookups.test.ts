import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { createIdentity } from '../../src/saml/testing/identity.ts';
import { authnRequest, logoutRequest, redirect } from '../../src/saml/testing/messages.ts';
import { gatewayOfFile } from '../support/oidc-gateway.ts';
import { HomeClient } from '../support/relying-party.ts';

/** A metadata query server that has nobody, and what it was asked for. */
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(decodeURIComponent(request.url ?? ''));
  response.writeHead(404).end();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
afterAll(() => void server.close());

const { certificatePem } = await createIdentity();
const metadata = {
  mdq: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  certificate: certificatePem,
};

/** Of one address in a minute: half of what the query server is asked for altogether. */
const MOST = 60;

describe('strangers who name entities that nobody has heard of', () => {
  const it_ = gatewayOfFile({
    trustedProxies: ['127.0.0.1', '::1'],
    doors: { saml: {} },
    applications: { federation: { name: 'Federation', saml: { federation: true, metadata } } },
  });
  const from = (address: string) => new HomeClient(it_.gateway, { headers: { 'x-forwarded-for': address } });

  let ahead = 0;
  const advance = (ms: number) => {
    ahead += ms;
    it_.gateway.advance(ms);
  };
  /** What is counted for a minute is counted anew with the next one of the clock. */
  const beginMinute = () => advance(60_000 - ((Date.now() + ahead) % 60_000));

  const ways: [name: string, (n: number) => string][] = [
    ['by AuthnRequest', (n) => `/saml/sso?${redirect(authnRequest({ issuer: `urn:sso:${n}` }))}`],
    ['by LogoutRequest', (n) => `/saml/slo?${redirect(logoutRequest({ issuer: `urn:slo:${n}` }))}`],
    ['by a link', (n) => `/saml/start?providerId=urn:start:${n}`],
    ['by client_id', (n) => `/authorize?client_id=federation:urn:client:${n}&response_type=none&scope=openid`],
  ];

  it.each(ways)('ask a query server so often from one address, and then wait, %s', async (name, path) => {
    const at = ways.findIndex(([one]) => one === name);
    const [stranger, other] = [from(`203.0.113.${at + 1}`), from(`198.51.100.${at + 1}`)];
    beginMinute();
    const before = asked.length;
    const statuses: number[] = [];
    for (let n = 0; n < MOST + 20; n += 1) statuses.push((await stranger.get(it_.gateway.url + path(n))).status);
    expect(asked.length - before).toBe(MOST);
    expect(statuses.slice(0, MOST)).not.toContain(429);
    expect(new Set(statuses.slice(MOST))).toEqual(new Set([429]));
    // What was asked for already asks nobody; and others may ask.
    if (name !== 'by client_id') expect((await stranger.get(it_.gateway.url + path(0))).status).not.toBe(429);
    expect((await other.get(it_.gateway.url + path(1_000))).status).not.toBe(429);
    expect(asked.length - before).toBe(MOST + 1);
    // The query server's own minute is over as well.
    advance(61_000);
  });
});
