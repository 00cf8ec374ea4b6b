/** How a kind of thing fared. */
interface Row {
  taken: number;
  had: number;
  stays: number;
  /** Why, and how often; a bounded number of reasons. */
  why: Map<string, number>;
}

/** Reasons that are told apart for each kind. */
const MOST_REASONS = 30;

/** Counts what comes over and what can't, and tells it as a table. */
export function createTally(shown: number) {
  const rows = new Map<string, Row>();
  const refusals: string[] = [];
  let refused = 0;

  function rowOf(what: string): Row {
    const row = rows.get(what) ?? { taken: 0, had: 0, stays: 0, why: new Map() };
    rows.set(what, row);
    return row;
  }

  function left(what: string, why: string): void {
    const row = rowOf(what);
    row.stays += 1;
    if (row.why.size < MOST_REASONS || row.why.has(why)) row.why.set(why, (row.why.get(why) ?? 0) + 1);
  }

  return {
    taken: (what: string) => void rowOf(what).taken++,
    had: (what: string) => void rowOf(what).had++,
    /** It can't be had, whatever is done. */
    left,
    /** Somebody could do something about it. */
    refused(line: number, what: string, why: string): void {
      refused += 1;
      // A name is told with its line, and in the table without.
      left(what, why.replace(/"(?:[^"\\]|\\.)*"$/, 'that name'));
      if (refusals.length < shown) refusals.push(`line ${line}: ${what}: ${why}`);
    },
    isWhole: () => refused === 0,
    counts: () => ({ taken: sum('taken'), had: sum('had'), stays: sum('stays') }),
    lines(): string[] {
      const more = refused > refusals.length ? [`… ${refused - refusals.length} more`] : [];
      const table = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, row]) => lineOf(what, row));
      return [...refusals, ...more, 'what\tcomes over\thad\tstays\twhy', ...table];
    },
  };

  function sum(column: 'taken' | 'had' | 'stays'): number {
    return [...rows.values()].reduce((total, row) => total + row[column], 0);
  }
}

function lineOf(what: string, { taken, had, stays, why }: Row): string {
  const reasons = [...why].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${count} ${reason}`);
  return [what, taken, had, stays, reasons.join('; ')].join('\t');
}
