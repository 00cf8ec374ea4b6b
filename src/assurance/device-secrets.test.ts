import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present, type Secrets, successorOf } from './device-secrets.ts';

const MINUTE = 60_000;
const FIRST: Secrets = { held: 'first', issued: [], retired: [] };

/** The server's part of one request: what the secret is, and the successor sent with the answer, if any. */
function server() {
  let secrets = FIRST;
  let count = 0;
  return {
    answer(secret: string, now: number): { verdict: ReturnType<typeof present>; successor?: string } {
      const verdict = present(secrets, secret, now);
      if (verdict === 'stale') return { verdict };
      count += 1;
      const successor = `secret-${count}`;
      const next = successorOf(secrets, secret, successor, now);
      secrets = next ?? secrets;
      return next ? { verdict, successor } : { verdict };
    },
    secrets: () => secrets,
  };
}

/** One request of a browser: when it is sent, how long each way takes, and whether it or its answer is lost. */
interface Trip {
  gap: number;
  there: number;
  back: number;
  lost: 'no' | 'request' | 'answer';
}

const around = (ms: number) => fc.integer({ min: ms - 500, max: ms + 500 });
const gap = fc.oneof(fc.nat(500), fc.nat(90_000), around(MINUTE), around(2 * MINUTE), fc.nat(10 * MINUTE));
const trip: fc.Arbitrary<Trip> = fc
  .record({
    gap,
    total: fc.oneof(fc.nat(1_000), fc.nat(MINUTE), fc.integer({ min: MINUTE - 500, max: MINUTE })),
    part: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    lost: fc.constantFrom('no' as const, 'no' as const, 'no' as const, 'request' as const, 'answer' as const),
  })
  .map(({ total, part, ...rest }) => {
    const there = Math.round(total * part);
    return { ...rest, there, back: total - there };
  });

/** Lets one honest browser make these requests, in parallel where they overlap; what each was taken for. */
function browse(trips: readonly Trip[]): string[] {
  const { answer } = server();
  const verdicts: string[] = [];
  let cookie = FIRST.held;
  let clock = 0;
  const events: { at: number; run(): void }[] = [];
  for (const { gap: wait, there, back, lost } of trips) {
    clock += wait;
    const sent = clock;
    const run = () => {
      const secret = cookie;
      if (lost === 'request') return;
      const arrive = () => {
        const { verdict, successor } = answer(secret, sent + there);
        verdicts.push(verdict);
        if (successor === undefined || lost === 'answer') return;
        const receive = () => {
          cookie = successor;
        };
        events.push({ at: sent + there + back, run: receive });
      };
      events.push({ at: sent + there, run: arrive });
    };
    events.push({ at: sent, run });
  }
  while (events.length > 0) {
    events.sort((a, b) => a.at - b.at);
    events.shift()?.run();
  }
  return verdicts;
}

describe('the secrets of an honest browser', () => {
  it('are never taken for stale, whatever is parallel, lost or overtaken, while no request is older than a minute', () => {
    fc.assert(
      fc.property(fc.array(trip, { maxLength: 40 }), (trips) => {
        expect(browse(trips)).not.toContain('stale');
      }),
      { numRuns: 3_000 },
    );
  });

  it('are not superseded by an answer that was sent because another was slow', () => {
    const slow = { gap: 5 * MINUTE, there: 0, back: MINUTE, lost: 'no' } as const;
    const second = { gap: MINUTE - 100, there: 200, back: 50_000, lost: 'no' } as const;
    const third = { gap: 200, there: 100, back: 100, lost: 'no' } as const;
    const later = { gap: 5 * MINUTE, there: 100, back: 100, lost: 'no' } as const;
    expect(browse([slow, second, third, later])).toEqual(['good', 'good', 'good', 'good']);
  });

  it('stay good for any number of visits whose answers are lost', () => {
    const { answer, secrets } = server();
    for (let visit = 0; visit < 50; visit += 1) expect(answer(FIRST.held, visit * 10 * MINUTE).verdict).toBe('good');
    expect(secrets().issued.length).toBeLessThanOrEqual(4);
    expect(secrets().retired.length).toBeLessThanOrEqual(2);
  });

  it('don’t pile up where each is presented at once, and stay good', () => {
    const { answer, secrets } = server();
    let secret = FIRST.held;
    for (let visit = 0; visit < 500; visit += 1) {
      const { verdict, successor } = answer(secret, visit);
      expect(verdict).toBe('good');
      secret = successor ?? secret;
    }
    expect(secrets().retired.length).toBeLessThan(12);
    // They move on as soon as there is room.
    expect(answer(secret, 2 * MINUTE).successor).toBeDefined();
  });

  it('get one successor for 100 parallel requests', () => {
    const { answer } = server();
    const answers = Array.from({ length: 100 }, () => answer(FIRST.held, 0));
    expect(answers.filter(({ successor }) => successor !== undefined)).toHaveLength(1);
  });
});

describe('a copied secret', () => {
  /** Two who hold the same cookie visit in turn; the number of the visit that is taken for stale, from 0. */
  function visits(turns: readonly { who: 'owner' | 'thief'; gap: number }[]): number {
    const { answer } = server();
    const cookies = { owner: FIRST.held, thief: FIRST.held };
    let clock = 0;
    return turns.findIndex(({ who, gap: wait }) => {
      clock += wait;
      const { verdict, successor } = answer(cookies[who], clock);
      if (successor !== undefined) cookies[who] = successor;
      return verdict === 'stale';
    });
  }

  it.each([
    ['owner', 'thief'],
    ['thief', 'owner'],
  ] as const)('is stale once the %s has moved on and a minute has passed, for the %s', (first, second) => {
    const moved = [
      { who: first, gap: 0 },
      { who: first, gap: 5 * MINUTE },
    ];
    expect(visits([...moved, { who: second, gap: MINUTE + 1 }])).toBe(2);
    expect(visits([...moved, { who: second, gap: MINUTE }])).toBe(-1);
    expect(visits([...moved, { who: second, gap: MINUTE }, { who: second, gap: 1 }])).toBe(3);
  });

  it('shows itself, whoever visits when, before both have come four times', () => {
    const turn = fc.record({
      who: fc.constantFrom('owner' as const, 'thief' as const),
      gap: fc.integer({ min: MINUTE + 1, max: 10 * MINUTE }),
    });
    const both = fc
      .array(turn, { minLength: 6, maxLength: 30 })
      .filter((turns) => ['owner', 'thief'].every((one) => turns.filter(({ who }) => who === one).length >= 3));
    fc.assert(
      fc.property(both, (turns) => {
        expect(visits(turns)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('gets no successor while it is late, and none by being tried again', () => {
    const { answer } = server();
    const { successor } = answer(FIRST.held, 0);
    answer(String(successor), 10 * MINUTE);
    for (let second = 0; second <= 60; second += 1) {
      expect(answer(FIRST.held, 10 * MINUTE + second * 1_000)).toEqual({ verdict: 'late' });
    }
    expect(answer(FIRST.held, 11 * MINUTE + 1).verdict).toBe('stale');
  });

  it('is stale if it never was one', () => {
    expect(server().answer('guessed', 0).verdict).toBe('stale');
  });
});
