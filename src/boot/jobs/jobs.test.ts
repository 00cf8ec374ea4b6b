import { describe, expect, it } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import { recordingLog } from '../../../test/support/recording.ts';
import { lastDue } from './due.ts';
import { createJobs } from './index.ts';

const at = (text: string) => Date.parse(text);
const FIRST = '0 7 1 * *';

describe('when a pattern was due last', () => {
  it.each([
    ['2026-12-01T06:59:59Z', 'UTC', '2026-11-01T07:00:00Z'],
    ['2026-12-01T07:00:00Z', 'UTC', '2026-12-01T07:00:00Z'],
    ['2026-12-01T07:00:00.999Z', 'UTC', '2026-12-01T07:00:00Z'],
    // Seven in the morning there is the day before here.
    ['2026-11-30T23:00:00Z', 'Asia/Hong_Kong', '2026-11-30T23:00:00Z'],
    ['2026-11-30T22:59:59Z', 'Asia/Hong_Kong', '2026-10-31T23:00:00Z'],
    ['2027-04-15T12:00:00Z', 'Europe/London', '2027-04-01T06:00:00Z'],
  ])('at %s in %s', (now, zone, due) => {
    expect(new Date(lastDue(FIRST, zone, at(now))).toISOString()).toBe(new Date(due).toISOString());
  });
});

/** Nodes over one store, each with a job that notes when it ran; `work` is what it does. */
async function open(count: number, work: (due: number) => Promise<void> = async () => {}) {
  const { durable } = await openDurable();
  const clock = { now: at('2026-11-15T12:00:00Z') };
  const { log, lines } = recordingLog();
  const runs: string[] = [];
  const job = {
    name: 'list',
    pattern: FIRST,
    run: async (due: number) => {
      runs.push(new Date(due).toISOString().slice(0, 7));
      await work(due);
    },
  };
  const deps = { now: () => clock.now, durable, log, timeZone: 'UTC' };
  const nodes = Array.from({ length: count }, () => createJobs(deps, [job]));
  const look = async () => void (await Promise.all(nodes.map((node) => node.look())));
  return { clock, runs, look, lines, nodes, durable };
}

describe('a job', () => {
  it('is done once by any number of nodes, and not for what was due before there was one', async () => {
    const { clock, runs, look } = await open(8);
    await look();
    expect(runs).toEqual([]);
    clock.now = at('2026-12-01T07:00:00Z');
    for (let time = 0; time < 5; time += 1) await look();
    expect(runs).toEqual(['2026-12']);
  });

  it('that was due while nobody was there is done afterwards, the last one alone', async () => {
    const { clock, runs, look } = await open(2);
    await look();
    clock.now = at('2027-03-09T00:00:00Z');
    await look();
    expect(runs).toEqual(['2027-03']);
  });

  it('that failed, or whose node has gone, is begun again once its claim is over', async () => {
    let broken = true;
    const { clock, runs, look, lines } = await open(2, async () => {
      if (broken) throw new Error('away');
    });
    await look();
    clock.now = at('2026-12-01T07:00:00Z');
    await look();
    await look();
    expect(runs).toHaveLength(1);
    expect(lines).toMatchObject([{ level: 'error' }]);
    broken = false;
    clock.now += 5 * 60_000 + 1;
    await look();
    await look();
    expect(runs).toEqual(['2026-12', '2026-12']);
  });
});
