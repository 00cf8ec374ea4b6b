import { describe, expect, it } from 'vitest';
import { DAY, EPHEMERAL, MINUTE } from '../../test/support/sign-in.ts';
import { devicesFixture, valuesOf } from './trusted-devices.fixtures.ts';

describe.each(EPHEMERAL)('remembered devices whose cookie was copied, in %s', (store) => {
  const fixture = () => devicesFixture(store);

  it('stay where they are, whichever account signs in with the copy, and the copy shows itself', async () => {
    const { clock, devices, events, remembered, visit, copyOf } = await fixture();
    const owner = await remembered('alice');
    const [before] = await devices.list('alice');
    clock.pass(DAY);
    const thief = copyOf(owner);
    await remembered('mallory', 'key', thief);
    expect((await devices.list('alice')).map(({ id }) => id)).toEqual([before?.id]);
    const mallorys = copyOf(thief);
    for (const series of owner.jar.devices.keys()) mallorys.jar.devices.delete(series);
    expect(await visit('mallory', mallorys)).toBe(true);
    expect(await visit('alice', mallorys)).toBe(false);
    // The thief's cookie was renewed meanwhile: whoever of the two comes next, the other's is stale.
    clock.pass(DAY);
    expect(await visit('alice', owner)).toBe(true);
    clock.pass(MINUTE + 1);
    expect(await visit('alice', owner)).toBe(true);
    clock.pass(MINUTE + 1);
    expect(await visit('alice', thief)).toBe(false);
    expect(events).toMatchObject([{ event: 'device.theft', account: 'alice' }, { account: 'mallory' }]);
    expect(await devices.list('alice')).toEqual([]);
  });

  it('open no account that was added since, and show themselves', async () => {
    const { clock, events, remembered, visit, copyOf } = await fixture();
    const owner = await remembered('alice');
    clock.pass(DAY);
    const thief = copyOf(owner);
    await remembered('bob', 'key', owner);
    expect(owner.jar.devices.size).toBe(2);
    expect(await visit('bob', thief)).toBe(false);
    clock.pass(DAY);
    expect(await visit('alice', owner)).toBe(true);
    clock.pass(MINUTE + 1);
    expect(await visit('bob', thief)).toBe(false);
    expect(events).toMatchObject([{ event: 'device.theft', account: 'alice' }]);
    expect(await visit('bob', owner)).toBe(true);
  });

  it.each(['owner', 'thief'])('end, for all accounts, when the copy comes after the %s moved on', async (first) => {
    const { clock, devices, events, remembered, visit, copyOf } = await fixture();
    const owner = await remembered('bob', 'key', await remembered('alice'));
    const copy = copyOf(owner);
    const [ahead, behind] = first === 'owner' ? [owner, copy] : [copy, owner];
    for (let day = 0; day < 2; day += 1) {
      clock.pass(DAY);
      expect(await visit('alice', ahead)).toBe(true);
    }
    clock.pass(MINUTE + 1);
    expect(await visit('alice', behind)).toBe(false);
    expect(valuesOf(behind)).toEqual([]);
    expect(await visit('alice', ahead)).toBe(false);
    expect(await visit('bob', ahead)).toBe(false);
    expect([await devices.list('alice'), await devices.list('bob')]).toEqual([[], []]);
    const { ip } = behind.request();
    expect(events).toMatchObject([
      { event: 'device.theft', account: 'alice', ip },
      { event: 'device.theft', account: 'bob', ip },
    ]);
  });

  it('audit one theft for 50 stale requests at once', async () => {
    const { clock, events, remembered, visit, copyOf } = await fixture();
    const owner = await remembered();
    const copy = copyOf(owner);
    for (let day = 0; day < 2; day += 1) {
      clock.pass(DAY);
      await visit('alice', owner);
    }
    clock.pass(DAY);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => visit('alice', copy)));
    expect(outcomes).not.toContain(true);
    expect(events).toHaveLength(1);
  });

  it('notice it also where the stale cookie comes to be remembered', async () => {
    const { clock, devices, events, remembered, visit, copyOf } = await fixture();
    const owner = await remembered();
    const thief = copyOf(owner);
    for (let day = 0; day < 2; day += 1) {
      clock.pass(DAY);
      await visit('alice', thief);
    }
    clock.pass(DAY);
    await remembered('bob', 'key', owner);
    expect(events).toMatchObject([{ event: 'device.theft', account: 'alice' }]);
    expect(await visit('alice', thief)).toBe(false);
    expect(await visit('alice', owner)).toBe(false);
    expect(await visit('bob', owner)).toBe(true);
    expect(await devices.list('bob')).toHaveLength(1);
  });
});
