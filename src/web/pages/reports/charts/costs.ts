import type { TextCosts } from '../../../../help-desk/index.ts';
import type { WebDeps } from '../../../context.ts';
import type { ReportCell, ReportLying, ReportTable } from '../../../report-models.ts';
import { type Chart, DAY, type Drawn } from './chart.ts';

interface Month {
  texts: number;
  cost: number;
}

/** What text messages cost, a calendar month (UTC) after the other, beside what a month may. */
export function costCharts({ statistics, helpDesk }: Pick<WebDeps, 'helpDesk' | 'statistics'>): Chart[] {
  const costs = helpDesk.settings?.textCosts;
  if (costs === undefined) return [];
  return [
    {
      name: 'costs',
      right: 'totals',
      report: 'messages',
      narrows: { group: false, application: false },
      async draw({ from, until }: Drawn) {
        // Of the first month all of it: half a month is nothing beside a budget.
        const period = { from: monthOf(from), until };
        const sums = await statistics.totals.sums(['text'], period, ['country'], DAY, { outcome: 'sent' });
        const months = new Map<number, Month>();
        for (const { at = 0, country = '', count } of sums) {
          const { texts, cost } = months.get(monthOf(at)) ?? { texts: 0, cost: 0 };
          months.set(monthOf(at), { texts: texts + count, cost: cost + count * priceOf(costs, country) });
        }
        return months.size === 0 ? undefined : tableOf(costs, months);
      },
    },
  ];
}

const priceOf = ({ prices, other }: TextCosts, country: string): number =>
  Object.hasOwn(prices, country) ? (prices[country] ?? other) : other;

/** The first day of its month (UTC). */
function monthOf(at: number): number {
  const day = new Date(at);
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), 1);
}

/** The latest first, as all of these tables. */
function tableOf({ currency, monthly }: TextCosts, months: ReadonlyMap<number, Month>): ReportTable {
  const column = (name: string) => ({ key: `reports.column.${name}`, values: { currency } });
  const latest = [...months]
    .sort(([a], [b]) => b - a)
    .map(([month, { texts, cost }]) => ({ month, texts, cost: rounded(cost) }));
  const rows = latest.map(({ month, texts, cost }): ReportCell[] => [
    { month },
    { count: texts },
    { count: cost },
    ...(monthly === undefined ? [] : [{ count: monthly }, { share: cost / monthly }]),
  ]);
  const bars = latest.map(({ month, cost }) => ({
    name: [{ month }],
    parts: monthly === undefined ? [cost] : [Math.min(cost, monthly), rounded(Math.max(0, cost - monthly))],
    says: monthly === undefined ? { count: cost } : { share: cost / monthly },
  }));
  const lying: ReportLying =
    monthly === undefined
      ? { parts: [column('cost')], bars }
      : {
          parts: [column('cost'), column('above')],
          limit: { value: monthly, title: column('budget') },
          bars,
        };
  return {
    caption: { key: 'reports.chart.costs' },
    columns: ['month-of', 'text-sent', 'cost', ...(monthly === undefined ? [] : ['budget', 'spent'])].map(column),
    rows,
    empty: { key: 'reports.empty' },
    lying,
  };
}

const rounded = (money: number): number => Math.round(money * 100) / 100;
