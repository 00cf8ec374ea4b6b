import { expect, it } from 'vitest';
import { recordingAudit, recordingLog } from '../../test/support/recording.ts';
import { openEphemeral } from '../../test/support/sign-in.ts';
import { createCap } from './cap.ts';
import type { Kind } from './notices.ts';

const DAY = 86_400_000;

async function open(broken = false) {
  const clock = { now: 1_800_000_000_000 };
  const store = await openEphemeral('embedded', () => clock.now);
  const attempt: typeof store.attempt = (...given) =>
    broken ? Promise.reject(new Error('away')) : store.attempt(...given);
  const { audit, events } = recordingAudit();
  const { log } = recordingLog();
  const room = createCap({ now: () => clock.now, ephemeral: { attempt, add: store.add }, audit, log });
  const many = async (kind: Kind, count: number) => {
    const rooms = await Promise.all(Array.from({ length: count }, () => room('alice', kind)));
    return {
      allowed: rooms.filter(({ allowed }) => allowed).length,
      last: rooms.filter(({ last, allowed }) => last && allowed).length,
    };
  };
  return { room, many, clock, events };
}

it('lets so many of a kind out in a day, of which one says that it is the last', async () => {
  const { many, clock, events } = await open();
  expect(await many('method-added', 50)).toEqual({ allowed: 10, last: 1 });
  expect(await many('method-added', 5)).toEqual({ allowed: 0, last: 0 });
  expect(events).toEqual([{ event: 'notice.capped', account: 'alice', kind: 'method-added' }]);
  clock.now += DAY;
  expect(await many('method-added', 3)).toEqual({ allowed: 3, last: 0 });
});

it('lets nobody bury what matters under what does not', async () => {
  const { many, room } = await open();
  for (const kind of ['method-renamed', 'device-remembered', 'device-removed', 'default-changed'] as const)
    await many(kind, 30);
  expect(await many('method-renamed', 1)).toEqual({ allowed: 0, last: 0 });
  for (const kind of ['password-changed', 'method-added', 'address-changed', 'place-new'] as const) {
    expect(await room('alice', kind)).toEqual({ allowed: true, last: false });
  }
  expect(await room('bob', 'method-renamed')).toEqual({ allowed: true, last: false });
});

it('tells rather too much than nothing while it can not count', async () => {
  const { many } = await open(true);
  expect(await many('password-changed', 12)).toEqual({ allowed: 12, last: 0 });
});
