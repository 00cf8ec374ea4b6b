import { None } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { answerOf, Person, RelyingParty } from '../support/relying-party.ts';

/** Applications that anybody can name: on phones and desktops (RFC 8252), and in browsers, on sites of their own. */
const [LOOPBACK, SCHEME, CLAIMED] = [
  'http://127.0.0.1/callback',
  'org.example.app:/callback',
  'https://app.example.org/callback',
];
const everybody = { clientSecret: undefined, authentication: 'none', reauthenticate: '2d' };
const native = { ...everybody, applicationType: 'native', redirectUris: [LOOPBACK, SCHEME, CLAIMED] };
const it_ = gatewayOfFile({
  applications: {
    native: application('native', native),
    asking: application('asking', native, { consent: 'ask' }),
    silent: application('silent', { ...native, dangerouslySilentNative: true }),
    spa: application('spa', { ...everybody, corsOrigins: ['https://portal.example.org', 'http://localhost:5173'] }),
  },
  policy: { rules: rules('native', 'asking', 'silent', 'spa') },
});

let library: RelyingParty;
beforeAll(async () => {
  library = await RelyingParty.of(it_.gateway, 'library');
});

const partyOf = (id: string, redirectUri: string) =>
  RelyingParty.of(it_.gateway, id, { authentication: None(), redirectUri });

/** What somebody sees who is signed in elsewhere already, or comes fresh: `asked`, the error, or a code. */
async function seen(id: string, uri: string, { fresh = false, prompt }: { fresh?: boolean; prompt?: string }) {
  const person = new Person(it_.gateway, 'alice');
  if (!fresh) await person.signIn(library);
  const flow = await (await partyOf(id, uri)).begin(prompt ? { prompt } : {});
  let page = await person.client.open(flow.url);
  if (fresh) page = await person.type(page);
  if (page.body.includes('value="allow"')) return 'asked';
  const { error, code } = answerOf(page);
  return error ?? (code === undefined ? page.text : 'code');
}

describe('a native application (RFC 8252 section 8.6)', () => {
  it.each<[string, string, { fresh?: boolean; prompt?: string }, string]>([
    // Signed in elsewhere already: who asks could be anybody, unless the address proves it.
    ['native', LOOPBACK, {}, 'asked'],
    ['native', SCHEME, {}, 'asked'],
    ['native', CLAIMED, {}, 'code'],
    ['native', LOOPBACK, { prompt: 'none' }, 'interaction_required'],
    ['native', CLAIMED, { prompt: 'none' }, 'code'],
    // A page of this very request named the application.
    ['native', LOOPBACK, { fresh: true }, 'code'],
    ['native', SCHEME, { fresh: true }, 'code'],
    ['native', CLAIMED, { fresh: true }, 'code'],
    // The person decides each time, as the institution wants it.
    ['asking', CLAIMED, {}, 'asked'],
    ['asking', SCHEME, { fresh: true }, 'asked'],
    ['silent', LOOPBACK, {}, 'code'],
    ['silent', SCHEME, { prompt: 'none' }, 'code'],
  ])('%s at %s with %j: %s', async (id, uri, how, expected) => {
    expect(await seen(id, uri, how)).toBe(expected);
  });

  it('is asked each time, whatever was allowed before', async () => {
    const person = new Person(it_.gateway, 'alice');
    await person.signIn(library);
    const party = await partyOf('native', SCHEME);
    for (let times = 0; times < 2; times++) {
      const page = await person.client.open((await party.begin()).url);
      expect(page.body).toContain('value="allow"');
      const allowed = await person.client.submit(page, {}, { action: page.url.pathname, button: 'allow' });
      expect(answerOf(await person.client.follow(allowed))).toHaveProperty('code');
    }
  });
});

describe('scripts of a public application', () => {
  const preflight = async (origin: string, path = '/token') => {
    const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop' };
    const reply = await fetch(`${it_.gateway.url}${path}`, { method: 'OPTIONS', headers });
    return reply.headers.get('access-control-allow-origin');
  };
  const renewal = async (client_id: string, origin: string) => {
    const headers = { origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', accept: 'application/json' };
    const fields = { grant_type: 'refresh_token', refresh_token: 'x', client_id };
    const reply = await new Client({ headers }).post(`${it_.gateway.url}/token`, fields);
    return reply.headers['access-control-allow-origin'];
  };

  it('may call from the site of its redirect address and those listed, and from no other', async () => {
    for (const origin of ['http://127.0.0.1:9', 'https://portal.example.org', 'http://localhost:5173']) {
      expect(await preflight(origin)).toBe(origin);
      expect(await renewal('spa', origin)).toBe(origin);
    }
    for (const origin of ['https://evil.example', 'https://portal.example.org.evil.example', 'null']) {
      expect(await renewal('spa', origin)).toBeUndefined();
    }
    // What one application lists is no other's.
    expect(await renewal('silent', 'https://portal.example.org')).toBeUndefined();
  });
});
