import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { HOURS } from '../support/clock.ts';
import { visitAccount } from '../support/issued.ts';
import { enterBy, link } from '../support/linking.ts';
import { freePort } from '../support/ports.ts';
import { asksPassword, type Someone, stage } from '../support/scene.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

/** What operators do with links, what is said of them, and how long what came by another house lasts. */

let partner: Upstream;
const ports = { gateway: 0, relyingParty: 0 };

beforeAll(async () => {
  Object.assign(ports, { gateway: await freePort(), relyingParty: await freePort() });
  const back = (id: string) => `http://localhost:${ports.gateway}/return/directories/${id}`;
  partner = await startUpstream(['partner', 'quiet'].map(back));
});
afterAll(() => partner?.close());

const scene = stage(() => ({
  ports,
  config: {
    directories: {
      partner: {
        ...partner.directory,
        askAgain: '1h',
        freshness: '12h',
        assurance: [{ amr: ['otp'], kinds: ['knowledge', 'possession'] }],
      },
      quiet: { ...partner.directory, name: 'Quiet House', linking: 'operator' },
      shut: { ...partner.directory, name: 'Shut House', linking: 'never' },
    },
  },
}));

const now = () => Math.floor(Date.now() / 1000);

/** Somebody new there, who signs in to an application by it. */
let people = 0;
function there(claims: Record<string, unknown> = {}): string {
  people += 1;
  const sub = `there-${people}`;
  const said = { sub, name: 'Somebody', preferred_username: sub, auth_time: now(), ...claims };
  partner.next = { sub: 'one-of-them', claims: said };
  return sub;
}

const visitor = (someone: Someone) => scene.elsewhere(someone, new Client());
const command = (name: string, ...args: string[]) => scene.gateway.command(name, args);

describe('sallyport links', () => {
  it('adds, lists and removes; what was open by the link ends', async () => {
    const owner = await scene.member();
    await owner.begin('library');
    const sub = there();
    await command('links add', owner.username, 'partner', sub);
    const browser = visitor(owner);
    await enterBy(browser, 'library');
    expect(await browser.subject('library')).toBe(await owner.subject('library'));
    const [, row] = await command('links list', owner.username);
    expect(row?.split('\t')).toEqual([
      'partner',
      sub,
      expect.stringMatching(/Z$/),
      expect.stringMatching(/Z$/),
      'works',
    ]);
    await command('links remove', owner.username, 'partner');
    expect(asksPassword(await browser.begin('courses'))).toBe(true);
    expect(await command('links list', owner.username)).toHaveLength(1);
  });

  it('refuses a house that there isn’t, a second link, and whoever has an account of their own, unless told', async () => {
    const owner = await scene.member();
    await owner.begin('library');
    const sub = there();
    const browser = visitor(owner);
    await enterBy(browser, 'library');
    const before = await browser.subject('library');
    await expect(command('links add', owner.username, 'nowhere', sub)).rejects.toThrow('there is no such house');
    await expect(command('links add', owner.username, 'partner', sub)).rejects.toThrow('an account of their own');
    await scene.gateway.command('links add', [owner.username, 'partner', sub], { instead: true });
    // What was open of the other account has ended, and the house opens this one.
    expect(asksPassword(await browser.begin('courses'))).toBe(true);
    const again = visitor(owner);
    await enterBy(again, 'library');
    expect(await again.subject('library')).toBe(await owner.subject('library'));
    expect(await again.subject('library')).not.toBe(before);
    await expect(command('links add', owner.username, 'partner', 'another')).rejects.toThrow('too-many-methods');
    const other = await scene.newcomer();
    await other.enter('library');
    await expect(command('links add', other.username, 'partner', sub)).rejects.toThrow('is linked already');
  });
});

it('commands take nobody for somebody else whom another house calls the same', async () => {
  const owner = await scene.member();
  const name = there({ preferred_username: 'namesake' });
  await enterBy(visitor(owner), 'library');
  expect(await command('links list', 'namesake')).toHaveLength(1);
  await enterBy(visitor(owner), 'library', 'quiet');
  const both = 'namesake could be partner: namesake, quiet: namesake';
  for (const said of [
    ['links add', 'namesake', 'quiet', `${name}-other`],
    ['links list', 'namesake'],
    ['methods list', 'namesake'],
  ])
    await expect(command(...(said as [string, ...string[]]))).rejects.toThrow(both);
  // Who has a password here under a name is whom it means.
  partner.next.claims.preferred_username = owner.username;
  await enterBy(visitor(owner), 'library');
  await command('links add', owner.username, 'quiet', 'somebody');
  expect(await command('links list', owner.username)).toHaveLength(2);
});

describe('linking', () => {
  it('by operators alone is offered to nobody, and never at all not by them either', async () => {
    const owner = await scene.member();
    const page = await visitAccount(scene, owner, '/account');
    expect(page.text).toContain('Link: Partner Hospital');
    expect(page.text).not.toMatch(/Link: (Quiet|Shut) House/);
    for (const path of ['quiet', 'quiet/leave', 'shut', 'shut/leave']) {
      expect((await visitAccount(scene, owner, `/account/links/add/${path}`)).url.pathname).toBe('/account');
    }
    await command('links add', owner.username, 'quiet', 'whoever');
    expect((await visitAccount(scene, owner, '/account')).text).toMatch(/Quiet House whoever linked/i);
    await expect(command('links add', owner.username, 'shut', 'whoever')).rejects.toThrow('linking is never');
  });
});

it('a session that ends at the house ends what came by a link, and nothing else', async () => {
  const owner = await scene.member();
  const sub = there({ sid: 'of-the-link' });
  await link(scene, owner);
  const [one, other] = [visitor(owner), visitor(owner)];
  await enterBy(one, 'library');
  partner.next.claims.sid = 'another';
  await enterBy(other, 'library');
  const tell = async (claims: Record<string, unknown>) => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const usual = { iss: partner.issuer, aud: 'sallyport', iat: now(), jti: randomUUID(), events };
    const call = new Client({ headers: { origin: undefined, 'sec-fetch-site': undefined } });
    const body = { logout_token: await partner.sign({ ...usual, ...claims }) };
    return (await call.post(`${scene.gateway.url}/return/directories/partner/logout`, body)).status;
  };
  expect(await tell({ sid: 'of-the-link' })).toBe(200);
  expect(asksPassword(await one.begin('library'))).toBe(true);
  expect((await other.begin('library')).url.pathname).toBe('/library');
  expect(await tell({ sub })).toBe(200);
  expect(asksPassword(await other.begin('library'))).toBe(true);
  expect((await owner.begin('library')).url.pathname).toBe('/library');
});

it('policy explain says what a linked house said, and what that counts as', async () => {
  const owner = await scene.member();
  there({ amr: ['otp', 'unheard-of'] });
  await link(scene, owner);
  await enterBy(visitor(owner), 'library');
  const explain = async () =>
    (await scene.gateway.command('policy explain', [], { account: owner.username, application: 'courses' })).join('\n');
  await expect
    .poll(explain)
    .toMatch(/Linked since .*, directories\.partner \(Partner Hospital\): its table makes mfa at most/);
  await expect.poll(explain).toContain('That counts as knowledge and possession, by line 1 of the table.');
  expect(await explain()).toContain('Nothing is made of amr=unheard-of.');
});

describe('once the house hasn’t said for so long that somebody is there', () => {
  it('nothing of theirs goes on: session, and what their account set up; and all does once it has', async () => {
    there({ amr: ['otp'] });
    const someone = visitor(await scene.newcomer());
    await enterBy(someone, 'courses');
    const before = await someone.subject('courses');
    expect(before).toBeDefined();
    scene.clock.advance(0.5 * HOURS);
    expect((await someone.begin('library')).url.pathname).toBe('/library');
    scene.clock.advance(0.75 * HOURS);
    const page = await someone.begin('payroll');
    expect(page.url.origin).toBe(scene.gateway.url);
    // The house doesn't let them in any more.
    partner.next.says = () => ({ error: 'access_denied' });
    const told = await enterBy(visitor(someone), 'payroll');
    expect(told.text).toContain('without signing in there');
    expect(asksPassword(await someone.begin('library'))).toBe(true);
    delete partner.next.says;
    partner.next.claims.auth_time = now();
    await enterBy(someone, 'courses');
    expect(await someone.subject('courses')).toBe(before);
  });

  it('what came by a link ends, and the account’s own way in doesn’t', async () => {
    const owner = await scene.member();
    there({ amr: ['otp'] });
    await link(scene, owner);
    const browser = visitor(owner);
    await enterBy(browser, 'courses');
    scene.clock.advance(1.1 * HOURS);
    expect(asksPassword(await browser.begin('library'))).toBe(true);
    const shown = await visitAccount(scene, owner, '/account');
    expect(shown.url.pathname).toBe('/account');
  });
});
