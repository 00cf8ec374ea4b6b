import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { freePort } from '../support/ports.ts';
import { refusalsIn } from '../support/refusals.ts';
import { type Flow, RelyingParty } from '../support/relying-party.ts';
import { startUpstream, type Upstream, wayTo } from '../support/upstream.ts';

/** Answers of other houses that are somebody else's, or nobody's: mix-up, substitution, replay (RFC 9700 section 4). */

let gateway: Gateway;
let partner: Upstream;
let other: Upstream;
let folder: string;
let library: RelyingParty;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-upstream-'));
  const port = await freePort();
  const ports = { gateway: port, relyingParty: await freePort() };
  const backOf = (id: string) => `http://localhost:${port}/return/directories/${id}`;
  partner = await startUpstream(backOf('partner'));
  other = await startUpstream(backOf('other'), '127.0.0.2');
  gateway = await startGateway({
    ...{ folder, ports, withoutRelyingParty: true },
    config: {
      directories: {
        partner: { ...partner.directory, requires: { tid: ['tenant-one'] } },
        other: { ...other.directory, name: 'Other House' },
      },
    },
  });
  library = await RelyingParty.of(gateway, 'library');
});

afterAll(async () => {
  await gateway?.close();
  await partner?.close();
  await other?.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  partner.next = { sub: 'ada', claims: { name: 'Ada', tid: 'tenant-one' } };
  other.next = { sub: 'ada', claims: { name: 'Mallory' } };
});

const isAnswer = (next: URL) => next.pathname.startsWith('/return/');
const isHome = (next: URL) => next.href.startsWith(library.redirectUri);
const UNBELIEVABLE = 'What came back couldn’t be verified';

interface Under {
  browser: Client;
  flow: Flow;
  /** The page that led away. */
  page: Reply;
  /** Where the house sends the browser back to. */
  answer: URL;
}

/** A browser that has signed in at a house, just before it comes back. */
async function answered(directory = 'partner', change: (address: URL) => void = () => {}): Promise<Under> {
  const browser = new Client();
  const flow = await library.begin();
  const page = await browser.open(flow.url);
  const { location } = await browser.get(new URL(wayTo(page.body, directory), page.url));
  if (location === undefined) throw new Error('nobody left');
  change(location);
  const last = await browser.follow(await browser.get(location), isAnswer);
  if (last.location === undefined) throw new Error(`no answer: ${last.text}`);
  return { browser, flow, page, answer: last.location };
}

/** Nobody is signed in: the page says so, and is still the page of the sign-in. */
async function isRefused({ browser }: Under, answer: URL, reason: RegExp): Promise<void> {
  const told = await browser.follow(await browser.get(answer), isHome);
  expect(told.text).toContain(UNBELIEVABLE);
  await expect.poll(() => refusals().some((one) => reason.test(one))).toBe(true);
}

const refusals = () => refusalsIn(folder);

describe('an answer', () => {
  it('is nothing in another browser, and stays good in its own', async () => {
    const ada = await answered();
    const thief = new Client();
    const told = await thief.open(ada.answer);
    expect([told.status, told.text]).toEqual([400, expect.stringContaining('browser')]);
    await expect.poll(refusals).toContain('other-browser');
    await library.exchange(ada.flow, (await ada.browser.follow(await ada.browser.get(ada.answer), isHome)).location);
  });

  it('counts once', async () => {
    const ada = await answered();
    await library.exchange(ada.flow, (await ada.browser.follow(await ada.browser.get(ada.answer), isHome)).location);
    expect((await ada.browser.get(ada.answer)).status).toBe(400);
    await expect.poll(refusals).toContain('unsolicited');
  });

  it('of nobody’s asking is none', async () => {
    const { browser } = await answered();
    const answer = new URLSearchParams({ code: 'stolen', state: 'x'.repeat(43), iss: partner.issuer });
    expect((await browser.get(`${gateway.url}/return/directories/partner?${answer}`)).status).toBe(400);
    expect((await browser.get(`${gateway.url}/return/directories/partner`)).status).toBe(400);
  });

  it('with somebody else’s code is none: it was asked for with another verifier', async () => {
    const [ada, mallory] = [await answered(), await answered()];
    const stolen = new URL(mallory.answer);
    stolen.searchParams.set('code', ada.answer.searchParams.get('code') ?? '');
    await isRefused(mallory, stolen, /invalid_grant/);
  });

  it('counts once, however often it comes at the same moment', async () => {
    const ada = await answered();
    const ends = await Promise.all(Array.from({ length: 100 }, () => ada.browser.get(ada.answer)));
    expect(ends.filter(({ status }) => status === 303)).toHaveLength(1);
  });

  it('to one tab’s request is none in the other tab', async () => {
    const browser = new Client();
    const answers: URL[] = [];
    for (const _ of ['one', 'two']) {
      const page = await browser.open((await library.begin()).url);
      const last = await browser.follow(await browser.get(new URL(wayTo(page.body, 'partner'), page.url)), isAnswer);
      answers.push(last.location as URL);
    }
    const [one, two] = answers as [URL, URL];
    const swapped = new URL(one);
    swapped.searchParams.set('code', two.searchParams.get('code') ?? '');
    const told = await browser.follow(await browser.get(swapped), isHome);
    expect([told.location, told.text]).toEqual([undefined, expect.stringContaining(UNBELIEVABLE)]);
  });

  it('with a state twice has none', async () => {
    const ada = await answered();
    const twice = new URL(ada.answer);
    twice.searchParams.append('state', twice.searchParams.get('state') ?? '');
    expect((await ada.browser.get(twice)).status).toBe(400);
  });
});

describe('two houses', () => {
  it('can’t answer for each other at the other’s address', async () => {
    const ada = await answered();
    const elsewhere = new URL(ada.answer.href.replace('directories/partner', 'directories/other'));
    expect((await ada.browser.get(elsewhere)).status).toBe(400);
    await expect.poll(refusals).toContain('mixed-up');
    // It is spent.
    expect((await ada.browser.get(ada.answer)).status).toBe(400);
  });

  it('can’t answer for each other at their own: the answer names whose it is', async () => {
    const [ada, there] = [await answered(), await answered('other')];
    const mixed = new URL(ada.answer);
    for (const name of ['code', 'iss']) mixed.searchParams.set(name, there.answer.searchParams.get(name) ?? '');
    await isRefused(ada, mixed, /OAUTH_|iss/);
    const nameless = await answered();
    nameless.answer.searchParams.delete('iss');
    await isRefused(nameless, nameless.answer, /OAUTH_/);
  });

  it('that know the same name and subject know two people', async () => {
    const subject = async ({ browser, flow, answer }: Under) => {
      const home = await browser.follow(await browser.get(answer), isHome);
      return (await library.exchange(flow, home.location)).claims()?.sub;
    };
    expect(await subject(await answered())).not.toBe(await subject(await answered('other')));
  });
});

describe('an ID token', () => {
  it('with the nonce of another request is refused', async () => {
    const ada = await answered('partner', (address) => address.searchParams.set('nonce', 'n'.repeat(43)));
    await isRefused(ada, ada.answer, /OAUTH_/);
  });

  it.each([
    ['of another issuer', { iss: 'https://login.partner.example' }],
    ['for another client', { aud: 'another' }],
    ['for several, of which another asked', { aud: ['sallyport', 'another'], azp: 'another' }],
    ['for several, of which it doesn’t say which asked', { aud: ['sallyport', 'another'] }],
    ['that is over', { exp: 1_700_000_000 }],
    ['of another tenant', { tid: 'tenant-two' }],
    ['of no tenant', { tid: undefined }],
    ['without a subject', { sub: undefined }],
  ])('%s is refused', async (_, claims) => {
    const ada = await answered();
    Object.assign(partner.next.claims, claims);
    await isRefused(ada, ada.answer, /./);
  });

  it('signed by somebody else is refused', async () => {
    const ada = await answered();
    partner.next.key = (await generateKeyPair('RS256')).privateKey;
    await isRefused(ada, ada.answer, /OAUTH_/);
  });
});

it('another person at a step-up is refused, and nobody is switched', async () => {
  const { browser, flow, answer } = await answered();
  await library.exchange(flow, (await browser.follow(await browser.get(answer), isHome)).location);
  const again = await library.begin({ prompt: 'login' });
  const page = await browser.open(again.url);
  expect(page.body).not.toContain('upstream%3Aother');
  Object.assign(partner.next.claims, { sub: 'mallory', auth_time: Math.floor(Date.now() / 1000) });
  const told = await browser.follow(await browser.get(new URL(wayTo(page.body, 'partner'), page.url)), isHome);
  expect(told.text).toContain('You signed in there as somebody else');
  await expect.poll(refusals).toContain('another-person');
});

it('an older authentication isn’t taken for a new one', async () => {
  const { browser, flow, answer } = await answered();
  await library.exchange(flow, (await browser.follow(await browser.get(answer), isHome)).location);
  for (const time of [undefined, Math.floor(Date.now() / 1000) - 600]) {
    const again = await library.begin({ prompt: 'login' });
    const page = await browser.open(again.url);
    Object.assign(partner.next.claims, { auth_time: time });
    const told = await browser.follow(await browser.get(new URL(wayTo(page.body, 'partner'), page.url)), isHome);
    expect(told.text).toContain('than your own institution could tell');
  }
});

it('a provider that is away keeps nobody else from signing in', async () => {
  const there = await answered('other');
  await other.close();
  const told = await there.browser.follow(await there.browser.get(there.answer), isHome);
  expect(told.text).toContain('can’t be reached just now');
  expect(told.body).toContain('name="password"');
});
