import { describe, expect, it } from 'vitest';
import type { Refused } from '../../../core/challenge.ts';
import type { Assigned } from '../../../core/factor-powers.ts';
import type { Data } from '../schemas.ts';
import { desk, heldBy, run } from './testing/desk.ts';
import { hotp } from './testing/tokens.ts';

async function scene() {
  const all = desk();
  await all.tokens.insert(hotp('H-1'));
  const give = async (account = all.alice, typed = 'H-1') => {
    const given = await all.factor.assigns?.assign(account, heldBy(all, account), typed);
    if (given === undefined) throw new Error('nothing can be assigned');
    return given;
  };
  const holder = async () => (await all.tokens.get('H-1'))?.token.holder?.username;
  return { ...all, all, give, holder };
}

const reason = (given: Assigned<Data> | Refused) => (given.outcome === 'refused' ? given.reason : given.outcome);

describe('assigning a token by its number', () => {
  it('makes it somebody’s, however the number is typed, with a key that finds it', async () => {
    const { give, holder, factor } = await scene();
    const given = await give(undefined, ' h- 1 ');
    expect(given).toMatchObject({ outcome: 'assigned', data: { serial: 'H-1', digits: 6 }, lookup: ['token:H-1'] });
    expect(factor.assigns?.lookupOf('h-1 ')).toBe('token:H-1');
    expect(factor.assigns?.lookupOf('no such number!')).toBeUndefined();
    expect(await holder()).toBe('alice');
  });

  it('says why not', async () => {
    const { all, give, bob } = await scene();
    expect(reason(await give(undefined, 'H-2'))).toBe('none');
    expect(reason(await give(undefined, ''))).toBe('none');
    await run(all, 'tokens assign', ['H-1', 'alice']);
    expect(reason(await give())).toBe('theirs');
    expect(reason(await give(bob))).toBe('taken');
  });

  it('gives it to one of a hundred who get it at once', async () => {
    const { all, give, bob, alice } = await scene();
    const given = await Promise.all(Array.from({ length: 100 }, (_, at) => give(at % 2 ? alice : bob)));
    expect(given.filter(({ outcome }) => outcome === 'assigned')).toHaveLength(1);
    expect(all.credentials).toEqual([]);
  });

  it('frees it again where it couldn’t be kept, unless it was theirs before', async () => {
    const { give, holder, bob } = await scene();
    const given = await give();
    if (given.outcome === 'assigned') await given.release();
    expect(await holder()).toBeUndefined();
    expect(reason(await give(bob))).toBe('assigned');
    const again = await give(bob);
    if (again.outcome === 'assigned') await again.release();
    expect(await holder()).toBe('bob');
  });
});
