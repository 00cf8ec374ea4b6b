import type { CountRow } from '../../core/counts.ts';
import { type Counted, OTHER } from './counted.ts';

/** Numbers that are told apart at once; of what comes beyond, only kind and outcome are. */
const MOST = 10_000;

/** A number, and whose it is where their directory has still to be asked for. */
export interface Entry {
  row: CountRow;
  account?: string;
}

/** Numbers in memory, as many as there is room for. */
export function createGathered(most = MOST) {
  let entries = new Map<string, Entry>();

  return {
    add(counted: Counted, account?: string): void {
      const full = entries.size >= most && !entries.has(keyOf(counted, account));
      const coarse = { method: OTHER, application: OTHER, provider: OTHER, country: OTHER };
      const entry: Omit<Entry, 'row'> & { row: Counted } = full
        ? { row: { ...counted, ...coarse } }
        : { row: counted, ...(account === undefined ? {} : { account }) };
      const key = keyOf(entry.row, entry.account);
      const known = entries.get(key);
      if (known) known.row.count += 1;
      else entries.set(key, { ...entry, row: { ...entry.row, count: 1 } });
    },
    /** All that there is, and begins anew; undefined where there is nothing. */
    take(): Entry[] | undefined {
      if (entries.size === 0) return undefined;
      const taken = [...entries.values()];
      entries = new Map();
      return taken;
    },
    total: (): number => [...entries.values()].reduce((sum, { row }) => sum + row.count, 0),
  };
}

function keyOf({ at, kind, outcome, method, application, provider, country }: Counted, account = ''): string {
  return [at, kind, outcome, method, application, provider, country, account].join('\0');
}
