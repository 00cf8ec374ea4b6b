import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { startUpstream, type Upstream, wayTo } from '../support/upstream.ts';

/** People of another house sign in at their own provider, from the application's request to its ID token. */

const MFA = 'https://refeds.org/profile/mfa';

let gateway: Gateway;
let partner: Upstream;
let folder: string;
let library: RelyingParty;
let courses: RelyingParty;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-upstream-'));
  const port = await freePort();
  const ports = { gateway: port, relyingParty: await freePort() };
  partner = await startUpstream(`http://localhost:${port}/return/directories/partner`);
  gateway = await startGateway({
    ...{ folder, ports, withoutRelyingParty: true },
    config: {
      directories: {
        partner: {
          ...partner.directory,
          asks: { twoKinds: { acrValues: [MFA] } },
          assurance: [
            { amr: ['pwd'], kinds: ['knowledge'] },
            { amr: ['otp'], kinds: ['possession'] },
            { acr: [MFA], kinds: ['knowledge', 'possession'] },
          ],
        },
      },
    },
  });
  library = await RelyingParty.of(gateway, 'library');
  courses = await RelyingParty.of(gateway, 'courses');
});

afterAll(async () => {
  await gateway?.close();
  await partner?.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  partner.asked.length = 0;
  partner.next.sub = 'ada';
  partner.next.claims = { name: 'Ada Partner', preferred_username: 'ada', email: 'ada@partner.example' };
});

const now = () => Math.floor(Date.now() / 1000);
const isHome = (next: URL) => next.href.startsWith(library.redirectUri) || next.href.startsWith(courses.redirectUri);

/** Leaves for the house and comes back, wherever that ends. */
async function through(browser: Client, page: Reply): Promise<Reply> {
  const left = await browser.get(new URL(wayTo(page.body, 'partner'), page.url));
  return browser.follow(left, isHome);
}

describe('a first sign-in', () => {
  it('ends in the application, as somebody with an account of their own', async () => {
    const browser = new Client();
    const flow = await library.begin();
    const page = await browser.open(flow.url);
    expect(page.text).toContain('Sign in with Partner Hospital');
    const back = await through(browser, page);
    const tokens = await library.exchange(flow, back.location);
    expect(tokens.claims()).toMatchObject({ acr: 'https://refeds.org/profile/sfa' });
    // Nobody said when she was asked there.
    expect(tokens.claims()).not.toHaveProperty('auth_time');
    const [asked] = partner.asked;
    expect(asked?.get('code_challenge_method')).toBe('S256');
    expect(asked?.get('acr_values')).toBeNull();
  });

  it('finds the same person again, whatever they are called by now, and another by the same name', async () => {
    const subjectOf = async () => {
      const flow = await library.begin();
      const browser = new Client();
      const back = await through(browser, await browser.open(flow.url));
      return (await library.exchange(flow, back.location)).claims()?.sub;
    };
    const before = await subjectOf();
    partner.next.claims = { ...partner.next.claims, preferred_username: 'ada.lovelace', email: 'al@partner.example' };
    expect(await subjectOf()).toBe(before);
    partner.next.sub = 'another';
    expect(await subjectOf()).not.toBe(before);
  });
});

describe('more than who it is', () => {
  it('is asked for there, and counts by the table', async () => {
    Object.assign(partner.next.claims, { acr: MFA, amr: ['pwd', 'otp', 'unheard-of'], auth_time: now() - 100 });
    const browser = new Client();
    const flow = await courses.begin();
    const back = await through(browser, await browser.open(flow.url));
    const claims = (await courses.exchange(flow, back.location)).claims();
    expect(claims).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'], auth_time: partner.next.claims.auth_time });
    expect(partner.asked[0]?.get('acr_values')).toBe(MFA);
  });

  it('is set up here where the house doesn’t show it, and isn’t asked for twice there', async () => {
    Object.assign(partner.next.claims, { amr: ['pwd'], auth_time: now() });
    partner.next.sub = 'grace';
    const browser = new Client();
    const flow = await courses.begin();
    const page = await through(browser, await browser.open(flow.url));
    expect(page.body).toContain('otpauth:');
    expect(partner.asked).toHaveLength(1);
  });
});

it('tells who gave up there, and lets them try again', async () => {
  const browser = new Client();
  const flow = await library.begin();
  const page = await browser.open(flow.url);
  const left = await browser.get(new URL(wayTo(page.body, 'partner'), page.url));
  const state = left.location?.searchParams.get('state') ?? '';
  const answer = new URLSearchParams({ error: 'access_denied', state, iss: partner.issuer });
  const told = await browser.open(`${gateway.url}/return/directories/partner?${answer}`);
  expect(told.text).toContain('You came back without signing in there');
  await library.exchange(flow, (await through(browser, told)).location);
});

it('takes an answer that comes by a form from another site, without our cookies', async () => {
  const browser = new Client();
  const flow = await library.begin();
  const page = await browser.open(flow.url);
  const left = await browser.get(new URL(wayTo(page.body, 'partner'), page.url));
  const answered = await browser.follow(left, (next) => next.pathname.startsWith('/return/'));
  const fields = Object.fromEntries(answered.location?.searchParams ?? []);
  const posted = await browser.post(`${gateway.url}/return/directories/partner`, fields, { from: partner.issuer });
  const back = await browser.follow(posted, isHome);
  await library.exchange(flow, back.location);
});

describe('a second step that was taken there', () => {
  it('long ago doesn’t count, and is asked for anew once', async () => {
    Object.assign(partner.next.claims, { acr: MFA, amr: ['pwd', 'otp'], auth_time: now() - 13 * 3600 });
    partner.next.sub = 'long-ago';
    const browser = new Client();
    const flow = await courses.begin();
    const page = await through(browser, await browser.open(flow.url));
    expect(page.text).toContain('Courses asks for a second step');
    expect((await through(browser, page)).text).toContain('than your own institution could tell');
    expect(partner.asked.map((asked) => [asked.get('acr_values'), asked.get('max_age')])).toEqual([
      [MFA, '43200'],
      [MFA, '0'],
    ]);
  });

  it('nobody knows when counts for who it is alone', async () => {
    Object.assign(partner.next.claims, { acr: MFA, amr: ['pwd', 'otp'] });
    partner.next.sub = 'whenever';
    const browser = new Client();
    const flow = await courses.begin();
    const page = await through(browser, await browser.open(flow.url));
    expect(page.location).toBeUndefined();
    expect(page.text).toContain('asks you to sign in again');
  });
});

describe('a step-up', () => {
  async function entered(sub: string): Promise<Client> {
    partner.next.sub = sub;
    Object.assign(partner.next.claims, { amr: ['pwd'], auth_time: now() - 60 });
    const browser = new Client();
    const flow = await library.begin();
    await library.exchange(flow, (await through(browser, await browser.open(flow.url))).location);
    return browser;
  }

  it('asks their house first, and takes what it shows then', async () => {
    const browser = await entered('stepper');
    const flow = await courses.begin();
    const page = await browser.open(flow.url);
    expect(page.text).toContain('Courses asks for a second step');
    Object.assign(partner.next.claims, { acr: MFA, amr: ['pwd', 'otp'] });
    const back = await through(browser, page);
    expect((await courses.exchange(flow, back.location)).claims()).toMatchObject({ acr: MFA });
    expect(partner.asked.at(-1)?.get('acr_values')).toBe(MFA);
    expect(partner.asked.at(-1)?.get('login_hint')).toBe('ada');
  });

  it('asks for a method of one’s own where the house shows no more than before', async () => {
    const browser = await entered('other-stepper');
    const page = await browser.open((await courses.begin()).url);
    Object.assign(partner.next.claims, { auth_time: now() });
    expect((await through(browser, page)).body).toContain('otpauth:');
  });

  it('for each sign-in takes nothing that was shown there before', async () => {
    const payroll = await RelyingParty.of(gateway, 'payroll');
    Object.assign(partner.next, { sub: 'paid' });
    Object.assign(partner.next.claims, { acr: MFA, auth_time: now() - 600 });
    const browser = new Client();
    const flow = await payroll.begin();
    const page = await browser.open(flow.url);
    const early = await through(browser, page);
    expect(partner.asked.at(-1)?.get('max_age')).toBe('0');
    expect(partner.asked.at(-1)?.get('prompt')).toBe('login');
    // It was asked to show it anew, and didn't: who it is may not lead to a method of one's own either.
    expect(early.text).toContain('than your own institution could tell');
  });
});

it('tells operators what was believed, and why', async () => {
  partner.next.sub = 'told';
  partner.next.claims = { preferred_username: 'told', amr: ['pwd', 'unheard-of'], auth_time: now() };
  const browser = new Client();
  await through(browser, await browser.open((await library.begin()).url));
  const asked = { account: 'told', application: 'courses' };
  const explained = async () => (await gateway.command('policy explain', [], asked)).join('\n');
  await expect.poll(explained).toContain('It said at');
  const lines = await explained();
  expect(lines).toContain('From another house, directories.partner (Partner Hospital): its table makes mfa at most.');
  expect(lines).toContain('That counts as knowledge, by line 1 of the table.');
  expect(lines).toContain('Nothing is made of amr=unheard-of.');
  expect(lines).not.toContain('too long ago');
  Object.assign(partner.next.claims, { acr: MFA, auth_time: now() - 13 * 3600 });
  const again = new Client();
  await through(again, await again.open((await library.begin()).url));
  await expect.poll(explained).toContain('No more than who it is');
});

describe('a session that ends at the house', () => {
  const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
  let tokens = 0;

  const told = async (claims: Record<string, unknown>) => {
    tokens += 1;
    const usual = {
      iss: partner.issuer,
      aud: 'sallyport',
      iat: now(),
      jti: `token-${tokens}`,
      events: { [EVENT]: {} },
    };
    return partner.sign({ ...usual, ...claims });
  };
  const send = async (token: string) => {
    const call = new Client({ headers: { origin: undefined, 'sec-fetch-site': undefined } });
    return (await call.post(`${gateway.url}/return/directories/partner/logout`, { logout_token: token })).status;
  };
  /** A browser with a session that rests on one at the house. */
  async function entered(sid: string): Promise<Client> {
    partner.next.sub = 'leaver';
    Object.assign(partner.next.claims, { sid });
    const browser = new Client();
    const flow = await library.begin();
    await library.exchange(flow, (await through(browser, await browser.open(flow.url))).location);
    return browser;
  }
  const isIn = async (browser: Client) => {
    const reply = await browser.follow(await browser.get((await library.begin({ prompt: 'none' })).url), isHome);
    return reply.location?.searchParams.get('error') === null;
  };

  it('ends here, in that browser alone', async () => {
    const [one, other] = [await entered('session-one'), await entered('session-two')];
    expect([await isIn(one), await isIn(other)]).toEqual([true, true]);
    expect(await send(await told({ sid: 'session-one' }))).toBe(200);
    expect([await isIn(one), await isIn(other)]).toEqual([false, true]);
    expect(await send(await told({ sub: 'leaver' }))).toBe(200);
    expect(await isIn(other)).toBe(false);
  });

  it('ends by nobody else’s word, nor by the same word twice', async () => {
    const [browser, sub] = [await entered('session-three'), 'leaver'];
    for (const claims of [
      { sub, aud: 'another' },
      { sub, iss: 'https://login.partner.example' },
      { sub, nonce: 'of-an-id-token' },
      { sub, events: {} },
      { sub, jti: undefined },
      { sub, iat: now() - 3600 },
      {},
    ]) {
      expect([claims, await send(await told(claims))]).toEqual([claims, 400]);
    }
    expect(await send('not a token')).toBe(400);
    expect(await isIn(browser)).toBe(true);
    const token = await told({ sub });
    expect(await send(token)).toBe(200);
    const again = await entered('session-four');
    expect(await send(token)).toBe(200);
    expect(await isIn(again)).toBe(true);
  });
});
