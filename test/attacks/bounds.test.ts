import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROUTES } from '../../src/doors/oidc/routes.ts';
import { HEAVIEST, heavy } from '../../src/saml/testing/heavy.ts';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { authnRequest, post, redirect } from '../../src/saml/testing/messages.ts';
import { Client, type Reply } from '../support/client.ts';
import { type Metered, startMetered } from '../support/metered.ts';

/** The table of `docs/reference/bounds.md`: every entry that strangers have, and the worst that its bounds let through. */

const ENTITY = 'http://127.0.0.1:9/plain';
/** How much more than an ordinary authorization request the worst of an entry may cost. */
const MULTIPLE = 15;
/** Characters that fit in the headers beside those that a browser sends. */
const ROOM = 14_500;

let server: Metered;
let stranger: Identity;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-bounds-'));

beforeAll(async () => {
  stranger = await createIdentity();
  server = await startMetered(folder, metadata());
});
afterAll(() => {
  server.stop();
  rmSync(folder, { recursive: true });
});

function metadata(): string {
  return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${ENTITY}">
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
<ds:X509Certificate>${stranger.certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${ENTITY}/acs" index="0"/>
</md:SPSSODescriptor>
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
<ds:X509Certificate>${stranger.certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${ENTITY}/sso"/>
</md:IDPSSODescriptor></md:EntityDescriptor>`;
}

/** One request; how it is made may depend on the moment, as an XML message does. */
interface Sent {
  method: string;
  path: string;
  body?: string;
  headers?: Record<string, string>;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_BODY = { 'content-type': 'application/json' };

const times = (count: number, each: (at: number) => string, between = '&') =>
  Array.from({ length: count }, (_, at) => each(at)).join(between);

const authorization = (more: Record<string, string> = {}) =>
  new URLSearchParams({
    ...{ client_id: 'library', response_type: 'code', scope: 'openid', code_challenge_method: 'S256' },
    ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', state: 's' },
    redirect_uri: `${site()}/library/callback`,
    ...more,
  }).toString();
const site = () => server.relyingParty;

/** Queries and forms of so many characters, in the shapes that readers are slow at. */
function shapes(room: number): string[] {
  return [
    times(64, () => 'a=1'),
    // More than the bound: refused, and at no cost either.
    times(Math.floor(room / 4), () => 'a=1'),
    times(64, (at) => `a${at}=${'%41'.repeat(Math.floor(room / 200))}`),
    `a=${'+'.repeat(room)}`,
    `a=${'%'.repeat(room)}`,
    `${'%C3%28'.repeat(Math.floor(room / 6))}=1`,
    '='.repeat(room),
  ];
}

/** Authorization requests with one parameter as large as it may be. */
function requests(room: number): string[] {
  const words = (letters: string) => `${letters} `.repeat(Math.floor(room / (letters.length + 1) / 1.5)).trim();
  const deep = `${'{"id_token":'.repeat(Math.floor(room / 60))}1${'}'.repeat(Math.floor(room / 60))}`;
  const wide = JSON.stringify({
    id_token: Object.fromEntries(
      times(300, (at) => `c${at}`)
        .split('&')
        .map((it) => [it, null]),
    ),
  });
  return [
    ...shapes(room),
    authorization({ scope: `openid ${words('a')}` }),
    authorization({ acr_values: words('mfa') }),
    authorization({ ui_locales: words('zh-Hant') }),
    authorization({ prompt: words('login') }),
    authorization({ claims: deep }),
    authorization({ claims: wide }),
    authorization({ state: 's'.repeat(room - 600) }),
    authorization({ id_token_hint: `${'a'.repeat(room / 3)}.${'b'.repeat(room / 3)}.c` }),
    authorization({ client_id: `plain:${'a'.repeat(room / 2)}` }),
    `${authorization()}&${times(50, (at) => `resource=https://api.example/${at}`)}`,
  ];
}

const get = (...paths: string[]) => paths.map((path): Sent => ({ method: 'GET', path }));
const posting = (path: string, bodies: string[], headers: Record<string, string> = {}) =>
  bodies.map((body): Sent => ({ method: 'POST', path, body, headers: { ...FORM, ...headers } }));

const basic = `Basic ${Buffer.from(`${'a'.repeat(5_000)}:${'b'.repeat(5_000)}`).toString('base64')}`;
const token = (room: number) => `${'a'.repeat(room / 3)}.${'b'.repeat(room / 3)}.${'c'.repeat(room / 3)}`;

function programs(path: string): Sent[] {
  const assertion = new URLSearchParams({
    ...{ grant_type: 'authorization_code', code: 'c'.repeat(1_000), client_id: 'library' },
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: token(12_000),
  }).toString();
  return [
    ...posting(path, [...shapes(15_000), assertion, authorization({ claims: '{"a":'.repeat(1_000) })]),
    ...posting(path, ['grant_type=refresh_token&refresh_token=x'], { authorization: basic }),
    ...posting(path, ['grant_type=authorization_code&code=x'], { dpop: token(ROOM) }),
  ];
}

function saml(path: string): Sent[] {
  const about = (issuer = ENTITY) => ({ issuer, instant: Date.now(), destination: `${server.url}${path}` });
  const unknown = heavy(HEAVIEST, stranger, about('https://nobody.example'));
  const wide = heavy({ ...HEAVIEST, depth: 1 }, stranger, about());
  const bodies = [post(heavy(HEAVIEST, stranger, about())), post(wide), post(unknown), ...shapes(150_000)];
  const queries = [redirect(authnRequest(about())), redirect(unknown), redirect(`<a>${'b'.repeat(64_000)}</a>`)];
  return [
    ...posting(path, bodies),
    ...get(...[...queries, ...shapes(ROOM)].map((it) => `${path}?${it.slice(0, ROOM)}`)),
  ];
}

const headers = (name: string, ...values: string[]) =>
  ['/authorize', '/', '/sign-in/x'].flatMap((path) =>
    values.map((value): Sent => ({ method: 'GET', path, headers: { [name]: value } })),
  );

const json = (path: string, room = 8_000) =>
  [`{"a":${'['.repeat(room)}`, `{${times(room / 10, (at) => `"a${at}":1`, ',')}}`, `"${'a'.repeat(room)}"`].map(
    (body): Sent => ({
      method: 'POST',
      path,
      body,
      headers: { ...JSON_BODY, authorization: `Bearer ${'x'.repeat(400)}` },
    }),
  );

const only = (sent: Sent[], method: string) => sent.filter((it) => it.method === method);

/** What is sent to each entry of the table. */
const WORST: Record<string, () => Sent[]> = {
  'any path, any method': () =>
    ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((method) => ({
      method,
      path: `/${'a/'.repeat(ROOM / 2)}`,
    })),
  Cookie: () =>
    headers(
      'cookie',
      times(1_500, (at) => `a${at}=b`, '; '),
      `sallyport_session=${'a'.repeat(ROOM)}`,
      ';'.repeat(ROOM),
      `__Host-sallyport_sign_in=${'='.repeat(ROOM - 100)}`,
    ),
  Accept: () =>
    headers(
      'accept',
      times(1_400, (at) => `a/${at};q=0.${at % 10}`, ',').slice(0, ROOM),
      ','.repeat(ROOM),
      '*/*,'.repeat(3_000),
    ),
  'Accept-Language': () =>
    headers(
      'accept-language',
      times(1_500, (at) => `z${at};q=0.5`, ',').slice(0, ROOM),
      'zh-'.repeat(4_000),
      ','.repeat(ROOM),
      '-'.repeat(ROOM),
    ),
  'User-Agent': () =>
    headers(
      'user-agent',
      'Mozilla/5.0 '.repeat(1_000),
      '('.repeat(ROOM),
      'a/'.repeat(ROOM / 2),
      ' '.repeat(ROOM - 1).concat('x'),
    ),
  Authorization: () =>
    programs('/userinfo').concat({
      method: 'GET',
      path: '/userinfo',
      headers: { authorization: `Bearer ${token(ROOM)}` },
    }),
  DPoP: () => [{ method: 'GET', path: '/userinfo', headers: { authorization: 'DPoP x', dpop: token(ROOM) } }],
  'X-Forwarded-For': () =>
    headers('x-forwarded-for', times(1_500, (at) => `10.0.0.${at % 256}`, ',').slice(0, ROOM), ','.repeat(ROOM)),
  'GET /authorize': () => get(...requests(12_000).map((it) => `/authorize?${it}`.slice(0, ROOM))),
  'POST /authorize': () =>
    posting(
      '/authorize',
      requests(15_000).map((it) => it.slice(0, 16_000)),
    ),
  'POST /logout': () => posting('/logout', [...shapes(15_000), `id_token_hint=${token(15_000)}`]),
  'GET /authorize/*': () => get(`/authorize/${'a'.repeat(ROOM)}`, '/authorize/x'),
  'GET /sign-in/*': () =>
    get(
      `/sign-in/${'a'.repeat(ROOM)}`,
      '/sign-in/x',
      '/sign-in/x/methods',
      '/sign-in/x/state',
      `/sign-in/x/houses?q=${'a'.repeat(ROOM)}`,
    ),
  'POST /sign-in/*': () => ['', '/switch', '/cancel'].flatMap((it) => posting(`/sign-in/x${it}`, shapes(60_000))),
  'GET /sign-in/*/events': () => get('/sign-in/x/events?step=a'),
  'GET /logout': () =>
    get(...[...shapes(ROOM), `id_token_hint=${token(ROOM)}`].map((it) => `/logout?${it}`.slice(0, ROOM))),
  'POST /logout/confirm': () => posting('/logout/confirm', shapes(15_000)),
  'GET /logout/success': () => get(...shapes(ROOM).map((it) => `/logout/success?${it}`.slice(0, ROOM))),
  'POST /token': () => programs('/token'),
  'POST /introspect': () => programs('/introspect'),
  'POST /revoke': () => programs('/revoke'),
  'POST /par': () => [
    ...programs('/par'),
    ...posting(
      '/par',
      requests(14_000).map((it) => it.slice(0, 16_000)),
    ),
  ],
  'GET /userinfo': () => [{ method: 'GET', path: '/userinfo', headers: { authorization: `Bearer ${token(ROOM)}` } }],
  'POST /userinfo': () => posting('/userinfo', [`access_token=${token(15_000)}`, ...shapes(15_000)]),
  'GET /jwks': () => get('/jwks'),
  'GET /.well-known/openid-configuration': () => get('/.well-known/openid-configuration'),
  'GET /.well-known/oauth-authorization-server': () => get('/.well-known/oauth-authorization-server'),
  'GET /.well-known/webauthn': () => get('/.well-known/webauthn'),
  'GET /saml/sso': () => only(saml('/saml/sso'), 'GET'),
  'POST /saml/sso': () => only(saml('/saml/sso'), 'POST'),
  'GET /saml/slo': () => only(saml('/saml/slo'), 'GET'),
  'POST /saml/slo': () => only(saml('/saml/slo'), 'POST'),
  'GET /saml/continue': () => get(`/saml/continue?id=${'a'.repeat(ROOM)}`),
  'GET /saml/resume': () => get(`/saml/resume?state=${'a'.repeat(ROOM)}`),
  'GET /saml/logout*': () =>
    get('/saml/logout', '/saml/logout/next', '/saml/logout/request?id=x', '/saml/logout/answer'),
  'GET /saml/start': () =>
    get(`/saml/start?providerId=${'a'.repeat(ROOM)}`, `/saml/start?providerId=${ENTITY}&target=${'a'.repeat(12_000)}`),
  'GET /saml/metadata': () => get('/saml/metadata'),
  'GET /directories/*': () => [
    ...get('/directories/house/metadata'),
    ...only(saml('/directories/house/logout'), 'GET'),
  ],
  'POST /directories/*': () => only(saml('/directories/house/logout'), 'POST'),
  'POST /device-authorization': () => programs('/device-authorization'),
  'POST /backchannel-authentication': () => [
    ...programs('/backchannel-authentication'),
    ...posting('/backchannel-authentication', [
      `client_id=library&id_token_hint=${token(14_000)}`,
      `client_id=library&request=${token(14_000)}`,
      `client_id=library&login_hint=${'%41'.repeat(4_500)}`,
    ]),
  ],
  'GET /device': () => get(...shapes(ROOM).map((it) => `/device?${it}`), `/device?user_code=${'B'.repeat(ROOM)}`),
  'POST /device': () => posting('/device', [...shapes(15_000), `user_code=${'B'.repeat(15_000)}`]),
  'GET /register*': () => get('/register', `/register/${'a'.repeat(ROOM)}`),
  'POST /register': () => [
    ...posting('/register', shapes(15_000)),
    { method: 'POST', path: '/register', headers: JSON_BODY, body: '['.repeat(15_000) },
  ],
  'PUT /register*': () => [{ method: 'PUT', path: '/register/x', headers: JSON_BODY, body: '['.repeat(15_000) }],
  'DELETE /register*': () => [{ method: 'DELETE', path: '/register/x' }],
  'GET /pictures/*': () =>
    get(
      `/pictures/${'a'.repeat(ROOM - 100)}.${'a'.repeat(22)}`,
      `/pictures/${'.'.repeat(ROOM - 100)}`,
      '/pictures/a.b',
    ),
  'GET /entra/*': () =>
    get(
      '/entra/office/.well-known/openid-configuration',
      '/entra/office/jwks',
      ...shapes(ROOM - 100).map((it) => `/entra/office/continue?${it}`),
      '/entra/office/events?step=a',
    ),
  'POST /entra/*': () => [
    ...posting('/entra/office/authorize', [...shapes(30_000), `id_token_hint=${token(30_000)}`]),
    ...posting('/entra/office/step', shapes(30_000)),
  ],
  'GET /': () => get(...shapes(ROOM).map((it) => `/?${it}`)),
  'GET /language': () =>
    get(`/language?to=en&back=${encodeURIComponent('/'.repeat(4_000))}`, `/language?to=${'a'.repeat(ROOM)}`),
  'GET /applications': () => get(`/applications?${times(64, (at) => `a=${at}`)}`),
  'GET /signed-out': () => get('/signed-out'),
  'GET /reset': () => get('/reset', `/reset?${'a'.repeat(ROOM)}`),
  'GET /reset/*': () => get('/reset/x', `/reset/${'a'.repeat(ROOM)}`, `/reset/x?code=${'a'.repeat(ROOM)}`),
  'GET /reset/*/events': () => get('/reset/x/events?step=a'),
  'POST /reset': () => posting('/reset', shapes(60_000)),
  'POST /reset/*': () => posting('/reset/x', shapes(60_000)),
  'GET /return/*': () =>
    get(
      ...shapes(ROOM).map((it) => `/return/directories/partner?${it}`),
      `/return/directories/partner?state=${'a'.repeat(ROOM)}`,
    ),
  'POST /return/*': () => [
    ...posting('/return/directories/partner', shapes(60_000)),
    ...posting('/return/directories/house', shapes(500_000)),
  ],
  'GET /signed-out/there': () => get(...shapes(ROOM).map((it) => `/signed-out/there?id=${'a'.repeat(43)}&${it}`)),
  'GET /return/directories/*/logout': () =>
    get(`/return/directories/partner/logout?iss=x&sid=${'a'.repeat(ROOM)}`, '/return/directories/partner/logout'),
  'POST /return/directories/*/logout': () =>
    posting('/return/directories/partner/logout', [...shapes(60_000), `logout_token=${token(60_000)}`]),
  'GET /account*': () => get('/account', '/account/methods/x/remove', `/account?notice=${'a'.repeat(ROOM)}`),
  'GET /enrol*': () => get('/enrol', '/enrol/begin'),
  'GET /reports': () => get(...shapes(ROOM).map((it) => `/reports?${it}`)),
  'GET /helpdesk*': () => get('/helpdesk', `/helpdesk/people/${'a'.repeat(ROOM)}`, '/helpdesk/reports/enrolment/csv'),
  'POST /account*': () => posting('/account/password', shapes(60_000)),
  'POST /enrol*': () => posting('/enrol', shapes(60_000)),
  'POST /helpdesk*': () => posting('/helpdesk/people/x/unlock', shapes(60_000)),
  'GET /authenticator*': () => get('/authenticator/', '/authenticator/api/service'),
  'POST /authenticator/api/*': () =>
    ['register', 'pending', 'answer', 'subscription'].flatMap((it) => json(`/authenticator/api/${it}`)),
  'POST /api/v1/*': () => json('/api/v1/accounts/alice/passes'),
};

/** Entries of the table, each as it is written there. */
function documented(): string[] {
  const text = readFileSync(new URL('../../docs/reference/bounds.md', import.meta.url), 'utf8');
  const rows = text.slice(text.indexOf('| entry |')).split('\n').slice(2);
  const table = rows.slice(
    0,
    rows.findIndex((line) => !line.startsWith('| ')),
  );
  return table.flatMap((row) => {
    const [, cell = ''] = row
      .split(' | ')
      .map((it) => it.replace(/^\| /, ''))
      .toSpliced(0, 0, '');
    const spans = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    return spans.length > 0 ? spans : [cell];
  });
}

async function send(client: Client, { method, path, body, headers: given = {} }: Sent): Promise<Reply> {
  const wanted = { origin: undefined, accept: 'text/html', ...given };
  return client.send(`${server.url}${path}`, { method, headers: wanted, ...(body === undefined ? {} : { body }) });
}

/** Processor time of the serving thread for one of these, microseconds: the least of some rounds. */
async function cost(sent: Sent, { rounds = 2, each = 3 } = {}): Promise<number> {
  const client = new Client();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const before = await server.cpu();
    for (let at = 0; at < each; at += 1) await send(client, sent);
    least = Math.min(least, ((await server.cpu()) - before) / each);
  }
  return least;
}

it('is a table of every route that answers strangers', () => {
  const entries = documented();
  expect(entries.toSorted()).toEqual(Object.keys(WORST).toSorted());
  const covered = ({ method, path }: { method: string; path: string }) =>
    entries.some((entry) => {
      const [verb, pattern = ''] = entry.split(' ');
      if (verb !== method && method !== '_ALL') return false;
      const [start = '', ...rest] = pattern.split('*');
      return rest.length > 0 ? path.startsWith(start) : path === pattern;
    });
  const below = ({ method, path }: { method: string; path: string }) =>
    path.startsWith('/api/') && !path.startsWith('/api/v1')
      ? { method, path: `/authenticator${path}` }
      : { method, path };
  const routes = [...server.routes.map(below), ...Object.values(ROUTES).map((path) => ({ method: '_ALL', path }))];
  expect(routes.length).toBeGreaterThan(80);
  expect(routes.filter((it) => !covered(it))).toEqual([]);
  expect(covered({ method: 'GET', path: '/new-door' })).toBe(false);
});

it('holds the work that the worst of each can cause to a small multiple of an ordinary request’s', async () => {
  const usual = await cost({ method: 'GET', path: `/authorize?${authorization()}` }, { rounds: 5, each: 20 });
  expect(usual).toBeGreaterThan(0);
  const dear: string[] = [];
  for (const [entry, worst] of Object.entries(WORST)) {
    for (const sent of worst()) {
      // What seems dear is measured once more: another process may have had the caches.
      let ratio = (await cost(sent)) / usual;
      if (ratio >= MULTIPLE) ratio = Math.min(ratio, (await cost(sent, { rounds: 4, each: 5 })) / usual);
      if (ratio >= MULTIPLE) dear.push(`${entry}: ${ratio.toFixed(1)} times, ${JSON.stringify(sent).slice(0, 160)}`);
    }
  }
  expect(dear).toEqual([]);
}, 240_000);
