import { beforeAll, describe, expect, it } from 'vitest';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, type Parameters, Person, RelyingParty } from '../support/relying-party.ts';

/** What a request may ask of the sign-in (OpenID Connect Core section 3.1.2.1): prompt, max_age, hints, languages. */
const it_ = gatewayOfFile({
  applications: {
    aged: application('aged', { defaultMaxAge: '10m' }),
    classed: application('classed', { defaultAcrValues: ['https://refeds.org/profile/mfa'] }),
  },
  policy: { rules: rules('aged', 'classed') },
});

let library: RelyingParty;
let payroll: RelyingParty;

const rp = (id: string) => RelyingParty.of(it_.gateway, id, { redirectUri: `http://127.0.0.1:9/${id}/callback` });

beforeAll(async () => {
  library = await RelyingParty.of(it_.gateway, 'library');
  payroll = await RelyingParty.of(it_.gateway, 'payroll');
});

async function signedIn(username = 'alice') {
  const person = new Person(it_.gateway, username);
  const tokens = await person.signIn(library);
  return { person, tokens, authTime: Number(tokens.claims()?.auth_time) };
}

describe('prompt=none', () => {
  it('oidcc-prompt-none-not-logged-in', async () => {
    const flow = await library.begin({ prompt: 'none' });
    const reply = await new Person(it_.gateway, 'alice').client.open(flow.url);
    expect(answerOf(reply)).toMatchObject({ error: 'login_required', state: flow.state, iss: it_.gateway.url });
  });

  it('oidcc-prompt-none-logged-in', async () => {
    const { person, authTime, tokens } = await signedIn();
    advance(2_000);
    const claims = (await library.visit(person, { prompt: 'none' })).claims();
    expect(claims).toMatchObject({ sub: tokens.claims()?.sub, auth_time: authTime });
  });

  it('answers interaction_required where a step-up is due', async () => {
    const { person } = await signedIn();
    const flow = await payroll.begin({ prompt: 'none' });
    expect(answerOf(await person.client.open(flow.url))).toMatchObject({ error: 'interaction_required' });
  });

  it('answers login_required where max_age has passed, and for max_age=0', async () => {
    const { person } = await signedIn();
    advance(5_000);
    for (const max_age of ['1', '0']) {
      const flow = await library.begin({ prompt: 'none', max_age });
      expect(answerOf(await person.client.open(flow.url))).toMatchObject({ error: 'login_required' });
    }
  });

  it('answers unmet_authentication_requirements where an essential class is out of reach', async () => {
    const { person } = await signedIn();
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: 'phrh' } } });
    const flow = await library.begin({ prompt: 'none', claims });
    const { error } = answerOf(await person.client.open(flow.url));
    expect(error).toBe('unmet_authentication_requirements');
  });

  it('must stand alone', async () => {
    const flow = await library.begin({ prompt: 'none login' });
    expect(answerOf(await new Person(it_.gateway, 'alice').client.open(flow.url))).toMatchObject({
      error: 'invalid_request',
    });
  });
});

describe('asking again', () => {
  it('oidcc-prompt-login: the password is asked for, and auth_time moves', async () => {
    const { person, authTime, tokens } = await signedIn();
    advance(10_000);
    const flow = await library.begin({ prompt: 'login' });
    const page = await person.client.open(flow.url);
    expect(page.body).toContain('name="password"');
    const again = await library.exchange(flow, (await person.through(page)).location);
    expect(again.claims()).toMatchObject({ sub: tokens.claims()?.sub });
    expect(again.claims()?.auth_time).toBeGreaterThanOrEqual(authTime + 10);
  });

  it('prompt=login also where a second factor follows, once each', async () => {
    const person = new Person(it_.gateway, 'bob');
    await person.signIn(payroll);
    const flow = await payroll.begin({ prompt: 'login' });
    const first = await person.client.open(flow.url);
    expect(first.body).toContain('name="password"');
    const second = await person.type(first);
    expect(second.body).toContain('name="code"');
    const back = await person.code(second, person.nextCode());
    expect((await payroll.exchange(flow, (await person.through(back)).location)).claims()?.amr).toEqual([
      'mfa',
      'otp',
      'pwd',
    ]);
  });

  it('oidcc-max-age-1', async () => {
    const { person, authTime } = await signedIn();
    advance(3_000);
    const tokens = await person.signIn(library, { max_age: '1' });
    expect(tokens.claims()?.auth_time).toBeGreaterThanOrEqual(authTime + 3);
  });

  it('oidcc-max-age-10000', async () => {
    const { person, authTime } = await signedIn();
    advance(3_000);
    expect((await library.visit(person, { max_age: '10000' })).claims()?.auth_time).toBe(authTime);
  });

  it('max_age=0 asks always', async () => {
    const { person } = await signedIn();
    const page = await person.client.open((await library.begin({ max_age: '0' })).url);
    expect(page.body).toContain('name="password"');
  });

  it.each(['-1', 'x', '1.5'])('refuses max_age=%s', async (max_age) => {
    const flow = await library.begin();
    flow.url.searchParams.set('max_age', max_age);
    const reply = await new Person(it_.gateway, 'alice').client.open(flow.url);
    expect(answerOf(reply)).toMatchObject({ error: 'invalid_request' });
  });

  it("the application's default_max_age and default_acr_values hold where the request says nothing", async () => {
    const aged = await rp('aged');
    const { person } = await signedIn('bob');
    await aged.visit(person);
    advance(11 * 60_000);
    expect((await person.client.open((await aged.begin()).url)).body).toContain('name="password"');
    await library.visit(person);

    const classed = await rp('classed');
    const enrolled = new Person(it_.gateway, 'carol');
    await it_.gateway.addUser('carol');
    await enrolled.signIn(payroll);
    await enrolled.signIn(library, { prompt: 'login' });
    expect((await enrolled.signIn(classed)).claims()?.acr).toBe('https://refeds.org/profile/mfa');
  });
});

describe('hints', () => {
  it('oidcc-id-token-hint: the same person goes on, another one is asked', async () => {
    const { person, tokens } = await signedIn();
    const id_token_hint = tokens.id_token ?? '';
    const claims = (await library.visit(person, { prompt: 'none', id_token_hint })).claims();
    expect(claims?.sub).toBe(tokens.claims()?.sub);

    const { person: bob } = await signedIn('bob');
    const flow = await library.begin({ prompt: 'none', id_token_hint });
    expect(answerOf(await bob.client.open(flow.url))).toMatchObject({ error: 'login_required' });
  });

  it('a request that names one person is never answered for another, nor in circles', async () => {
    const { tokens } = await signedIn();
    const sub = tokens.claims()?.sub;
    const claims = JSON.stringify({ id_token: { sub: { value: sub } } });
    const requests: Parameters[] = [{ id_token_hint: tokens.id_token ?? '' }, { claims }];
    for (const named of requests) {
      const { person: bob } = await signedIn('bob');
      const refused = answerOf(await bob.client.open((await library.begin(named)).url));
      expect(refused).toMatchObject({ error: 'login_required' });
      expect(refused).not.toHaveProperty('code');

      const nobody = new Person(it_.gateway, 'bob');
      const wrong = await nobody.through(await nobody.client.open((await library.begin(named)).url));
      expect(answerOf(wrong)).toMatchObject({ error: 'login_required' });
      expect((await new Person(it_.gateway, 'alice').signIn(library, named)).claims()?.sub).toBe(sub);
    }
  });

  it('oidcc-login-hint: fills in the user name, and nothing more', async () => {
    const flow = await library.begin({ login_hint: '"><b>alice' });
    const page = await new Person(it_.gateway, 'alice').client.open(flow.url);
    expect(page.body).toMatch(
      /name="username"[^>]*value="&quot;&gt;&lt;b&gt;alice"|value="&quot;&gt;&lt;b&gt;alice"[^>]*name="username"/,
    );
    expect(page.body).not.toContain('<b>alice');
  });

  it('oidcc-ui-locales: the page is in the first language that is offered', async () => {
    const open = async (ui_locales: string) =>
      (await new Person(it_.gateway, 'alice').client.open((await library.begin({ ui_locales })).url)).body;
    expect(await open('fr zh-TW en')).toContain('lang="zh-Hant"');
    expect(await open('zh-CN')).toContain('lang="zh-Hans"');
    expect(await open('xx-not-a-language')).toContain('lang="en"');
  });
});
