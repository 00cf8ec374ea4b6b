import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, allTold, changes, isOver, note, PATIENCE, settle, type Walk } from './walk.ts';

const walkOf = (count: number): Walk => ({
  account: 'person',
  next: '/',
  stops: Array.from({ length: count }, (_, at) => ({
    application: `a${at}`,
    index: `i${at}`,
    state: 'waiting' as const,
  })),
});

/** What may happen, in any order: time passes, a page is loaded, the link followed, an answer comes. */
const happening = fc.oneof(
  fc.record({ what: fc.constant('time' as const), by: fc.integer({ min: 0, max: 2 * PATIENCE }) }),
  fc.record({ what: fc.constantFrom('page' as const, 'link' as const), by: fc.constant(0) }),
  fc.record({ what: fc.constantFrom('yes' as const, 'no' as const), by: fc.integer({ min: 0, max: 4 }) }),
);

describe('a walk', () => {
  it('has at most one under way, whatever happens, and loses none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(happening, { maxLength: 30 }), (count, events) => {
        let walk = walkOf(count);
        let now = 0;
        for (const { what, by } of events) {
          if (what === 'time') now += by;
          if (what === 'page') walk = settle(walk, now);
          if (what === 'link') walk = advance(walk, now).walk;
          if (what === 'yes') walk = note(walk, { index: `i${by}` }, 'told');
          if (what === 'no') walk = note(walk, { index: `i${by}` }, 'unreached');
          expect(walk.stops.filter(({ state }) => state === 'telling').length).toBeLessThan(2);
          expect(walk.stops.map(({ application }) => application)).toEqual(
            walkOf(count).stops.map((it) => it.application),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it('comes to its end by the link alone, whoever answers', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), (answering) => {
        let walk = walkOf(answering.length);
        let now = 0;
        for (const [at, answers] of answering.entries()) {
          walk = advance(walk, now).walk;
          if (answers) walk = note(walk, { index: `i${at}` }, 'told');
          now += PATIENCE;
        }
        expect(advance(walk, now).stop).toBeUndefined();
        expect(isOver(settle(walk, now))).toBe(true);
        expect(allTold(settle(walk, now))).toBe(answering.every(Boolean));
      }),
      { numRuns: 100 },
    );
  });

  it('says each fate when it is decided, and when it turns out otherwise', () => {
    const begun = advance(walkOf(2), 0).walk;
    const lost = settle(begun, PATIENCE);
    expect(changes(begun, lost)).toEqual([{ application: 'a0', fate: 'unreached' }]);
    expect(changes(lost, settle(lost, PATIENCE))).toEqual([]);
    expect(changes(lost, note(lost, { index: 'i0' }, 'told'))).toEqual([{ application: 'a0', fate: 'told' }]);
  });
});
