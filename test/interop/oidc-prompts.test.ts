import { beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
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

describe('prompt=select_account', () => {
  const asks = async (person: Person, rp = library, parameters: Parameters = {}) => {
    const flow = await rp.begin({ prompt: 'select_account', ...parameters });
    return { flow, page: await person.client.open(flow.url) };
  };
  const choose = async (person: Person, page: Reply, account: string) =>
    person.client.follow(await person.client.submit(page, { account }, { action: page.url.pathname }));

  it('shows whose session it is, and goes on with it where that is meant', async () => {
    const { person, tokens, authTime } = await signedIn();
    const { flow, page } = await asks(person);
    expect(page.text).toMatch(/With which account\?.*Alice Student alice.*Go on with this account Someone else/);
    advance(2_000);
    const claims = (await library.exchange(flow, (await choose(person, page, 'this')).location)).claims();
    expect(claims).toMatchObject({ sub: tokens.claims()?.sub, auth_time: authTime });
    // Asked again the next time, and not where nobody asks.
    expect((await asks(person)).page.text).toContain('With which account?');
    expect((await library.visit(person)).claims()?.sub).toBe(tokens.claims()?.sub);
  });

  it('lets somebody else sign in, whose session it is from then on', async () => {
    const { person, tokens } = await signedIn();
    const { flow, page } = await asks(person);
    const first = await choose(person, page, 'other');
    expect(first.body).toContain('name="username"');
    const back = await person.password(first, 'bob');
    const other = (await library.exchange(flow, back.location)).claims()?.sub;
    expect(other).not.toBe(tokens.claims()?.sub);
    expect((await library.visit(person)).claims()?.sub).toBe(other);
  });

  it('asks for the sign-in alone where nobody is signed in, and chooses once', async () => {
    const person = new Person(it_.gateway, 'alice');
    const { flow, page } = await asks(person);
    expect(page.body).toContain('name="username"');
    const { location } = await person.type(page);
    expect((await library.exchange(flow, location)).claims()?.sub).toBeTypeOf('string');
  });

  it('comes before the password and the second step, which are asked for after it', async () => {
    const { person } = await signedIn();
    const again = await asks(person, library, { prompt: 'select_account login' });
    const page = await choose(person, again.page, 'this');
    expect([page.body.includes('name="password"'), page.body.includes('name="username"')]).toEqual([true, false]);
    expect(answerOf(await person.type(page))).toHaveProperty('code');
    const stepUp = await asks(person, payroll);
    const back = await person.through(await choose(person, stepUp.page, 'this'));
    expect((await payroll.exchange(stepUp.flow, back.location)).claims()?.acr).toBe('https://refeds.org/profile/mfa');
  });

  it('is answered by its own form alone, and by nothing else', async () => {
    const { person } = await signedIn();
    const { flow, page } = await asks(person);
    expect((await person.client.post(page.url, { account: 'this' })).status).toBe(403);
    expect((await choose(person, page, 'perhaps')).text).toContain('With which account?');
    const cancelled = await person.client.submit(page, {}, { action: `${page.url.pathname}/cancel` });
    expect(answerOf(await person.client.follow(cancelled))).toMatchObject({
      error: 'access_denied',
      state: flow.state,
    });
  });

  it('asks anew where another tab has signed somebody else in meanwhile', async () => {
    const person = new Person(it_.gateway, 'alice');
    const waiting = await asks(person);
    await person.signIn(library);
    const page = await person.client.open(waiting.page.url);
    expect(page.text).toMatch(/With which account\?.*alice/);
    // The other tab: the first session ends, and bob's begins.
    const other = await asks(person);
    await person.password(await choose(person, other.page, 'other'), 'bob');
    const after = await choose(person, page, 'this');
    expect(after.text).toMatch(/With which account\?.*Bob Staff bob/);
  });

  it('doesn’t go with none', async () => {
    const { person } = await signedIn();
    const { page } = await asks(person, library, { prompt: 'none select_account' });
    expect(answerOf(page)).toMatchObject({ error: 'invalid_request' });
  });
});

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
