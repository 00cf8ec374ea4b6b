import type { CountedBy, CountSum } from '../../../../core/counts.ts';
import type { Message } from '../../../../core/prompt.ts';
import type { Agent } from '../../../../help-desk/agent.ts';
import type { ReportCell, ReportTable } from '../../../report-models.ts';
import type { Filters } from '../filters.ts';

export const DAY = 86_400_000;
const WEEK = 7 * DAY;
/** A Monday. */
const MONDAY = 4 * DAY;
/** Of more days than these, whole weeks are drawn: a page holds no more bars than people tell apart. */
const MOST_DAYS = 92;
/** Colours that are told apart. */
const MOST_PARTS = 6;

/** What is drawn is asked for with these. */
export interface Drawn extends Filters {
  agent: Agent;
}

/** A picture with its table. Undefined where nothing of it was counted, or there is nothing of the kind here. */
export interface Chart {
  /** In addresses; `reports.chart.<name>` is its title. */
  name: string;
  /** Who may read it: `totals` are everybody's numbers, `reports` those of the people in one's scope. */
  right: 'reports' | 'totals';
  /** The report that says more. */
  report?: string;
  /** By what it can be narrowed; with another filter it isn't drawn. */
  narrows: { group: boolean; application: boolean };
  draw(asked: Drawn): Promise<ReportTable | undefined>;
}

/**
 * What several charts are drawn from is read once for a page. `asked` is made for one request of one agent's: nobody
 * else's, and no earlier one's, is ever found by it.
 */
export function once<Found>(read: (asked: Drawn) => Promise<Found>): (asked: Drawn) => Promise<Found> {
  const reading = new WeakMap<Drawn, Promise<Found>>();
  return (asked) => {
    const found = reading.get(asked) ?? read(asked);
    reading.set(asked, found);
    return found;
  };
}

/** Days, or the Mondays of weeks, from the first to the last; epoch milliseconds. */
export function stepsOf({ from, until }: Filters): { every: number; starts: number[] } {
  const every = (until - from) / DAY > MOST_DAYS ? WEEK : DAY;
  const first = startOf(from, every);
  return { every, starts: Array.from({ length: Math.ceil((until - first) / every) }, (_, at) => first + at * every) };
}

/** Each step's whole days, those of the period alone. */
export function spansOf(asked: Filters): { from: number; until: number }[] {
  const { every, starts } = stepsOf(asked);
  return starts.map((start) => ({
    from: Math.max(start, asked.from),
    until: Math.min(start + every, asked.until),
  }));
}

export const startOf = (at: number, every: number): number =>
  every === DAY ? at - (at % DAY) : at - ((at - MONDAY) % WEEK);

export interface Part {
  title: Message | { methods: string[] } | { text: string };
  /** One for each step. */
  values: number[];
}

/** Numbers of each part, step by step, of what was counted by the day. */
export function seriesOf(
  asked: Filters,
  sums: readonly CountSum[],
  partOf: (sum: CountSum) => string | undefined,
): Map<string, number[]> {
  const { every, starts } = stepsOf(asked);
  const [first = 0] = starts;
  const found = new Map<string, number[]>();
  for (const sum of sums) {
    const part = partOf(sum);
    if (part === undefined) continue;
    const values = found.get(part) ?? starts.map(() => 0);
    const at = (startOf(sum.at ?? 0, every) - first) / every;
    values[at] = (values[at] ?? 0) + sum.count;
    found.set(part, values);
  }
  return found;
}

const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);

/** The largest first; what no colour is left for is one part, the last. */
export function ranked(
  series: ReadonlyMap<string, number[]>,
  titleOf: (part: string) => Part['title'],
  other = 'other',
): Part[] {
  const order = [...series].sort(([one, a], [another, b]) => sum(b) - sum(a) || (one < another ? -1 : 1));
  const named = order.filter(([part]) => part !== other && part !== '');
  const shown = named.slice(0, named.length < order.length || named.length > MOST_PARTS ? MOST_PARTS - 1 : MOST_PARTS);
  const rest = order.filter((one) => !shown.includes(one));
  return [
    ...shown.map(([part, values]) => ({ title: titleOf(part), values })),
    ...(rest.length === 0
      ? []
      : [{ title: { key: 'reports.other' }, values: added(rest.map(([, values]) => values)) }]),
  ];
}

const added = ([first = [], ...more]: number[][]): number[] =>
  first.map((value, at) => more.reduce((all, values) => all + (values[at] ?? 0), value));

/** Parts in the order of these names, those as well of which nothing was counted. */
export const inOrder = (asked: Filters, series: ReadonlyMap<string, number[]>, names: readonly string[]): Part[] =>
  names.map((name) => ({
    title: { key: `reports.column.${name}` },
    values: series.get(name) ?? stepsOf(asked).starts.map(() => 0),
  }));

/** Bars over time, the latest first in the table; undefined where all are empty. */
export function drawn(name: string, asked: Filters, parts: readonly Part[]): ReportTable | undefined {
  if (parts.every(({ values }) => values.every((value) => value === 0))) return undefined;
  const { every, starts } = stepsOf(asked);
  const rows = starts.map((date, at): ReportCell[] => [
    { date },
    ...parts.map(({ values }): ReportCell => ({ count: values[at] ?? 0 })),
  ]);
  return {
    caption: { key: `reports.chart.${name}` },
    columns: [{ key: `reports.column.${every === DAY ? 'day' : 'week-of'}` }, ...parts.map(({ title }) => title)],
    rows: rows.toReversed(),
    empty: { key: 'reports.empty' },
    chart: {
      parts: parts.map(({ title }) => title),
      bars: starts.map((day, at) => ({ day, parts: parts.map(({ values }) => values[at] ?? 0) })),
    },
  };
}

export const by =
  (name: CountedBy) =>
  (of: CountSum): string =>
    of[name] ?? '';
