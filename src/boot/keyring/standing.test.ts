import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredKey } from '../../core/store.ts';
import { nextMoment, type Standing, standingOf } from './standing.ts';

const KEEPS = 20;

/** Keys of one purpose whose times lie close together, so that they meet. */
const keys = fc
  .array(
    fc.record({
      algorithm: fc.constantFrom('RS256', 'ES256'),
      activeFrom: fc.integer({ min: 0, max: 100 }),
      retired: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined, freq: 4 }),
    }),
    { maxLength: 8 },
  )
  .map((all) =>
    all.map(
      ({ algorithm, activeFrom, retired }, at): StoredKey => ({
        ...{ id: `k${at}`, purpose: 'one', algorithm, sealed: '', createdAt: 0, activeFrom },
        ...(retired === undefined ? {} : { retiredAt: retired }),
      }),
    ),
  );
const moment = fc.integer({ min: -10, max: 140 });

const RUNS = { numRuns: 300 };
const idsOf = (standings: readonly Standing[], ...states: string[]) =>
  standings.filter(({ state }) => states.includes(state)).map(({ key }) => key.id);

describe('how keys stand', () => {
  it('is the same on every node, in whatever order it reads them', () => {
    fc.assert(
      fc.property(keys, moment, (all, now) => {
        const states = (given: StoredKey[]) =>
          new Map(standingOf(given, KEEPS, now).map(({ key, state }) => [key.id, state]));
        expect(states(all.toReversed())).toEqual(states(all));
        expect(states(all).size).toBe(all.length);
      }),
      RUNS,
    );
  });

  it('leaves one to sign for each algorithm, at any time, unless all are retired', () => {
    fc.assert(
      fc.property(keys, moment, (all, now) => {
        const usable = new Set(all.filter((key) => key.retiredAt === undefined).map(({ algorithm }) => algorithm));
        const signing = standingOf(all, KEEPS, now).filter(({ state }) => state === 'signing');
        expect(signing.map(({ key }) => key.algorithm).sort()).toEqual([...usable].sort());
      }),
      RUNS,
    );
  });

  it('publishes what signs now for as long as what it signs may live', () => {
    fc.assert(
      fc.property(keys, moment, fc.nat(KEEPS - 1), (all, now, later) => {
        const [signing, published] = [standingOf(all, KEEPS, now), standingOf(all, KEEPS, now + later)];
        const there = idsOf(published, 'next', 'signing', 'kept');
        for (const id of idsOf(signing, 'signing')) expect(there).toContain(id);
      }),
      RUNS,
    );
  });

  it('publishes what will sign before it does', () => {
    fc.assert(
      fc.property(keys, moment, fc.nat(100), (all, now, later) => {
        const there = idsOf(standingOf(all, KEEPS, now), 'next', 'signing', 'kept');
        for (const id of idsOf(standingOf(all, KEEPS, now + later), 'signing')) expect(there).toContain(id);
      }),
      RUNS,
    );
  });

  it('changes at the next moment and not before', () => {
    fc.assert(
      fc.property(keys, moment, (all, now) => {
        const told = (at: number) => standingOf(all, KEEPS, at).map(({ key, state }) => [key.id, state]);
        const next = nextMoment(standingOf(all, KEEPS, now));
        expect(next).toBeGreaterThan(now);
        if (next === Number.POSITIVE_INFINITY) expect(told(10_000)).toEqual(told(now));
        else expect(told(next - 1)).toEqual(told(now));
      }),
      RUNS,
    );
  });
});
