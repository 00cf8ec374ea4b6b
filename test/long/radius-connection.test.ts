import { describe, expect, it } from 'vitest';
import { TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { integer } from '../../src/doors/radius/codec/packet.ts';
import { Client } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { accountOf, appHolder } from '../support/holders.ts';
import { visitAccount } from '../support/issued.ts';
import { reportThief } from '../support/not-me.ts';
import { asksCode } from '../support/scene.ts';
import { STATUS } from '../support/vpn.ts';
import { BARE, OPEN, OTHER, vpnStage } from '../support/vpn-scene.ts';

const { scene, at, vpn, session, browserAt, asked, connected } = vpnStage();

describe('a second factor at the VPN', () => {
  it('counts for a browser of the same account that comes through it, as mfa, and is told', async () => {
    const { someone, framed } = await connected();
    expect(await asked(someone, '198.51.100.7')).toBe(true);
    const browser = browserAt(someone, framed);
    await browser.enter('courses');
    const { claims } = ((await browser.claims('courses')) ?? {}) as { claims?: Record<string, unknown> };
    expect(claims).toMatchObject({ acr: 'https://refeds.org/profile/mfa', amr: ['mfa', 'pwd'] });
    const account = await accountOf(scene, someone);
    const row = scene.audit().find(({ event, account: of }) => event === 'connection.counted' && of === account);
    expect(row?.application).toBe('courses');
    expect(JSON.parse(row?.detail ?? '{}')).toMatchObject({ by: 'vpn', ip: framed, proven: expect.any(String) });
  });
});

describe('whoever', () => {
  it('only says that they come from there, to a gateway that doesn’t trust them, is asked', async () => {
    const { someone, framed } = await connected();
    const liar = scene.elsewhere(someone, new Client({ headers: { 'x-forwarded-for': framed } }));
    expect(asksCode(await liar.enter('courses'))).toBe(true);
  });

  it('comes from there with another account is asked', async () => {
    const { framed } = await connected();
    expect(await asked(await appHolder(scene), framed)).toBe(true);
  });

  it('isn’t at the address of a session, but near it, is asked', async () => {
    const { someone } = await connected(vpn(), { framed: '10.8.0.5' });
    for (const address of ['10.8.0.6', '::ffff:10.8.0.6', '10.8.0.5:80', '2001:db8:8::5']) {
      expect(await asked(someone, address), address).toBe(true);
    }
    expect(await asked(someone, '::ffff:10.8.0.5')).toBe(false);
  });

  it('has an IPv6 address or network there isn’t asked, and beside it is', async () => {
    const address = Buffer.from('20010db8000800010000000000000007', 'hex');
    const network = Buffer.from('004020010db800080002', 'hex');
    const more = [
      { type: TYPE.framedIpv6Address, value: address },
      { type: TYPE.framedIpv6Prefix, value: network },
    ];
    const { someone } = await connected(vpn(), { more });
    expect(await asked(someone, '2001:db8:8:1::7')).toBe(false);
    expect(await asked(someone, '2001:db8:8:2:aaaa::1')).toBe(false);
    expect(await asked(someone, '2001:db8:8:1::8')).toBe(true);
    expect(await asked(someone, '2001:db8:8:3::1')).toBe(true);
  });

  it('is at a shared machine is asked', async () => {
    const { someone } = await connected(vpn(), { framed: '10.8.0.250' });
    expect(await asked(someone, '10.8.0.250')).toBe(true);
  });
});

describe('an address that two live sessions claim', () => {
  it('counts for neither, whoever they are, and for the later one once the earlier is overdue', async () => {
    const first = await connected();
    const second = await connected(vpn(), { framed: first.framed });
    expect(await asked(first.someone, first.framed)).toBe(true);
    expect(await asked(second.someone, first.framed)).toBe(true);
    scene.clock.advance(16 * MINUTES);
    await vpn().tell(STATUS.interim, second.someone.username, { ...second, lasted: 960 });
    expect(await asked(second.someone, first.framed)).toBe(false);
    expect(await asked(first.someone, first.framed)).toBe(true);
  });

  it('counts for nobody where the other is a stranger’s', async () => {
    const { someone, framed } = await connected();
    await vpn().tell(STATUS.start, 'nobody-here', { id: `${framed} again`, framed });
    expect(await asked(someone, framed)).toBe(true);
  });

  it('counts for nobody where both are the same person’s', async () => {
    const { someone, framed } = await connected();
    await vpn().signIn(someone);
    await vpn().tell(STATUS.start, someone.username, { ...session(), framed });
    expect(await asked(someone, framed)).toBe(true);
  });
});

describe('accounting', () => {
  it('must go on: an interim update that is overdue ends it, until the next', async () => {
    const { someone, ...its } = await connected();
    scene.clock.advance(14 * MINUTES);
    expect(await asked(someone, its.framed)).toBe(false);
    scene.clock.advance(2 * MINUTES);
    expect(await asked(someone, its.framed)).toBe(true);
    await vpn().tell(STATUS.interim, someone.username, { ...its, lasted: 16 * 60 });
    expect(await asked(someone, its.framed)).toBe(false);
  });

  it('for longer than the rule allows counts no more', async () => {
    const { someone, ...its } = await connected();
    scene.clock.advance(12 * 60 * MINUTES);
    await vpn().tell(STATUS.interim, someone.username, { ...its, lasted: 12 * 3_600 });
    expect(await asked(someone, its.framed)).toBe(true);
  });

  it('that is played back shows no life: an interim update, a Start after its Stop', async () => {
    const { someone, ...its } = await connected();
    scene.clock.advance(5 * MINUTES);
    const recorded = await vpn().tell(STATUS.interim, someone.username, { ...its, lasted: 300 });
    // The same octets, when nobody remembers any more that they were answered.
    scene.clock.advance(16 * MINUTES);
    await vpn().replay(recorded);
    expect(await asked(someone, its.framed)).toBe(true);
    await vpn().tell(STATUS.interim, someone.username, { ...its, lasted: 21 * 60 });
    expect(await asked(someone, its.framed)).toBe(false);
    await vpn().tell(STATUS.stop, someone.username, { ...its, lasted: 22 * 60 });
    scene.clock.advance(2 * MINUTES);
    await vpn().replay(recorded);
    expect(await asked(someone, its.framed)).toBe(true);
  });

  it('out of order: a Start behind its Stop begins nothing, and nothing is shown of it', async () => {
    const someone = await appHolder(scene);
    const its = session();
    await vpn().signIn(someone);
    await vpn().tell(STATUS.stop, someone.username, its);
    await vpn().tell(STATUS.start, someone.username, its);
    expect(await asked(someone, its.framed)).toBe(true);
    const page = await someone.client.open(`${scene.gateway.url}/account`);
    expect(page.text).not.toContain('Connected now');
  });

  it('of a machine that restarted ends all that it had', async () => {
    const { someone, framed } = await connected();
    await vpn().replay(vpn().packet(STATUS.on, []));
    expect(await asked(someone, framed)).toBe(true);
  });

  it('is of the client’s own pool, or counts for nothing', async () => {
    const other = await at(OTHER);
    const { someone, ...its } = await connected(other, { framed: '10.8.0.9' });
    expect(await asked(someone, '10.8.0.9')).toBe(true);
    // In another's name neither begins a session there, nor keeps one alive or ends it.
    await vpn().signIn(someone);
    await vpn().tell(STATUS.start, someone.username, its);
    await other.tell(STATUS.stop, someone.username, its);
    expect(await asked(someone, '10.8.0.9')).toBe(false);
    const bare = await connected(await at(BARE), { framed: '10.8.0.8' });
    expect(await asked(bare.someone, '10.8.0.8')).toBe(true);
  });

  it('of a client that anybody could write for counts for nothing', async () => {
    const { someone, framed } = await connected(await at(OPEN), { framed: '10.9.0.7' });
    expect(await asked(someone, framed)).toBe(true);
  });

  it('is late by what it says itself', async () => {
    const someone = await appHolder(scene);
    const its = session();
    await vpn().signIn(someone);
    scene.clock.advance(20 * MINUTES);
    const delayed = { ...its, more: [integer(TYPE.acctDelayTime, 20 * 60)] };
    await vpn().tell(STATUS.start, someone.username, delayed);
    expect(await asked(someone, its.framed)).toBe(true);
    await vpn().tell(STATUS.interim, someone.username, { ...its, lasted: 20 * 60 });
    expect(await asked(someone, its.framed)).toBe(false);
  });
});

describe('the sign-in that a session began with', () => {
  it('showed a second factor, or nothing counts: also of who has the password and is on campus', async () => {
    const someone = await appHolder(scene);
    const [thiefs, owners] = [session(), session()];
    const campus = '192.0.2.77';
    await vpn().signIn(someone, campus);
    await vpn().signIn(someone);
    await vpn().tell(STATUS.start, someone.username, { ...thiefs, station: campus });
    await vpn().tell(STATUS.start, someone.username, owners);
    expect(await asked(someone, thiefs.framed)).toBe(true);
    expect(await asked(someone, owners.framed)).toBe(false);
  });

  it('can’t be told from one by password alone that waits for its session', async () => {
    const someone = await appHolder(scene);
    const its = session();
    await vpn().signIn(someone, '192.0.2.77');
    await vpn().signIn(someone);
    await vpn().tell(STATUS.start, someone.username, its);
    expect(await asked(someone, its.framed)).toBe(true);
  });

  it('was a moment before, from the same station, and is one session’s', async () => {
    const someone = await appHolder(scene);
    const [late, elsewhere, one, again] = [session(), session(), session(), session()];
    await vpn().signIn(someone);
    await vpn().tell(STATUS.start, someone.username, { ...elsewhere, station: '203.0.113.99' });
    expect(await asked(someone, elsewhere.framed)).toBe(true);
    await vpn().tell(STATUS.start, someone.username, one);
    await vpn().tell(STATUS.start, someone.username, again);
    expect(await asked(someone, one.framed)).toBe(false);
    expect(await asked(someone, again.framed)).toBe(true);
    await vpn().signIn(someone);
    scene.clock.advance(11 * MINUTES);
    await vpn().tell(STATUS.start, someone.username, late);
    expect(await asked(someone, late.framed)).toBe(true);
  });
});

describe('policy', () => {
  it.each([
    ['doesn’t speak of connections', 'students', 'payroll'],
    ['asks at every sign-in', 'strict', 'courses'],
    ['says never', 'never', 'courses'],
  ])('that %s asks', async (_, groups, application) => {
    const { someone, framed } = await connected(vpn(), { groups });
    expect(await asked(someone, framed, application)).toBe(true);
  });

  it('that asks for more than mfa isn’t satisfied', async () => {
    const { someone, framed } = await connected(vpn(), { groups: 'ward' });
    const browser = browserAt(someone, framed);
    const page = await browser.enter('payroll');
    expect(page.text).toMatch(/needs a method that you haven’t set up/);
  });
});

describe('what ends everything of an account', () => {
  it('ends this: signed out everywhere', async () => {
    const { someone, framed } = await connected();
    expect(await asked(someone, framed)).toBe(false);
    await visitAccount(scene, someone, '/account/sign-out-everywhere');
    const page = await someone.client.open(`${scene.gateway.url}/account/sign-out-everywhere`);
    await someone.client.follow(await someone.client.submit(page, {}, { action: '/account/sign-out-everywhere' }));
    expect(await asked(someone, framed)).toBe(true);
  });

  it('ends this: a report, and the method that was shown removed', async () => {
    const reported = await connected();
    await reportThief(scene, reported.someone);
    expect(await asked(reported.someone, reported.framed)).toBe(true);
    const { someone, framed } = await connected();
    const [, line = ''] = await scene.gateway.command('methods list', [someone.username]);
    await scene.gateway.command('methods remove', [someone.username, line.split(/\s+/)[0] ?? ''], { reason: 'lost' });
    const browser = browserAt(someone, framed);
    await browser.enter('courses');
    expect(await browser.claims('courses')).toBeUndefined();
  });
});
