import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchUserInfo, refreshTokenGrant } from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { Passkey } from '../support/passkeys.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { formOf, leave, responseOf, type SamlUpstream, startSamlUpstream } from '../support/saml-upstream.ts';
import { asksToRemember, Someone, stage } from '../support/scene.ts';
import { startUpstream, type Upstream, wayTo } from '../support/upstream.ts';

/**
 * A house says when its session ends at the latest: SessionNotOnOrAfter (saml-core section 2.7.2), `session_expiry`
 * (OpenID Connect Enterprise Extensions). What came of it here is no longer: it isn't ours to prolong.
 */

const folder = mkdtempSync(join(tmpdir(), 'sallyport-bounds-'));
const ports = { gateway: 0, relyingParty: 0 };
let hospital: SamlUpstream;
let clinic: Upstream;

beforeAll(async () => {
  Object.assign(ports, { gateway: await freePort(), relyingParty: await freePort() });
  hospital = await startSamlUpstream(`http://localhost:${ports.gateway}`, folder, 'saml');
  clinic = await startUpstream(`http://localhost:${ports.gateway}/return/directories/oidc`);
});
afterAll(async () => {
  hospital?.close();
  await clinic?.close();
  rmSync(folder, { recursive: true, force: true });
});

const MFA = 'https://refeds.org/profile/mfa';
const SFA = 'https://refeds.org/profile/sfa';
const scene = stage(() => ({
  ports,
  config: {
    factors: { password: {}, totp: {}, fido2: {} },
    directories: {
      saml: { ...hospital.directory, assurance: [{ class: [MFA], kinds: ['knowledge', 'possession'] }] },
      oidc: { ...clinic.directory, name: 'Clinic', assurance: [{ amr: ['otp'], kinds: ['knowledge', 'possession'] }] },
    },
  },
}));

let library: RelyingParty;
beforeEach(async () => {
  library = await RelyingParty.of(scene.gateway, 'library');
});

type House = 'saml' | 'oidc';
const isHome = (next: URL) => next.href.startsWith(scene.gateway.relyingParty);
let people = 0;

interface Saying {
  who: string;
  until: unknown;
  /** A password alone was shown there. */
  weak?: boolean;
}

/** Goes from a page of ours to the house and back, which says when its session ends: epoch milliseconds, or as it stands. */
async function through(house: House, browser: Client, page: Reply, saying: Saying): Promise<Reply> {
  const { who, until, weak = false } = saying;
  if (house === 'saml') {
    const asked = await leave(browser, page, 'saml');
    const said = { name: who, ...(until === undefined ? {} : { until: until as number }) };
    const fields = formOf(responseOf(hospital, asked, { ...said, classRef: weak ? SFA : MFA }), asked);
    return browser.follow(await browser.post(hospital.acs, fields, { from: hospital.idp.url }), isHome);
  }
  const now = Math.floor(Date.now() / 1000);
  const expiry = typeof until === 'number' ? Math.floor(until / 1000) : until;
  const described = { name: who, preferred_username: who, auth_time: now, amr: weak ? [] : ['otp'] };
  clinic.next = { sub: who, claims: { ...described, ...(expiry === undefined ? {} : { session_expiry: expiry }) } };
  return browser.follow(await browser.get(new URL(wayTo(page.body, 'oidc'), page.url)), isHome);
}

/** Somebody new who came by a house. */
async function entered(house: House, until: unknown, { rp = library, weak = false } = {}) {
  people += 1;
  const [who, browser] = [`${house}-${people}`, new Client()];
  const flow = await rp.begin();
  const back = await through(house, browser, await browser.open(flow.url), { who, until, weak });
  return { who, browser, flow, back };
}

const isIn = async (browser: Client, rp = library) =>
  (await browser.follow(await browser.get((await rp.begin()).url), isHome)).location !== undefined;

describe.each<House>(['saml', 'oidc'])('a session that a house bounds (%s)', (house) => {
  it('ends here with it, however often it is used, and so do its tokens', async () => {
    const { browser, flow, back } = await entered(house, Date.now() + 30 * MINUTES);
    const tokens = await library.exchange(flow, back.location);
    const subject = tokens.claims()?.sub ?? '';
    for (let turn = 0; turn < 4; turn += 1) {
      scene.clock.advance(7 * MINUTES);
      expect(await isIn(browser)).toBe(true);
    }
    const later = await refreshTokenGrant(library.config, tokens.refresh_token ?? '');
    scene.clock.advance(2 * MINUTES);
    expect(await isIn(browser)).toBe(false);
    await expect(refreshTokenGrant(library.config, later.refresh_token ?? '')).rejects.toThrow();
    await expect(fetchUserInfo(library.config, later.access_token, subject)).rejects.toThrow();
  });

  it('ends even where a passkey of one’s own was shown in it besides', async () => {
    const courses = await RelyingParty.of(scene.gateway, 'courses');
    const { browser, back } = await entered(house, Date.now() + 30 * MINUTES, { rp: courses, weak: true });
    const someone = new Someone(scene.gateway, 'nobody', browser);
    const after = await new Passkey(scene.gateway).enrol(someone, await someone.answer(back, { factor: 'fido2' }));
    if (asksToRemember(after)) await someone.remember(after, 'no');
    expect([await isIn(browser), await isIn(browser, courses)]).toEqual([true, true]);
    scene.clock.advance(30 * MINUTES);
    expect([await isIn(browser), await isIn(browser, courses)]).toEqual([false, false]);
  });

  it('goes on where the house says so anew, as long as it says then', async () => {
    const { who, browser } = await entered(house, Date.now() + 10 * MINUTES);
    scene.clock.advance(5 * MINUTES);
    const again = async (until: unknown) => {
      const flow = await library.begin({ prompt: 'login' });
      expect((await through(house, browser, await browser.open(flow.url), { who, until })).location).toBeDefined();
    };
    await again(Date.now() + 60 * MINUTES);
    scene.clock.advance(30 * MINUTES);
    expect(await isIn(browser)).toBe(true);
    await again(undefined);
    scene.clock.advance(31 * MINUTES);
    expect(await isIn(browser)).toBe(true);
  });

  it('that is over already opens nothing', async () => {
    const { back } = await entered(house, Date.now() - 1_000);
    expect(back.location).toBeUndefined();
    expect(back.text).toContain('What came back couldn’t be verified');
  });
});

it.each(['tomorrow', 0, -1, null, {}])('an end that says nothing opens nothing: %j', async (until) => {
  const { back } = await entered('oidc', until === 0 || until === -1 ? until * 1000 : until);
  expect(back.location).toBeUndefined();
});
