import { describe, expect, it, vi } from 'vitest';
import { openMethods } from '../../test/support/methods.ts';
import { MINUTE, START } from '../../test/support/sign-in.ts';
import { createHolds } from '../accounts/holds.ts';
import type { AuditEvent } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import type { Reported } from '../core/reported.ts';
import { createEnding } from '../methods/ending.ts';
import { createReports } from './reports.ts';

const SIGN_IN: Reported = { what: 'sign-in', at: START - MINUTE, application: 'courses', ip: '192.0.2.7' };
const BY = { by: 'owner', ip: '192.0.2.1' };
const MANY = 100;

async function fixture() {
  const events: AuditEvent[] = [];
  const did: string[] = [];
  const faults: { audit: boolean | string } = { audit: false };
  const hang = { audit: false };
  const audit = {
    commit: async (event: AuditEvent) => {
      if (hang.audit) await new Promise(() => {});
      if (faults.audit === true || faults.audit === event.event)
        throw new SallyportError('ERR_STORE_UNAVAILABLE', 'the audit is away');
      events.push(event);
      did.push(event.event);
    },
    note: (event: AuditEvent) => void events.push(event),
  };
  const { durable, clock, deps, credentials, devices, methods } = await openMethods({
    audit,
    async revoke(account) {
      did.push(`forget ${account}`);
      return 0;
    },
  });
  const holds = createHolds(deps);
  const endSessions = async (account: string, except?: string) =>
    void did.push(`end ${account}${except === undefined ? '' : ` but ${except}`}`);
  const endEverything = createEnding({ ...deps, endSessions }, { devices });
  const reports = createReports(deps, { holds, endEverything, credentials, methods });
  return { durable, clock, events, credentials, did, faults, hang, holds, reports };
}

describe('a report', () => {
  it('is in the audit before anything ends, and ends everything', async () => {
    const { reports, holds, did, durable, events, clock } = await fixture();
    await reports.make('alice', SIGN_IN, BY, { keep: 'session' });
    expect(did).toEqual(['report.made', 'hold.placed', 'forget alice', 'end alice but session']);
    expect(await holds.of('alice')).toEqual({ account: 'alice', reason: 'report', at: clock.now() });
    expect(await durable.accounts.byId('alice')).toMatchObject({ revokedBefore: clock.now(), generation: 1 });
    expect(events[0]).toMatchObject({ account: 'alice', by: 'owner', reported: SIGN_IN });
  });

  it('that can’t be audited ends nothing', async () => {
    const { reports, faults, did, holds } = await fixture();
    faults.audit = true;
    await expect(reports.make('alice', SIGN_IN, BY)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    expect(did).toEqual([]);
    expect(await holds.of('alice')).toBeUndefined();
  });

  it('made a hundred times at once is one, and each returns once the account is held', async () => {
    const { reports, holds, events } = await fixture();
    const seen = await Promise.all(
      Array.from({ length: MANY }, async () => {
        const id = await reports.make('alice', SIGN_IN, BY);
        return [id, (await holds.of('alice'))?.reason];
      }),
    );
    expect(new Set(seen.map(([, reason]) => reason))).toEqual(new Set(['report']));
    expect(new Set(seen.map(([id]) => id)).size).toBe(1);
    expect(await reports.list({ limit: MANY })).toHaveLength(1);
    expect(events.map(({ event }) => event).sort()).toEqual(['hold.placed', 'report.made']);
  });

  it('made again later does nothing more, so that a page sent twice holds nobody twice', async () => {
    const { reports, holds, did, clock } = await fixture();
    const first = await reports.make('alice', SIGN_IN, BY);
    await holds.release('alice');
    clock.pass(MINUTE);
    const before = did.length;
    expect(await reports.make('alice', SIGN_IN, BY)).toBe(first);
    expect(did).toHaveLength(before);
    expect(await holds.of('alice')).toBeUndefined();
    expect(await reports.make('alice', { ...SIGN_IN, at: START }, BY)).not.toBe(first);
    expect(await holds.of('alice')).toBeDefined();
  });

  it('that was cut short is made anew by the next one', async () => {
    const { reports, faults, did, holds } = await fixture();
    faults.audit = true;
    await expect(reports.make('alice', SIGN_IN, BY)).rejects.toThrow();
    faults.audit = false;
    await reports.make('alice', SIGN_IN, BY);
    expect(await holds.of('alice')).toBeDefined();
    expect(did.slice(0, 2)).toEqual(['report.made', 'hold.placed']);
    expect(await reports.list({ limit: 10 })).toHaveLength(1);
  });

  it.each(['hold.placed', 'credential.suspended'])('made again tells %s, which was refused', async (event) => {
    const { reports, faults, events, credentials, clock, did } = await fixture();
    const phone = await credentials.add('alice', 'phone', 'phone', 1);
    const about = { ...SIGN_IN, at: clock.now() };
    const make = () => reports.make('alice', about, BY, { suspending: true });
    faults.audit = event;
    await expect(make()).rejects.toThrow();
    faults.audit = false;
    clock.pass(MINUTE);
    did.length = 0;
    await make();
    await make();
    const rows = events.filter((one) => one.event === event);
    expect(rows).toMatchObject([{ account: 'alice', by: 'owner', doneAt: new Date(START).toISOString() }]);
    expect((await credentials.ofAccount('alice')).filter((one) => one.suspendedAt)).toMatchObject([{ id: phone }]);
    // What rests on the method ends then as well.
    expect(did.filter((it) => it === 'forget alice').length).toBeGreaterThan(1);
  });

  it('that nobody finished is acted on at once, and audited when whoever began it is surely gone', async () => {
    const { reports, holds, events, clock, hang } = await fixture();
    hang.audit = true;
    void reports.make('alice', SIGN_IN, BY);
    await vi.waitFor(async () => expect(await reports.list({ limit: 1 })).toHaveLength(1), { timeout: 20_000 });
    hang.audit = false;
    await reports.make('alice', SIGN_IN, BY);
    expect(await holds.of('alice')).toBeDefined();
    expect(events.map(({ event }) => event)).toEqual(['hold.placed']);
    clock.pass(2 * MINUTE);
    await reports.make('alice', SIGN_IN, BY);
    expect(events.map(({ event }) => event)).toEqual(['hold.placed', 'report.made']);
  });

  it('is listed newest first, by account, and open or handled', async () => {
    const { reports, clock } = await fixture();
    const ids: string[] = [];
    for (const [at, account] of ['alice', 'bob', 'alice'].entries()) {
      ids.push(await reports.make(account, { ...SIGN_IN, at: START + at }, BY));
      clock.pass(1);
    }
    const idsOf = async (options: Parameters<typeof reports.list>[0]) =>
      (await reports.list(options)).map(({ id }) => id);
    expect(await idsOf({ limit: 10 })).toEqual([ids[2], ids[1], ids[0]]);
    expect(await idsOf({ limit: 2 })).toEqual([ids[2], ids[1]]);
    expect(await idsOf({ account: 'alice', limit: 10 })).toEqual([ids[2], ids[0]]);
    await reports.handle(ids[2] ?? '', 'agent', 'called');
    expect(await idsOf({ account: 'alice', open: true, limit: 10 })).toEqual([ids[0]]);
    expect(await idsOf({ open: false, limit: 10 })).toEqual([ids[2]]);
  });

  it('is handled once, with who, when and why', async () => {
    const { reports, events, clock } = await fixture();
    const id = await reports.make('alice', SIGN_IN, BY);
    clock.pass(MINUTE);
    const all = Array.from({ length: MANY }, (_, at) => reports.handle(id, `agent${at}`, 'called back'));
    const done = await Promise.allSettled(all);
    expect(done.filter((it) => it.status === 'fulfilled' && it.value)).toHaveLength(1);
    const [report] = await reports.list({ limit: 1 });
    expect(report?.handled).toMatchObject({ at: clock.now(), reason: 'called back' });
    const told = events.filter(({ event }) => event === 'report.handled');
    expect(told).toMatchObject([{ account: 'alice', report: id, by: report?.handled?.by, reason: 'called back' }]);
    expect(await reports.handle('nothing', 'agent', 'x')).toBe(false);
  });
});

describe('methods that whoever it was may have added', () => {
  const THEIRS = { ip: '192.0.2.7', userAgent: 'Theirs' };
  const BEFORE = 10 * MINUTE;

  /** Methods in the order of their making, one a minute: the third from the other browser, in its sign-in. */
  async function added() {
    const it = await fixture();
    const { credentials, clock, durable } = it;
    clock.pass(BEFORE);
    for (const [at, ip] of ['192.0.2.1', '192.0.2.1', '192.0.2.7', '192.0.2.1'].entries()) {
      const credential = await credentials.add('alice', 'phone', `phone ${at}`, at);
      const userAgent = ip === THEIRS.ip ? THEIRS.userAgent : 'Ours';
      const entry = { id: `e${at}`, node: 'n', sequence: at + 1, at: clock.now(), event: 'credential.added', hash: '' };
      await durable.audit.append([{ ...entry, account: 'alice', detail: { ip, userAgent, credential } }]);
      clock.pass(MINUTE);
    }
    const standing = async () => (await credentials.ofAccount('alice')).filter((one) => one.suspendedAt === undefined);
    const names = async () => (await standing()).map(({ name }) => name).sort();
    const about: Reported = { what: 'sign-in', at: START + BEFORE + 2.5 * MINUTE, ...THEIRS };
    return { ...it, names, about };
  }

  it('are suspended by the report of a completed sign-in, those of its own time too, and audited once', async () => {
    const { reports, names, about, events } = await added();
    expect((await reports.suspects('alice', about)).map(({ name }) => name).sort()).toEqual(['phone 2', 'phone 3']);
    await Promise.all(Array.from({ length: 10 }, () => reports.make('alice', about, BY, { suspending: true })));
    expect(await names()).toEqual(['phone 0', 'phone 1']);
    expect(events.filter(({ event }) => event === 'credential.suspended')).toHaveLength(2);
  });

  it('stay where it was not completed: nobody was in', async () => {
    const { reports, names, about } = await added();
    await reports.make('alice', about, BY);
    expect(await names()).toHaveLength(4);
  });

  it('stay where they were there before it, from whatever browser', async () => {
    const { reports, names, about } = await added();
    await reports.make('alice', { ...about, at: START + 2 * 60 * MINUTE }, BY, { suspending: true });
    expect(await names()).toHaveLength(4);
  });

  it('stay where it is too long ago to be reported, and nothing else happens', async () => {
    const { reports, names, about, clock, did } = await added();
    clock.pass(31 * 24 * 60 * MINUTE);
    const before = did.length;
    await expect(reports.make('alice', about, BY, { suspending: true })).rejects.toMatchObject({ code: 'ERR_INPUT' });
    expect(await names()).toHaveLength(4);
    expect(did).toHaveLength(before);
  });
});

describe('a hold', () => {
  it('is placed once, stands until it is released, and can be placed again', async () => {
    const { holds, events, clock } = await fixture();
    await Promise.all(Array.from({ length: MANY }, () => holds.place('alice', 'report')));
    clock.pass(MINUTE);
    await holds.place('alice', 'other');
    expect(await holds.of('alice')).toMatchObject({ reason: 'report', at: START });
    expect(await holds.of('bob')).toBeUndefined();
    const released = await Promise.all(Array.from({ length: 5 }, () => holds.release('alice', { by: 'agent' })));
    expect(released.filter(Boolean)).toHaveLength(1);
    expect(await holds.standing('alice')).toEqual({ since: clock.now() });
    await holds.place('alice', 'other');
    expect(events.map(({ event }) => event)).toEqual(['hold.placed', 'hold.released', 'hold.placed']);
  });

  it('that was placed since the password was changed outlasts that change', async () => {
    const { holds, clock } = await fixture();
    await holds.place('alice', 'report');
    const before = await holds.of('alice');
    await holds.release('alice');
    clock.pass(1);
    await holds.place('alice', 'report');
    await holds.renewed('alice', clock.now(), before, {});
    expect(await holds.of('alice')).toBeDefined();
    await holds.renewed('alice', clock.now(), await holds.of('alice'), {});
    expect(await holds.standing('alice')).toEqual({ since: clock.now() });
  });

  it('tells proofs from before a change of the password, held or not', async () => {
    const { holds, events } = await fixture();
    await holds.renewed('bob', START + 7, undefined, {});
    expect(await holds.standing('bob')).toEqual({ since: START + 7 });
    expect(events).toEqual([]);
  });
});
