import { decodeJwt } from 'jose';
import { tokenIntrospection } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { API, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, type Parameters, Person, RelyingParty } from '../support/relying-party.ts';

/** acr, amr and auth_time: what is asked for, what is proven, and what is said of it. */
const SFA = 'https://refeds.org/profile/sfa';
const MFA = 'https://refeds.org/profile/mfa';
const it_ = gatewayOfFile({
  doors: { oidc: { resources: { [API]: { scopes: ['read'], applications: ['library'] } } } },
  policy: { rules: rules() },
  assurance: { acr: { 'http://schemas.microsoft.com/claims/multipleauthn': 'mfa' } },
});

let library: RelyingParty;
let payroll: RelyingParty;
/** Has an authenticator; everybody else starts anew. */
let authenticator: Person['authenticator'];

beforeAll(async () => {
  library = await RelyingParty.of(it_.gateway, 'library');
  payroll = await RelyingParty.of(it_.gateway, 'payroll');
  const first = new Person(it_.gateway, 'alice');
  await first.signIn(payroll);
  authenticator = first.authenticator;
});

function alice(): Person {
  const person = new Person(it_.gateway, 'alice');
  person.authenticator = authenticator;
  return person;
}

const essential = (acr: Record<string, unknown>): Parameters => ({
  claims: JSON.stringify({ id_token: { acr: { essential: true, ...acr } } }),
});

async function refusal(person: Person, parameters: Parameters): Promise<Record<string, string>> {
  const page = await person.client.open((await library.begin(parameters)).url);
  const last = page.body.includes('name="password"') ? await person.type(page) : page;
  if (person.isBack(last)) return answerOf(last);
  expect(last.status).toBe(403);
  return answerOf(await person.client.follow(await person.client.submit(last, {}, { action: '/cancel' })));
}

describe('acr and amr are of each request', () => {
  it('say what this session proved, not what its last sign-in said', async () => {
    const person = alice();
    const low = (await person.signIn(library)).claims();
    expect(low).toMatchObject({ acr: SFA, amr: ['pwd'] });
    const high = (await person.signIn(payroll)).claims();
    expect(high).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'] });
    // The same session has proven both by now, and says so of its own evidence.
    expect((await library.visit(person)).claims()).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'] });
    // prompt=login asks for the password anew; the code of a moment ago is this session's still.
    expect((await person.signIn(library, { prompt: 'login' })).claims()).toMatchObject({
      acr: MFA,
      amr: ['mfa', 'otp', 'pwd'],
    });
  });

  it('an older level never leaks: what max_age leaves out is not claimed', async () => {
    const person = alice();
    await person.signIn(payroll);
    advance(60_000);
    const claims = (await person.signIn(library, { max_age: '30' })).claims();
    expect(claims).toMatchObject({ acr: SFA, amr: ['pwd'] });
    expect((await library.visit(person, { max_age: '30' })).claims()).toMatchObject({ acr: SFA, amr: ['pwd'] });
    expect((await library.visit(person)).claims()).toMatchObject({ acr: MFA });
  });

  it('payroll asks each time, however often the session has proven it', async () => {
    const person = alice();
    await person.signIn(payroll);
    const flow = await payroll.begin();
    const page = await person.client.open(flow.url);
    expect(page.body).toContain('name="code"');
    const silent = await payroll.begin({ prompt: 'none' });
    expect(answerOf(await person.client.open(silent.url))).toMatchObject({ error: 'interaction_required' });
  });

  it("another person on this browser inherits nothing of the first one's", async () => {
    const person = alice();
    await person.signIn(payroll);
    const flow = await library.begin({ prompt: 'login' });
    const own = await person.client.open(flow.url);
    const switched = await person.client.follow(await person.client.submit(own, {}, { action: '/switch' }));
    const back = await person.password(switched, 'bob');
    const claims = (await library.exchange(flow, back.location)).claims();
    expect(claims).toMatchObject({ acr: SFA, amr: ['pwd'] });
  });

  it('auth_time does not move with a step-up', async () => {
    const person = alice();
    const before = (await person.signIn(library)).claims()?.auth_time;
    advance(90_000);
    const after = (await person.signIn(payroll)).claims();
    expect(after).toMatchObject({ acr: MFA, auth_time: before });
    expect((await library.visit(person)).claims()?.auth_time).toBe(before);
  });
});

describe('acr_values: voluntary, any of these', () => {
  it('steps up to a known class, and sends that very class back', async () => {
    const person = alice();
    await person.signIn(library);
    const microsoft = 'http://schemas.microsoft.com/claims/multipleauthn';
    const claims = (await person.signIn(library, { acr_values: `urn:unknown ${microsoft}` })).claims();
    expect(claims).toMatchObject({ acr: microsoft, amr: ['mfa', 'otp', 'pwd'] });
    expect((await library.visit(person, { acr_values: MFA })).claims()?.acr).toBe(MFA);
    expect((await library.visit(person, { acr_values: SFA })).claims()?.acr).toBe(SFA);
  });

  it('ignores unknown classes', async () => {
    const person = alice();
    expect((await person.signIn(library, { acr_values: 'urn:unknown 1 2' })).claims()).toMatchObject({ acr: SFA });
  });

  it('passes with the truth where a class is out of reach', async () => {
    const person = alice();
    const claims = (await person.signIn(library, { acr_values: 'phrh' })).claims();
    expect(claims).toMatchObject({ acr: SFA, amr: ['pwd'] });
  });

  it('takes the easiest of several', async () => {
    const person = alice();
    expect((await person.signIn(library, { acr_values: `${MFA} ${SFA}` })).claims()).toMatchObject({ acr: SFA });
  });
});

describe('acr by the claims parameter: essential', () => {
  it('steps up, and says so', async () => {
    const person = alice();
    await person.signIn(library);
    const page = await person.client.open((await library.begin(essential({ value: MFA }))).url);
    expect(page.body).toContain('name="code"');
    const tokens = await person.signIn(library, essential({ values: ['urn:unknown', MFA] }));
    expect(tokens.claims()).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'] });
  });

  it('out of reach: unmet_authentication_requirements, never a silent lower level', async () => {
    for (const values of [['phrh'], ['phr', 'phrh']]) {
      const answer = await refusal(alice(), essential({ values }));
      expect(answer).toMatchObject({ error: 'unmet_authentication_requirements' });
      expect(answer).not.toHaveProperty('code');
    }
  });

  it('all unknown: unmet_authentication_requirements, signed in or not', async () => {
    expect(await refusal(alice(), essential({ value: 'urn:unknown' }))).toMatchObject({
      error: 'unmet_authentication_requirements',
    });
    const person = alice();
    await person.signIn(library);
    expect(await refusal(person, essential({ values: ['urn:unknown'] }))).toMatchObject({
      error: 'unmet_authentication_requirements',
    });
  });

  it('that nobody here can meet is answered at once, signed in or not: no page blames the person', async () => {
    const signedIn = alice();
    await signedIn.signIn(library);
    for (const person of [alice(), signedIn]) {
      for (const value of ['phr', 'urn:unknown']) {
        const flow = await library.begin(essential({ value }));
        const first = await person.client.get(flow.url);
        expect(first.status).toBe(303);
        expect(answerOf(first)).toMatchObject({ error: 'unmet_authentication_requirements', state: flow.state });
        expect(answerOf(first).iss).toBe(it_.gateway.url);
      }
    }
  });

  it('with no value asks for the claim alone', async () => {
    expect((await alice().signIn(library, essential({}))).claims()).toMatchObject({ acr: SFA });
  });

  it.each([
    ['values a string', { values: MFA }],
    ['value a number', { value: 1 }],
    ['null', null],
  ])('written wrongly (%s) is refused or passed over, and breaks nothing', async (_what, acr) => {
    const claims = JSON.stringify({ id_token: { acr: acr === null ? null : { essential: true, ...acr } } });
    const page = await alice().client.open((await library.begin({ claims })).url);
    expect(page.status).toBeLessThan(500);
  });
});

describe('RFC 9470: step-up by a resource server', () => {
  /** An API that wants an MFA of the last minute for what matters. */
  function api(token: string): { status: number; challenge?: URLSearchParams } {
    const { acr, auth_time, aud } = decodeJwt(token);
    expect(aud).toBe(API);
    const fresh = Number(auth_time) >= Date.now() / 1000 - 60;
    if (acr === MFA && fresh) return { status: 200 };
    return { status: 401, challenge: new URLSearchParams({ acr_values: MFA, max_age: '60' }) };
  }

  it('insufficient_user_authentication, a stronger sign-in, and a token that carries it', async () => {
    const person = alice();
    const resource = { resource: API, scope: 'openid read' };
    const weak = await person.signIn(library, resource);
    expect(decodeJwt(weak.access_token)).toMatchObject({ acr: SFA, amr: ['pwd'], auth_time: expect.any(Number) });
    const { status, challenge } = api(weak.access_token);
    expect(status).toBe(401);
    advance(120_000);
    const strong = await person.signIn(library, { ...resource, ...Object.fromEntries(challenge ?? []) });
    expect(decodeJwt(strong.access_token)).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'] });
    expect(api(strong.access_token).status).toBe(200);
    expect(strong.claims()).toMatchObject({ acr: MFA });
  });

  it('introspection says the same of opaque tokens, and so does a refreshed one', async () => {
    const person = alice();
    const tokens = await person.signIn(library, { acr_values: MFA });
    const said = { active: true, acr: MFA, amr: ['mfa', 'otp', 'pwd'], auth_time: tokens.claims()?.auth_time };
    expect(await tokenIntrospection(library.config, tokens.access_token)).toMatchObject(said);
    await person.signIn(library, { prompt: 'login', max_age: '0' });
    const { refreshTokenGrant } = await import('openid-client');
    const renewed = await refreshTokenGrant(library.config, tokens.refresh_token ?? '');
    expect(await tokenIntrospection(library.config, renewed.access_token)).toMatchObject(said);
    expect(renewed.claims()).toMatchObject({ acr: MFA, auth_time: tokens.claims()?.auth_time });
  });
});
