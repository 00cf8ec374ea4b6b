import { createHash } from 'node:crypto';
import http from 'node:http';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Reply } from '../support/client.ts';
import { form } from '../support/forms.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, HomeClient, type Parameters, Person, RelyingParty } from '../support/relying-party.ts';
import { SamlSite } from '../support/saml-site.ts';

/**
 * A step-up raises one session, not every copy of its cookie: whoever copied it before sees what was proven before,
 * for the ten seconds that requests under way are given, and then nothing.
 */
const COOKIE = 'sallyport_session';
const MFA = 'https://refeds.org/profile/mfa';
const site = await SamlSite.start();
afterAll(() => site.close());

const config = {
  doors: { saml: {} },
  applications: {
    other: application('other'),
    wiki: { name: 'wiki', saml: { metadata: { file: site.metadata('wiki') } } },
  },
  policy: {
    rules: [...rules('other'), { name: 'wiki', applications: ['wiki'], level: 'mfa', remember: '30d' }],
  },
};

describe.each<[string, (() => string) | undefined]>([
  ['embedded', undefined],
  ['redis', () => inject('redisUrl')],
])('a copied session cookie, on the %s store', (_store, redis) => {
  const it_ = gatewayOfFile(config, redis ? { redis } : {});
  let library: RelyingParty;
  /** Takes a second factor of this session. */
  let courses: RelyingParty;
  let payroll: RelyingParty;
  let authenticator: Person['authenticator'];

  beforeAll(async () => {
    [library, courses, payroll] = await Promise.all([
      RelyingParty.of(it_.gateway, 'library'),
      RelyingParty.of(it_.gateway, 'courses'),
      RelyingParty.of(it_.gateway, 'payroll'),
    ]);
    const first = new Person(it_.gateway, 'alice');
    await first.signIn(payroll);
    authenticator = first.authenticator;
  });

  /** Somebody with an authenticator, signed in with the password alone. */
  async function victim(): Promise<Person> {
    const person = new Person(it_.gateway, 'alice');
    person.authenticator = authenticator;
    await person.signIn(library);
    return person;
  }

  /** Another browser with all cookies as they are now. */
  function copyOf({ client }: Person): Person {
    const person = new Person(it_.gateway, 'alice', new HomeClient(it_.gateway, { jar: client.jar.copy() }));
    person.authenticator = authenticator;
    return person;
  }

  /** A browser that holds on to its copy, whatever it is answered. */
  function thiefOf(person: Person): Person {
    const copied = person.client.jar.all().find(({ name }) => name === COOKIE);
    const thief = copyOf(person);
    const { client } = thief;
    const send = client.send.bind(client);
    client.send = (...request) => {
      if (copied) client.jar.put(copied);
      return send(...request);
    };
    return thief;
  }

  const cookieOf = ({ client }: Person): string => client.jar.value(COOKIE) ?? '';

  /** The application's answer, without a page. */
  async function silently({ client }: Person, rp = courses, parameters: Parameters = {}) {
    const { url } = await rp.begin({ prompt: 'none', ...parameters });
    return answerOf(await client.open(url));
  }

  /** Time passes for a superseded cookie: Redis keeps its own. */
  async function lapse(cookie: string): Promise<void> {
    if (redis === undefined) return advance(10_001);
    const client = new Redis(redis());
    const hash = createHash('sha256').update(cookie).digest('base64url');
    const [key] = await client.keys(`*oidc:session-id:${hash}`);
    if (key) await client.pexpire(key, 1);
    if (key) await vi.waitFor(async () => expect(await client.exists(key)).toBe(0));
    client.disconnect();
  }

  /** What nobody gets who copied the cookie of a session before it was raised. */
  async function expectNothingRaised(thief: Person): Promise<void> {
    const errors = ['interaction_required', 'login_required'];
    expect(errors).toContain((await silently(thief)).error);
    const essential = { claims: JSON.stringify({ id_token: { acr: { essential: true, value: MFA } } }) };
    expect(errors).toContain((await silently(thief, library, essential)).error);
    const low = await silently(thief, library, { acr_values: MFA });
    expect(errors).toContain(low.error);
    for (const path of [
      '/account',
      '/account/methods/add/totp',
      '/account/phone',
      '/account/password',
      '/enrol/done',
    ]) {
      const page = await thief.client.open(`${it_.gateway.url}${path}`);
      expect(page.url.pathname, path).toMatch(/^\/sign-in\//);
      expect(page.body).toMatch(/name="(code|password)"/);
    }
    const silent = await thief.client.open(site.address('wiki', it_.gateway.url, { passive: true }));
    expect(samlStatus(silent)).toBe('NoPassive');
  }

  /** As far as the page that asks for a code. */
  async function atCode(person: Person) {
    const flow = await payroll.begin();
    const page = await person.client.open(flow.url);
    expect(page.body).toContain('name="code"');
    return { flow, page };
  }

  const isResume = (next: URL): boolean => next.pathname.startsWith('/authorize/');

  /** Answers it, as far as the address by which the browser comes back, which isn't asked. */
  async function toResume(person: Person, page: Reply): Promise<URL> {
    const own = form(page.body, page.url.pathname);
    const code = await person.client.post(page.url, { ...own.fields, code: person.nextCode() });
    let last = await person.client.follow(code, isResume);
    if (last.body.includes('name="remember"')) {
      const { fields } = form(last.body, last.url.pathname);
      last = await person.client.follow(await person.client.post(last.url, { ...fields, remember: 'no' }), isResume);
    }
    if (!last.location) throw new Error(`not on the way back: ${last.status} ${last.text}`);
    return last.location;
  }

  /** Begins a sign-in that is never answered; the address by which the browser comes back from it all the same. */
  async function resumeOf(person: Person): Promise<URL> {
    const { url } = await person.client.open((await payroll.begin()).url);
    return new URL(url.pathname.replace('/sign-in/', '/authorize/'), url);
  }

  const samlStatus = ({ body }: Reply): string | undefined => {
    const xml = Buffer.from(/name="SAMLResponse" value="([^"]+)"/.exec(body)?.[1] ?? '', 'base64').toString();
    return [...xml.matchAll(/StatusCode Value="[^"]*:([^":]+)"/g)].at(-1)?.[1];
  };

  it('polls prompt=none while the owner steps up, and after, and gets nothing', async () => {
    const person = await victim();
    const thieves = [thiefOf(person), thiefOf(person)];
    const answers: Record<string, string>[] = [];
    let over = false;
    const polling = thieves.map(async (thief) => {
      while (!over) answers.push(await silently(thief));
    });
    const tokens = await person.signIn(courses);
    expect(tokens.claims()).toMatchObject({ acr: MFA });
    const before = answers.length;
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(before + 6), { timeout: 20_000 });
    over = true;
    await Promise.all(polling);
    expect(answers.filter((answer) => answer.code !== undefined)).toEqual([]);
    for (const thief of thieves) await expectNothingRaised(thief);
    // Nor is anything lost for whoever stepped up.
    expect(await silently(person)).toHaveProperty('code');
  });

  it('sees what was proven before for a moment, and then nothing', async () => {
    const person = await victim();
    const thief = thiefOf(person);
    const copied = cookieOf(thief);
    await person.signIn(courses);
    expect(await silently(thief, library)).toHaveProperty('code');
    await lapse(copied);
    expect(await silently(thief, library)).toMatchObject({ error: 'login_required' });
    expect(await silently(person, library)).toHaveProperty('code');
  });

  it('is not made current by a sign-in that it began, nor kept alive by it', async () => {
    const person = await victim();
    const thief = thiefOf(person);
    const begun = [await resumeOf(thief), await resumeOf(thief), await resumeOf(thief)];
    const copied = cookieOf(thief);
    await person.signIn(courses);
    // Each of these once gave the session another id: with nothing proven, only by coming back.
    for (const resume of begun) {
      const { setCookies } = await thief.client.get(resume);
      expect(setCookies.filter((line) => line.startsWith(COOKIE))).toEqual([]);
      await expectNothingRaised(thief);
    }
    await lapse(copied);
    expect(await silently(thief, library)).toMatchObject({ error: 'login_required' });
    expect(await silently(person)).toHaveProperty('code');
  });

  /** Begins a form that is sent slowly: its head and first byte. */
  async function slowly(thief: Person, path: string): Promise<{ end(): Promise<number> }> {
    const target = new URL(path, it_.gateway.url);
    const cookie = thief.client.jar.for(target).map(({ name, value }) => `${name}=${value}`);
    const body = 'xsrf=none&logout=';
    const request = http.request(target, {
      method: 'POST',
      headers: {
        cookie: cookie.join('; '),
        origin: it_.gateway.url,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
      },
    });
    const ended = new Promise<number>((resolve, reject) => {
      request.once('error', reject);
      request.once('response', (response) => resolve(response.resume().statusCode ?? 0));
    });
    await new Promise<void>((resolve, reject) => {
      request.write(body.slice(0, 1), (error) => (error ? reject(error) : resolve()));
    });
    return {
      end() {
        request.end(body.slice(1));
        return ended;
      },
    };
  }

  it('is not made current by a request whose body is sent slowly past those seconds', async () => {
    const person = await victim();
    const thief = thiefOf(person);
    const copied = cookieOf(thief);
    const slow = await slowly(thief, '/logout/confirm');
    // The owner's own requests come after it, and the gateway has read what came before.
    await person.signIn(courses);
    await lapse(copied);
    expect(await silently(thief, library)).toMatchObject({ error: 'login_required' });
    expect(await slow.end()).toBe(400);
    expect(await silently(thief, library)).toMatchObject({ error: 'login_required' });
    await expectNothingRaised(thief);
    expect(await silently(person)).toHaveProperty('code');
  });

  it('gains nothing where it is faster: what comes later than a rotation stays with its own request', async () => {
    const person = await victim();
    const { flow, page } = await atCode(person);
    const resume = await toResume(person, page);
    const thief = copyOf(person);
    const begun = [await resumeOf(thief), await resumeOf(thief)];
    // The thief takes the session over by coming back; the owner, still with the former cookie, has proven more.
    await thief.client.get(begun[0] as URL);
    expect(cookieOf(thief)).not.toBe(cookieOf(person));
    const { location } = await person.client.get(resume);
    expect((await payroll.exchange(flow, location)).claims()).toMatchObject({ acr: MFA });
    await expectNothingRaised(thief);
    await thief.client.get(begun[1] as URL);
    await expectNothingRaised(thief);
  });

  it('parallel tabs lose nothing at a rotation: each is answered with what it proved', async () => {
    const person = await victim();
    const one = await atCode(person);
    const two = await atCode(person);
    const saml = await person.client.open(site.address('wiki', it_.gateway.url));
    const resumes = [await toResume(person, one.page), await toResume(person, two.page), await toResume(person, saml)];
    // Tabs that go on with the cookie of before, as requests under way do.
    const [tab, third] = [copyOf(person), copyOf(person)];
    const first = await person.client.get(resumes[0] as URL);
    expect((await payroll.exchange(one.flow, first.location)).claims()).toMatchObject({ acr: MFA });
    const late = await tab.client.get(resumes[1] as URL);
    expect((await payroll.exchange(two.flow, late.location)).claims()).toMatchObject({ acr: MFA });
    expect(samlStatus(await third.client.open(resumes[2] as URL))).toBe('Success');
    // None of them set an older cookie again, and the session is whole.
    for (const former of [tab, third]) expect(cookieOf(former)).not.toBe(cookieOf(person));
    expect(await silently(person)).toHaveProperty('code');
    const subject = await library.visit(person);
    const sessions = await it_.gateway.app.core.sessionsOf(String(subject.claims()?.sub));
    expect(sessions.map(({ applications }) => applications)).toContainEqual(
      expect.arrayContaining(['library', 'payroll', 'wiki']),
    );
    // What a late tab proved opens nothing else by the cookie that it came with.
    for (const former of [tab, third]) await expectNothingRaised(former);
  });

  it('ten tabs that come back at once with one cookie are all answered', async () => {
    const person = await victim();
    const tabs = [];
    for (let count = 0; count < 10; count += 1) {
      const { flow, page } = await atCode(person);
      tabs.push({ flow, resume: await toResume(person, page) });
    }
    const copies = tabs.map((tab) => ({ ...tab, browser: copyOf(person) }));
    const ends = await Promise.all(copies.map(async (it) => ({ ...it, end: await it.browser.client.get(it.resume) })));
    for (const { flow, end } of ends) {
      expect((await payroll.exchange(flow, end.location)).claims()).toMatchObject({ acr: MFA });
    }
    // One of them has the session from now on, and it alone.
    await lapse(cookieOf(person));
    const left = await Promise.all(ends.map(({ browser }) => silently(browser, library)));
    expect(left.filter(({ code }) => code !== undefined)).toHaveLength(1);
  });
});
