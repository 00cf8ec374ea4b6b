import { refreshTokenGrant } from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { HOURS, MINUTES } from '../support/clock.ts';
import { accountOf } from '../support/holders.ts';
import { enterBy, link } from '../support/linking.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { asksPassword, type Someone, stage } from '../support/scene.ts';
import { startUpstream, type Upstream, wayTo } from '../support/upstream.ts';

/** Whoever leaves another house, or is disabled there, has nothing here from the next look on. */

let partner: Upstream;
const ports = { gateway: 0, relyingParty: 0 };

beforeAll(async () => {
  Object.assign(ports, { gateway: await freePort(), relyingParty: await freePort() });
  partner = await startUpstream(`http://localhost:${ports.gateway}/return/directories/partner`);
});
afterAll(() => partner?.close());

const scene = stage(() => ({
  ports,
  config: {
    directories: {
      partner: {
        ...partner.directory,
        checkEvery: '5m',
        askAgain: '4h',
        assurance: [{ amr: ['otp'], kinds: ['knowledge', 'possession'] }],
        groups: { map: { nurses: 'staff' } },
      },
    },
  },
}));

const now = () => Math.floor(Date.now() / 1000);

/** Somebody new there. Answers their name there. */
let people = 0;
function there(claims: Record<string, unknown> = {}): string {
  people += 1;
  const sub = `there-${people}`;
  const described = { name: 'Somebody', preferred_username: sub, auth_time: now() };
  partner.next = { sub, claims: { amr: ['otp'], ...described, ...claims } };
  return sub;
}

let nobody: Someone;
beforeAll(async () => {
  nobody = await scene.newcomer();
});
const visitor = () => scene.elsewhere(nobody, new Client());

beforeEach(() => {
  partner.refreshed.length = 0;
  delete partner.away.status;
});

/** Somebody new who came to an application by the house. */
async function entered(claims: Record<string, unknown> = {}) {
  const sub = there(claims);
  const someone = visitor();
  await enterBy(someone, 'courses');
  const subject = await someone.subject('courses');
  expect(subject).toBeDefined();
  return { sub, someone, subject };
}

const isIn = async (someone: Someone) => (await someone.begin('library')).url.pathname === '/library';

const explain = async (account: string) =>
  (await scene.gateway.command('policy explain', [], { account, application: 'courses' })).join('\n');

describe('somebody who came by a house', () => {
  it('is asked for what lasts, and looked for in silence once their last word is old', async () => {
    const { someone } = await entered();
    expect(partner.asked.at(-1)?.get('scope')).toBe('openid profile email offline_access');
    expect(partner.asked.at(-1)?.get('prompt')).toContain('consent');
    scene.clock.advance(4 * MINUTES);
    expect(await isIn(someone)).toBe(true);
    expect(partner.refreshed).toEqual([]);
    // Well past what they were taken to be there for: at each look it has said so anew.
    for (let look = 1; look <= 6; look += 1) {
      scene.clock.advance(50 * MINUTES);
      expect(await isIn(someone)).toBe(true);
      expect(partner.refreshed).toHaveLength(look);
    }
    expect(new Set(partner.refreshed)).toEqual(new Set([200]));
  });

  it('is looked for once, however many requests look at the same moment', async () => {
    const { someone, sub } = await entered();
    scene.clock.advance(6 * MINUTES);
    const all = await Promise.all(Array.from({ length: 20 }, () => isIn(someone)));
    expect(all).not.toContain(false);
    expect(partner.refreshed).toEqual([200]);
    scene.clock.advance(6 * MINUTES);
    // The one that took its place is good.
    expect(await isIn(someone)).toBe(true);
    expect(partner.refreshed).toEqual([200, 200]);
    expect(await explain(sub)).not.toContain('There they are');
  });

  it('has nothing any more once they are gone there, and all of it once they are there again', async () => {
    const { sub, someone, subject } = await entered();
    scene.clock.advance(6 * MINUTES);
    partner.gone.add(sub);
    expect(await isIn(someone)).toBe(false);
    expect(partner.refreshed).toEqual([400]);
    const left = scene.audit().filter(({ event }) => event === 'account.left');
    expect(left.map(({ detail }) => JSON.parse(detail))).toEqual([
      expect.objectContaining({ directory: 'partner', reason: 'disabled' }),
    ]);
    expect(await explain(sub)).toContain('There they are disabled: its provider says no more that they are there');
    // It isn't asked about them again.
    await someone.begin('library');
    expect(partner.refreshed).toEqual([400]);
    partner.gone.delete(sub);
    partner.next.claims.auth_time = now();
    const again = visitor();
    await enterBy(again, 'courses');
    expect(await again.subject('courses')).toBe(subject);
  });

  it('has no tokens either: an application’s refresh is a look', async () => {
    const sub = there();
    const library = await RelyingParty.of(scene.gateway, 'library');
    const flow = await library.begin();
    const browser = new Client();
    const page = await browser.open(flow.url);
    const isHome = (next: URL) => next.href.startsWith(library.redirectUri);
    const back = await browser.follow(await browser.get(new URL(wayTo(page.body, 'partner'), page.url)), isHome);
    const tokens = await library.exchange(flow, back.location);
    const refreshed = await refreshTokenGrant(library.config, tokens.refresh_token ?? '');
    expect(partner.refreshed).toEqual([]);
    scene.clock.advance(6 * MINUTES);
    partner.gone.add(sub);
    await expect(refreshTokenGrant(library.config, refreshed.refresh_token ?? '')).rejects.toThrow();
    expect(partner.refreshed).toEqual([400]);
  });

  it('is known by what the house says of them at the last look', async () => {
    const { sub, someone } = await entered({ groups: ['nurses'] });
    const groups = async () => (await explain(sub)).match(/staff/)?.[0];
    expect(await groups()).toBe('staff');
    partner.next.claims.groups = [];
    scene.clock.advance(6 * MINUTES);
    expect(await isIn(someone)).toBe(true);
    expect(await groups()).toBeUndefined();
    // A token that names nobody says that they are there, and no more.
    for (const name of ['preferred_username', 'groups', 'name']) delete partner.next.claims[name];
    scene.clock.advance(6 * MINUTES);
    expect(await isIn(someone)).toBe(true);
    expect(await explain(sub)).toContain(sub);
  });

  it('isn’t whoever else the house names in their place', async () => {
    const { someone } = await entered();
    scene.clock.advance(6 * MINUTES);
    there();
    partner.next.claims.sub = partner.next.sub;
    expect(await isIn(someone)).toBe(false);
  });
});

describe('who signs in again while a look hangs', () => {
  const slow = {
    fails: { status: 503, before: () => void Object.assign(partner.away, { status: 503 }) },
    refuses: { status: 400, before: (old: string) => void partner.gone.add(old) },
    answers: { status: 200, before: () => undefined },
  };

  it.each(Object.entries(slow))('is looked for by the new session, where that look %s', async (_how, last) => {
    const { someone } = await entered();
    const [old = ''] = partner.issued.slice(-1);
    scene.clock.advance(6 * MINUTES);
    const [arrived, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    partner.away.hold = () => {
      arrived.resolve();
      return over.promise;
    };
    const looking = isIn(someone);
    await arrived.promise;
    partner.next.claims.auth_time = now();
    await enterBy(visitor(), 'courses');
    const before = partner.issued.length;
    last.before(old);
    over.resolve();
    expect(await looking).toBe(true);
    expect(partner.refreshed).toEqual([last.status]);
    // The old session ends there, and what came of it.
    for (const token of [old, ...partner.issued.slice(before)]) partner.gone.add(token);
    delete partner.away.status;
    scene.clock.advance(6 * MINUTES);
    expect(await isIn(someone)).toBe(true);
    expect(partner.refreshed).toEqual([last.status, 200]);
  });
});

describe('while the house can’t be asked', () => {
  it('holds what it said before, is asked rarely, and no longer than it is believed', async () => {
    const { someone } = await entered();
    scene.clock.advance(6 * MINUTES);
    partner.away.status = 503;
    expect([await isIn(someone), await isIn(someone)]).toEqual([true, true]);
    expect(partner.refreshed).toEqual([503]);
    scene.clock.advance(2 * MINUTES);
    expect(await isIn(someone)).toBe(true);
    expect(partner.refreshed).toEqual([503, 503]);
    scene.clock.advance(4 * HOURS);
    expect(await isIn(someone)).toBe(false);
  });

  it('it is looked at again once it is back', async () => {
    const { sub, someone } = await entered();
    scene.clock.advance(6 * MINUTES);
    partner.away.status = 500;
    expect(await isIn(someone)).toBe(true);
    delete partner.away.status;
    partner.gone.add(sub);
    scene.clock.advance(2 * MINUTES);
    expect(await isIn(someone)).toBe(false);
  });
});

it('of a linked account ends what came by the link, and the account’s own way in stays', async () => {
  const owner = await scene.member();
  const sub = there();
  await link(scene, owner);
  const browser = visitor();
  await enterBy(browser, 'courses');
  expect(await browser.subject('courses')).toBe(await owner.subject('courses'));
  scene.clock.advance(6 * MINUTES);
  expect(await isIn(browser)).toBe(true);
  partner.gone.add(sub);
  scene.clock.advance(6 * MINUTES);
  expect(asksPassword(await browser.begin('library'))).toBe(true);
  expect(await isIn(owner)).toBe(true);
  expect(await accountOf(scene, owner)).toBeDefined();
  expect(await explain(owner.username)).toContain('There they are disabled');
});

it('of a linked account is told to applications that came by the link, at a look by whichever browser of theirs', async () => {
  const owner = await scene.member();
  const sub = there();
  await link(scene, owner);
  const [browser, idle] = [visitor(), visitor()];
  for (const one of [browser, idle]) {
    there();
    partner.next.sub = sub;
    await enterBy(one, 'courses');
    expect(await one.subject('courses')).toBe(await owner.subject('courses'));
  }
  partner.gone.add(sub);
  scene.clock.advance(6 * MINUTES);
  expect(await isIn(owner)).toBe(true);
  await expect.poll(() => idle.subject('courses')).toBeUndefined();
  expect(await browser.subject('courses')).toBeUndefined();
  expect(await owner.subject('courses')).toBeDefined();
  const id = await accountOf(scene, owner);
  const told = scene.audit().filter(({ event, account }) => event === 'logout.upstream' && account === id);
  expect(told.map(({ detail }) => JSON.parse(detail) as object)).toMatchObject([{ reason: 'out', sessions: 2 }]);
});

describe('a browser that is found to be of somebody gone', () => {
  /** Sessions of the account that are there. */
  const sessionsOf = async (id: string) => (await scene.gateway.app.building.core.sessionsOf(id)).length;

  it('has lost its session at that very look, and its applications know; the sign-in that is asked for goes on', async () => {
    const owner = await scene.member();
    const sub = there();
    await link(scene, owner);
    const id = await accountOf(scene, owner);
    const browser = scene.elsewhere(owner);
    await enterBy(browser, 'courses');
    expect(await browser.subject('courses')).toBe(await owner.subject('courses'));
    const before = await sessionsOf(id);
    partner.gone.add(sub);
    scene.clock.advance(6 * MINUTES);
    const asked = await browser.begin('library');
    expect(asksPassword(asked)).toBe(true);
    expect(await sessionsOf(id)).toBe(before - 1);
    expect(await browser.subject('courses')).toBeUndefined();
    expect((await browser.password(asked, owner.username)).url.pathname).toBe('/library');
    expect(await isIn(browser)).toBe(true);
  });

  it('has lost it where a proof of its own is in it as well', async () => {
    const owner = await scene.member();
    const sub = there();
    await link(scene, owner);
    const id = await accountOf(scene, owner);
    const browser = scene.elsewhere(owner);
    await enterBy(browser, 'courses');
    // By the account's own way in, into the same session.
    const again = await browser.begin('library', '?prompt=login');
    expect((await browser.password(again, owner.username)).url.pathname).toBe('/library');
    const before = await sessionsOf(id);
    partner.gone.add(sub);
    scene.clock.advance(6 * MINUTES);
    expect(await isIn(browser)).toBe(false);
    expect(await sessionsOf(id)).toBe(before - 1);
    expect(await browser.subject('courses')).toBeUndefined();
  });

  it('lets somebody else in from the page that it comes to', async () => {
    const { sub, someone } = await entered();
    scene.clock.advance(6 * MINUTES);
    partner.gone.add(sub);
    const page = await someone.begin('library');
    expect(page.url.pathname).not.toBe('/library');
    expect(await someone.subject('courses')).toBeUndefined();
    expect((await someone.password(page, nobody.username)).url.pathname).toBe('/library');
  });
});
