import type { CountSum } from '../../../core/counts.ts';
import type { WebDeps } from '../../context.ts';
import type { ReportCell, ReportTable } from '../../report-models.ts';
import { iso, type ReportKind, table } from './kind.ts';
import { by, cells, daysUntil, pivot } from './pivot.ts';

const DAY = 86_400_000;
const KINDS = ['text', 'mail'] as const;
const SENT = ['sent', 'failed'] as const;
const BY_DAY = ['text-sent', 'text-failed', 'mail-sent', 'mail-failed'];

/** Text messages and mails: by day, sender and country. */
export function messagesReport(deps: Pick<WebDeps, 'now' | 'statistics'>): ReportKind {
  const { totals } = deps.statistics;
  return {
    right: 'totals',
    periods: true,
    async tables({ days }) {
      const { all, ...period } = daysUntil(deps.now(), days);
      const daily = await totals.sums(KINDS, period, ['kind', 'outcome'], DAY);
      if (daily.length === 0) return { tables: [table('messages', 'days', [], [])], notes: [] };
      const senders = await totals.sums(KINDS, period, ['kind', 'outcome', 'provider']);
      const countries = await totals.sums(['text'], period, ['outcome', 'country']);
      const tables = [byDay(daily, all), bySender(senders)];
      return { tables: countries.length === 0 ? tables : [...tables, byCountry(countries)], notes: [] };
    },
    header: ['hour', 'channel', 'outcome', 'method', 'sender', 'country', 'count'],
    async *records({ days }) {
      const names = ['kind', 'outcome', 'method', 'provider', 'country'] as const;
      for await (const sum of totals.hours(KINDS, daysUntil(deps.now(), days), names)) {
        yield [iso(sum.at), sum.kind, sum.outcome, sum.method, sum.provider, sum.country, sum.count];
      }
    },
  };
}

function byDay(daily: readonly CountSum[], all: readonly number[]): ReportTable {
  const column = ({ kind, outcome }: CountSum) => `${kind}-${outcome}`;
  const found = new Map(pivot(daily, ({ at }) => String(at), column).map((row) => [row.of, row]));
  const rows = all.map((day) => found.get(String(day)) ?? { of: String(day), counts: new Map(), total: 0 });
  const numbers = cells(rows, BY_DAY);
  const bars = rows.map(({ of, counts }) => ({
    day: Number(of),
    parts: [counts.get('text-sent') ?? 0, counts.get('mail-sent') ?? 0],
  }));
  const shown = rows.toReversed().map((row): ReportCell[] => [{ date: Number(row.of) }, ...(numbers.get(row) ?? [])]);
  return {
    ...table('messages', 'days', ['day', ...BY_DAY], shown),
    chart: { parts: [{ key: 'reports.column.text-sent' }, { key: 'reports.column.mail-sent' }], bars },
  };
}

function bySender(sums: readonly CountSum[]): ReportTable {
  const rows = pivot(sums, ({ kind, provider }) => [kind, provider].join('\0'), by('outcome'));
  const shown = [...cells(rows, SENT)].map(([{ of }, numbers]): ReportCell[] => {
    const [kind = '', sender = ''] = of.split('\0');
    return [named(sender), { message: { key: `reports.channel.${kind}` } }, ...numbers];
  });
  return table('messages', 'senders', ['sender', 'channel', ...SENT], shown);
}

function byCountry(sums: readonly CountSum[]): ReportTable {
  const rows = pivot(sums, by('country'), by('outcome'));
  const shown = [...cells(rows, SENT)].map(([{ of }, numbers]): ReportCell[] => [
    /^[A-Z]{2}$/.test(of) ? { region: of } : { message: { key: 'reports.other' } },
    ...numbers,
  ]);
  return table('messages', 'countries', ['country', ...SENT], shown);
}

const named = (id: string): ReportCell => (id === 'other' ? { message: { key: 'reports.other' } } : { text: id });
