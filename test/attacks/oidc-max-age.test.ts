import { beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { holdKey, KeyHolder, now } from '../support/key-holder.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, call, type Flow, type Parameters, Person, RelyingParty } from '../support/relying-party.ts';

/** `max_age=0` on every way that a request can come, and the parameters of our own that carry such wishes on. */
const MFA = 'https://refeds.org/profile/mfa';
const ESSENTIAL = { claims: JSON.stringify({ id_token: { acr: { essential: true, value: MFA } } }) };

const key = await holdKey();
const it_ = gatewayOfFile({
  applications: {
    aged: application('aged', { defaultMaxAge: '10m' }),
    pushed: application('pushed', { requirePushedAuthorizationRequests: true, defaultMaxAge: '10m' }),
    signed: application('signed', { clientSecret: undefined, jwks: { keys: [key.jwk] } }),
  },
  policy: { rules: rules('aged', 'pushed', 'signed') },
});

let alice: Person;
const parties: Record<string, RelyingParty> = {};
const rp = (id: string): RelyingParty => parties[id] as RelyingParty;

beforeAll(async () => {
  parties.library = await RelyingParty.of(it_.gateway, 'library');
  parties.payroll = await RelyingParty.of(it_.gateway, 'payroll');
  for (const id of ['aged', 'pushed']) {
    parties[id] = await RelyingParty.of(it_.gateway, id, { redirectUri: `http://127.0.0.1:9/${id}/callback` });
  }
  alice = new Person(it_.gateway, 'alice');
  // A session with password and code.
  await alice.signIn(rp('payroll'));
});

/** What a page asks, and what the one after it does. */
async function asked(page: Reply): Promise<string[]> {
  const found: string[] = [];
  let last = page;
  while (!alice.isBack(last)) {
    const what = ['password', 'code', 'remember'].find((name) => last.body.includes(`name="${name}"`));
    if (what === undefined) throw new Error(`stuck: ${last.status} ${last.text}`);
    if (what !== 'remember') found.push(what);
    last = await answer(last, what);
  }
  if (answerOf(last).error) found.push(String(answerOf(last).error));
  return found;
}

function answer(page: Reply, what: string): Promise<Reply> {
  if (what === 'password') return alice.type(page);
  return what === 'code' ? alice.code(page, alice.nextCode()) : alice.remember(page, 'no');
}

const everything = ['password', 'code'];

type Way = (flow: Flow) => Promise<Reply>;
const WAYS: Readonly<Record<string, Way>> = {
  'by GET': ({ url }) => alice.client.open(url),
  'by POST from another site': async ({ url }) => {
    const target = `${url.origin}${url.pathname}`;
    return alice.client.follow(await alice.client.post(target, url.searchParams, { from: 'https://rp.example' }));
  },
};

describe('max_age=0 with an essential acr asks for everything anew', () => {
  it.each(Object.entries(WAYS))('%s', async (_way, open) => {
    expect(await asked(await open(await rp('library').begin({ ...ESSENTIAL, max_age: '0' })))).toEqual(everything);
    expect(await asked(await open(await rp('library').begin({ ...ESSENTIAL, max_age: '300' })))).toEqual([]);
  });

  it.each(['library', 'pushed'])('pushed, by %s, whatever stands beside the request_uri', async (id) => {
    for (const beside of [
      {},
      { max_age: '3600' },
      { max_age_zero: '' },
      { max_age_zero: 'false' },
      { prompt: 'none' },
    ]) {
      const { url } = await rp(id).begin({ ...ESSENTIAL, max_age: '0' }, { par: true });
      for (const [name, value] of Object.entries(beside)) url.searchParams.set(name, value);
      expect(await asked(await alice.client.open(url))).toEqual(everything);
    }
    // And nothing of it is in the next one.
    expect(await asked(await alice.client.open((await rp(id).begin(ESSENTIAL, { par: true })).url))).toEqual([]);
  });

  it.each(['0', '00', '0.0', '-0', '0x0', ' 0', '0e5'])('however zero is written: %j', async (max_age) => {
    const page = await alice.client.open((await rp('library').begin({ ...ESSENTIAL, max_age })).url);
    const found = await asked(page);
    expect([everything, ['invalid_request']]).toContainEqual(found);
  });

  it.each<[string, unknown]>([
    ['a number', 0],
    ['text', '00'],
  ])('in a request object, as %s, given as it is or pushed, and whatever stands beside it', async (_what, max_age) => {
    const signed = new KeyHolder(it_.gateway.url, 'signed', key, key, 'http://127.0.0.1:9/signed/callback');
    const objectOf = async (change: Record<string, unknown>) => {
      const own = { ...(await signed.request()), ...ESSENTIAL, client_id: 'signed', iss: 'signed' };
      return signed.sign({ ...own, aud: signed.url, exp: now() + 60, ...change });
    };
    const open = async (request: string, beside = {}) => {
      const query = new URLSearchParams({ client_id: 'signed', request, ...beside });
      return asked(await alice.client.open(`${signed.url}/authorize?${query}`));
    };
    expect(await open(await objectOf({}), { max_age: '0' })).toEqual([]);
    expect(await open(await objectOf({ max_age }), { max_age: '3600', max_age_zero: 'false' })).toEqual(everything);
    const request = await objectOf({ max_age, max_age_zero: 'false' });
    const { json } = await signed.call('/par', { request }, { withoutProof: true });
    expect(await asked(await alice.client.open(signed.authorize(json.request_uri)))).toEqual(everything);
  });

  it("also where the application's default is another age", async () => {
    for (const par of [false, true]) {
      const { url } = await rp('aged').begin({ ...ESSENTIAL, max_age: '0' }, { par });
      expect(await asked(await alice.client.open(url))).toEqual(everything);
    }
  });

  it('also of a session that steps up in the middle, and is forgotten by the next request', async () => {
    const browser = new Person(it_.gateway, 'alice');
    browser.authenticator = alice.authenticator;
    // A code costs half a minute of this clock: openid-client's own check of the age would fail by a second.
    const { maxAge: _, ...flow } = await rp('library').begin({ ...ESSENTIAL, max_age: '0' });
    const back = await browser.through(await browser.client.open(flow.url));
    const first = await rp('library').exchange(flow, back.location);
    expect(first.claims()).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'] });
    advance(60_000);
    expect((await rp('library').visit(browser, ESSENTIAL)).claims()).toMatchObject({ acr: MFA });
  });
});

describe('parameters of our own', () => {
  const cases: [string, Parameters][] = [
    ['max_age_zero=true', { ...ESSENTIAL, max_age_zero: 'true' }],
    ['acr_essential=true', { acr_values: 'phrh', acr_essential: 'true' }],
  ];

  it.each(cases)('%s from an application says nothing', async (_what, parameters) => {
    for (const par of [false, true]) {
      const { url } = await rp('library').begin(parameters, { par });
      const page = await alice.client.open(url);
      // Voluntary and out of reach is passed over; nothing is asked anew.
      expect(answerOf(page)).toHaveProperty('code');
    }
  });

  it('cannot take back what max_age=0 asks for', async () => {
    for (const value of ['false', '', '0', 'no']) {
      const { url } = await rp('library').begin({ ...ESSENTIAL, max_age: '0', max_age_zero: value });
      expect(await asked(await alice.client.open(url))).toEqual(everything);
    }
    const { url } = await rp('library').begin({ ...ESSENTIAL, max_age: '0' });
    url.searchParams.append('max_age_zero', 'a');
    url.searchParams.append('max_age_zero', 'b');
    expect(answerOf(await alice.client.open(url))).toMatchObject({ error: 'invalid_request' });
    expect((await call(it_.gateway, '/par', url.searchParams, 'library')).status).toBe(400);
  });
});
