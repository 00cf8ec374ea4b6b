import type { CountRow } from '../../src/core/counts.ts';
import type { DurableStore } from '../../src/core/store.ts';
import type { Agent } from '../../src/help-desk/agent.ts';
import { createSnapshots } from '../../src/statistics/snapshots/snapshots.ts';
import { createTotals } from '../../src/statistics/totals/totals.ts';
import { type ChartsNeeds, charts } from '../../src/web/pages/reports/charts/index.ts';
import { person } from './people.ts';

const HOUR = 3_600_000;
const DAY = 86_400_000;
/** Rows of one transaction: each waits for the disk. */
const BATCH = 5_000;

/** How an institution is that is counted for a year. */
export interface Size {
  days: number;
  /** Hours of a day in which anything happens. */
  hours: number;
  applications: number;
  people: number;
}

const METHODS = ['password', 'password+totp', 'password+push', 'fido2', 'password+sms'];
const GROUPS = ['students', 'staff', 'guests'];

/** Counts of each hour, as nodes would have added them; answers how many rows. */
export async function fillYear(durable: Pick<DurableStore, 'counts'>, until: number, size: Size): Promise<number> {
  let [rows, batch]: [number, CountRow[]] = [0, []];
  for (let day = 1; day <= size.days; day += 1) {
    const begin = until - day * DAY;
    for (let hour = 0; hour < size.hours; hour += 1) batch.push(...hourOf(begin + hour * HOUR, size));
    if (batch.length < BATCH && day < size.days) continue;
    await durable.counts.add({ source: 'year', sequence: day, at: begin, rows: batch });
    rows += batch.length;
    batch = [];
  }
  return rows;
}

function hourOf(at: number, { applications }: Size): CountRow[] {
  const row = (kind: CountRow['kind'], outcome: string, more: Partial<CountRow>): CountRow => ({
    ...{ at, kind, outcome, method: '', application: '', provider: 'local', country: '', count: 7, ...more },
  });
  const ofApplications = Array.from({ length: applications }, (_, nth) => `application-${nth}`).flatMap(
    (application) => [
      ...METHODS.map((method) => row('sign-in', 'completed', { application, method })),
      ...GROUPS.map((provider) => row('group', 'completed', { application, method: 'password+totp', provider })),
      row('sign-in', 'wrong', { application, method: 'password' }),
      row('failure', 'wrong', { application, method: 'wrong-password' }),
      row('remembered', 'completed', { application, method: 'password' }),
    ],
  );
  const others = [
    row('lock', 'locked', { method: 'password' }),
    row('not-me', 'request', {}),
    row('door', 'completed', { provider: 'line' }),
    row('text', 'sent', { method: 'sms', provider: 'carrier', country: 'HK' }),
    row('mail', 'sent', { method: 'notice', provider: 'post' }),
  ];
  return [...ofApplications, ...others];
}

/** A night's count of everybody, kept for each of these days. */
export async function fillNights(
  durable: DurableStore,
  until: number,
  { days, people, applications }: Size,
): Promise<void> {
  const kinds = GROUPS.map((group) => ({ group, size: Math.floor(people / GROUPS.length) }));
  async function* standing() {
    for (const { group, size } of kinds) {
      const account = person(group, { groups: [group] });
      for (let nth = 0; nth < size; nth += 1) {
        yield {
          account,
          methods: [],
          enrolled: nth % 3 > 0,
          ...(nth % 3 ? {} : { due: { at: until + 40 * DAY, rule: 'r' } }),
        };
      }
    }
  }
  async function* nobody() {}
  async function* asked() {
    const asks = Array.from({ length: applications }, (_, nth) => ({
      application: `application-${nth}`,
      factor: 'duo',
    }));
    for await (const { account } of standing()) yield { account, asks };
  }
  const looking = {
    enrolment: { standing },
    moving: { people: nobody },
    campaigns: { people: nobody },
    asking: { people: asked },
  };
  const first = createSnapshots({ durable, scopeGroups: GROUPS }, looking as never);
  const last = until - DAY + 3 * HOUR;
  await first.take(last, async () => true);
  // The others are the same: what a page reads is as much.
  const records = durable.records('snapshots');
  const { data = '' } = (await records.get(new Date(last).toISOString().slice(0, 10))) ?? {};
  for (let day = 1; day < days; day += 1) {
    const at = last - day * DAY;
    await records.insert({
      id: new Date(at).toISOString().slice(0, 10),
      data: JSON.stringify({ ...JSON.parse(data), at }),
    });
  }
}

/** The charts over a store, and whoever may read them all. */
export function chartsOver(durable: DurableStore, now: number) {
  const nothing = {} as never;
  const statistics = {
    totals: createTotals({ durable }),
    snapshots: createSnapshots(
      { durable, scopeGroups: GROUPS },
      { enrolment: nothing, moving: nothing, campaigns: nothing, asking: nothing },
    ),
  };
  const applications = Object.assign(new Map(), { find: async () => undefined });
  const agent = {
    ...{ account: person('agent'), rights: new Set(['reports', 'totals']), groups: () => GROUPS },
    may: (_right: string, { groups = [] }: { groups?: readonly string[] }) =>
      groups.some((one) => GROUPS.includes(one)),
  } as unknown as Agent;
  return { all: charts({ statistics, applications, helpDesk: {}, now: () => now } as unknown as ChartsNeeds), agent };
}
