import type { AdapterPayload } from 'oidc-provider';
import { describe, expect, it } from 'vitest';
import { EPHEMERAL, openEphemeral, stoppedClock } from '../../../test/support/sign-in.ts';
import { hashOf } from './adapter.ts';
import { type Opened, reachOf, sightOf } from './session-sight.ts';
import { SessionAdapter } from './sessions.ts';

const HOUR = 3600;
const payload = (more: object = {}): AdapterPayload => ({
  uid: 'uid',
  accountId: 'alice',
  exp: 2_000_000_000,
  ...more,
});
const entered = (...clients: string[]) => ({
  authorizations: Object.fromEntries(clients.map((client) => [client, { sid: `${client}-sid` }])),
});

describe.each(EPHEMERAL)('sessions in %s', (store) => {
  async function fixture() {
    const ephemeral = await openEphemeral(store, stoppedClock().now);
    const sessions = new SessionAdapter(ephemeral, 8 * 3_600_000);
    /** What a request has in hand that came by this cookie value. */
    const open = async (id: string) => (await sessions.find(id)) as (AdapterPayload & { opened: Opened }) | undefined;
    await sessions.write('one', payload(), HOUR);
    /** Whatever lapses by itself after some seconds has lapsed. */
    const lapse = (id: string) => ephemeral.delete(`oidc:session-id:${hashOf(id)}`);
    const write = (key: string, value: string) => ephemeral.set(key, value, HOUR * 1000);
    return { sessions, open, lapse, write };
  }

  it('go by the value that took the place of the one they were opened by, and by no other', async () => {
    const { sessions, open } = await fixture();
    const first = await open('one');
    const other = await open('one');
    expect(await sessions.write('two', payload({ opened: first?.opened }), HOUR)).toEqual({
      hash: hashOf('two'),
      epoch: 2,
    });
    expect(await sessions.write('three', payload({ opened: other?.opened }), HOUR)).toMatchObject({
      late: true,
      epoch: 1,
    });
    expect(await open('three')).toBeUndefined();
    expect((await open('two'))?.opened).toEqual({ hash: hashOf('two'), epoch: 2 });
    expect((await open('one'))?.opened).toEqual({ hash: hashOf('one'), epoch: 1, late: true });
  });

  it('of 50 rotations at once one succeeds', async () => {
    const { sessions, open } = await fixture();
    const opened = (await open('one'))?.opened;
    const ids = Array.from({ length: 50 }, (_, index) => `id-${index}`);
    const written = await Promise.all(ids.map((id) => sessions.write(id, payload({ opened }), HOUR)));
    expect(written.filter(({ late }) => late !== true)).toHaveLength(1);
    const found = await Promise.all(ids.map(open));
    expect(found.filter((it) => it !== undefined)).toHaveLength(1);
  });

  it('are not moved back by a request that outlasts the seconds of its former value', async () => {
    const { sessions, open, lapse } = await fixture();
    const slow = await open('one');
    await sessions.write('two', payload({ opened: (await open('one'))?.opened }), HOUR);
    await lapse('one');
    for (const id of ['one', 'three']) {
      expect(await sessions.write(id, payload({ opened: slow?.opened }), HOUR)).toMatchObject({ late: true });
      expect(await open(id)).toBeUndefined();
    }
    expect((await sessions.findByUid('uid'))?.current).toBe(hashOf('two'));
  });

  it('take applications from who comes late, and nothing else', async () => {
    const { sessions, open } = await fixture();
    const late = await open('one');
    const before = payload({ opened: (await open('one'))?.opened, ...entered('library'), loginTs: 5 });
    await sessions.write('two', before, HOUR);
    const claims = { ...entered('library', 'wiki'), loginTs: 9, state: { secret: 'x' }, exp: 3_000_000_000 };
    await sessions.write('one', payload({ opened: late?.opened, ...claims }), 9 * HOUR);
    const after = await sessions.findByUid('uid');
    expect(after).toMatchObject({
      loginTs: 5,
      exp: 2_000_000_000,
      current: hashOf('two'),
      epoch: 2,
      ...entered('library', 'wiki'),
    });
    expect(after).not.toHaveProperty('state');
    await sessions.write('one', payload({ opened: late?.opened, accountId: 'bob', ...entered('theirs') }), HOUR);
    expect((await sessions.findByUid('uid'))?.authorizations).not.toHaveProperty('theirs');
  });

  it('that have ended or expired meanwhile are not written back', async () => {
    const { sessions, open } = await fixture();
    const held = await open('one');
    await sessions.end('uid', 'alice');
    for (const id of ['one', 'two']) {
      expect(await sessions.write(id, payload({ opened: held?.opened }), HOUR)).toMatchObject({ late: true });
      expect(await open(id)).toBeUndefined();
    }
    expect(await sessions.findByUid('uid')).toBeUndefined();
  });

  it('have no seconds of grace for a value from before somebody signed in', async () => {
    const { sessions, open } = await fixture();
    await sessions.write('planted', { uid: 'other', exp: 2_000_000_000 }, HOUR);
    const opened = (await open('planted'))?.opened;
    await sessions.write('own', payload({ uid: 'other', opened }), HOUR);
    expect(await open('planted')).toBeUndefined();
    expect(await open('own')).toMatchObject({ accountId: 'alice' });
  });

  it('that an earlier version wrote go on, and have epochs from their next value on', async () => {
    const { sessions, open, write } = await fixture();
    const old = { uid: 'old', accountId: 'alice', exp: 2_000_000_000, current: hashOf('before') };
    await write('oidc:session:{old}', JSON.stringify(old));
    await write(`oidc:session-id:${hashOf('before')}`, 'old alice');
    const opened = (await open('before'))?.opened;
    expect(opened).toEqual({ hash: hashOf('before'), epoch: 0 });
    expect(await sessions.write('after', payload({ uid: 'old', opened }), HOUR)).toEqual({
      hash: hashOf('after'),
      epoch: 1,
    });
  });

  it('show who came late what was proven before, and keep what such a request proves from all others', async () => {
    const { sessions, open } = await fixture();
    const late = await open('one');
    const opened = await sessions.write('two', payload({ opened: (await open('one'))?.opened }), HOUR);
    const former = await sessions.write('three', payload({ opened: late?.opened }), HOUR);
    expect(sightOf({ uid: 'uid', opened })).toEqual({ session: 'uid', epoch: 2 });
    expect(reachOf({ uid: 'uid', opened })).toEqual({ session: 'uid', epoch: 2 });
    expect(sightOf({ uid: 'uid', opened: former })).toEqual({ session: 'uid', epoch: 1 });
    expect(reachOf({ uid: 'uid', opened: former }).epoch).toBeGreaterThan(1_000_000);
  });
});
