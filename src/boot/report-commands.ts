import { COUNTED_BY, type CountedBy, type CountKind, type CountSum } from '../core/counts.ts';
import type { CommandInput, CommandResult } from '../core/directory.ts';
import { SallyportError } from '../core/errors.ts';
import type { Counter } from '../statistics/index.ts';
import { lineOf } from '../web/csv.ts';
import type { World } from './parts.ts';
import type { Rooms } from './rooms.ts';

/** What the reports on the command line are read from. */
export interface ReportTarget extends Pick<Rooms, 'statistics'> {
  counter: Pick<Counter, 'flush'>;
  world: Pick<World, 'now'>;
}

const HOUR = 3_600_000;
const DAY = 86_400_000;
const USUAL = 30 * DAY;
const MOST = 50_000;

/** What each can be told apart by, under the names that people know: the columns are everybody's. */
const REPORTS = {
  'sign-ins': {
    kinds: ['sign-in'],
    columns: { outcome: 'outcome', method: 'method', application: 'application', directory: 'provider' },
  },
  messages: {
    kinds: ['text', 'mail'],
    columns: { channel: 'kind', outcome: 'outcome', method: 'method', sender: 'provider', country: 'country' },
  },
} as const satisfies Record<string, { kinds: readonly CountKind[]; columns: Readonly<Record<string, CountedBy>> }>;

export const signIns = (target: ReportTarget, input: CommandInput): Promise<CommandResult> =>
  reported(target, 'sign-ins', input);
export const messages = (target: ReportTarget, input: CommandInput): Promise<CommandResult> =>
  reported(target, 'messages', input);

/** @throws SallyportError ERR_INPUT where it is asked for wrongly, or there is too much of it */
async function reported(
  { statistics, counter, world }: ReportTarget,
  name: keyof typeof REPORTS,
  { options }: CommandInput,
): Promise<CommandResult> {
  const { kinds, columns } = REPORTS[name];
  const now = world.now();
  const until = momentOf(options.until, 'until') ?? now + 1;
  const from = momentOf(options.from, 'from') ?? until - USUAL - (until % DAY);
  const { every, chosen } = chosenOf(String(options.by ?? 'day,outcome'), Object.keys(columns));
  await counter.flush();
  const by = chosen.map(
    (column) => COUNTED_BY.find((it) => it === (columns as Record<string, CountedBy>)[column]) ?? 'kind',
  );
  const sums = await statistics.totals.sums(kinds, { from, until }, by, every);
  if (sums.length >= MOST) throw new SallyportError('ERR_INPUT', `more than ${MOST} lines: ask for a shorter period`);
  const time = every === undefined ? [] : [every === HOUR ? 'hour' : 'day'];
  const rows = [[...time, ...chosen, 'count'], ...sums.map((sum) => cellsOf(sum, by, every))];
  const line = (cells: readonly (string | number)[]) => (options.csv ? lineOf(cells).trimEnd() : cells.join('\t'));
  return { lines: rows.map(line), exitCode: 0 };
}

function cellsOf(sum: CountSum, by: readonly CountedBy[], every: number | undefined): (string | number)[] {
  const time = sum.at === undefined ? [] : [new Date(sum.at).toISOString().slice(0, every === HOUR ? 16 : 10)];
  return [
    ...time.map((text) => (every === HOUR ? `${text}Z` : text)),
    ...by.map((column) => sum[column] ?? ''),
    sum.count,
  ];
}

function chosenOf(by: string, columns: readonly string[]): { every?: typeof HOUR | typeof DAY; chosen: string[] } {
  const words = [...new Set(by.split(',').map((word) => word.trim()))].filter((word) => word !== '');
  const known = ['hour', 'day', ...columns];
  const wrong = words.find((word) => !known.includes(word));
  if (wrong !== undefined) throw new SallyportError('ERR_INPUT', `--by ${wrong}: choose among ${known.join(', ')}`);
  const chosen = words.filter((word) => columns.includes(word));
  if (words.includes('hour')) return { every: HOUR, chosen };
  return words.includes('day') ? { every: DAY, chosen } : { chosen };
}

/** The hours that begin from then on, by UTC where no other zone is written. */
function momentOf(value: string | boolean | undefined, name: string): number | undefined {
  if (typeof value !== 'string') return undefined;
  const at = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new SallyportError('ERR_INPUT', `--${name} ${value}: write it as 2027-02-01 or 2027-02-01T08:00:00Z`);
}
