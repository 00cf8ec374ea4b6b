import type { LocalizedText } from '../core/account.ts';
import type { Message } from '../core/prompt.ts';
import type { ReportCell, ReportChart, ReportColumn, ReportLying } from './report-models.ts';
import type { Times } from './times.ts';

/** What reports are told with, in the reader's language. */
export interface ReportTongue extends Pick<Times, 'date' | 'day' | 'utcDay' | 'utcMonth'> {
  t(key: string, values?: Record<string, string | number>): string;
  text(message: Message, namespace?: string): string;
  localized(text: LocalizedText): string;
  number(value: number): string;
  percent(share: number): string;
  region(letters: string): string;
}

/** Cells, and what is drawn, as plain words: what a screen reader says of a picture is what the picture shows. */
export function reportWords(it: ReportTongue) {
  const methods = (all: readonly string[]) => all.map((factor) => it.text({ key: 'method' }, factor)).join(' + ');

  function cell(of: ReportCell): string {
    if ('share' in of) return it.percent(of.share);
    if ('count' in of) return it.number(of.count);
    if ('at' in of) return it.date(of.at);
    if ('day' in of) return it.day(of.day);
    if ('date' in of) return it.utcDay(of.date);
    if ('month' in of) return it.utcMonth(of.month);
    if ('methods' in of) return methods(of.methods);
    if ('region' in of) return it.region(of.region);
    if ('localized' in of) return it.localized(of.localized);
    return 'message' in of ? it.text(of.message, of.factor) : of.text;
  }

  function column(of: ReportColumn): string {
    if ('methods' in of) return methods(of.methods);
    return 'text' in of ? of.text : it.text(of);
  }

  const bar = (of: ReportChart['bars'][number]) => (of.day === undefined ? of.text : it.utcDay(of.day));
  const list = (all: readonly string[]) => all.join(it.t('list.separator'));

  /** Each part where it begins, where it ends, and where it was highest. */
  function drawn({ parts, bars, marks = [] }: ReportChart): string {
    const said = parts.map((part, of) => {
      const values = bars.map(({ parts: all }) => all[of] ?? 0);
      const most = Math.max(...values);
      const at = bars[values.indexOf(most)];
      return it.t('reports.drawn.part', {
        ...{ part: column(part), first: it.number(values[0] ?? 0), last: it.number(values.at(-1) ?? 0) },
        ...{ most: it.number(most), when: at ? bar(at) : '' },
      });
    });
    const [first, last] = [bars[0], bars.at(-1)];
    return [
      it.t('reports.drawn.bars', { first: first ? bar(first) : '', last: last ? bar(last) : '' }),
      ...said,
      ...(marks.length > 0 ? [it.t('reports.drawn.marks', { dates: list(marks.map(({ day }) => it.day(day))) })] : []),
    ].join(' ');
  }

  function lying({ parts, limit, bars }: ReportLying): string {
    const rows = bars.map(({ name, parts: values }) => {
      const each = values.map((value, of) => `${column(parts[of] ?? { text: '' })} ${it.number(value)}`);
      return it.t('reports.drawn.row', { name: name.map(cell).join(' '), parts: list(each) });
    });
    const line = limit && it.t('reports.drawn.limit', { title: column(limit.title), value: it.number(limit.value) });
    return [it.t('reports.drawn.lying'), ...rows, ...(line ? [line] : [])].join(' ');
  }

  return { cell, column, bar, drawn, lying };
}
