import type { CommandInput, CommandResult } from '../../core/directory.ts';
import type { AuditPort } from '../../core/door.ts';
import type { Modules } from '../modules.ts';
import { type ResealDeps, reseal, survey, type Tally } from './reseal.ts';

const COLUMNS = ['what', 'values', 'resealed', 'left'];
/** Reasons told of one place: thousands of lines would say no more. */
const TOLD = 5;

export interface ResealTarget extends ResealDeps {
  audit: Pick<AuditPort, 'commit'>;
  modules: Pick<Modules, 'complete'>;
}

/** Seals anew what earlier sealing keys sealed, and says what is left. */
export async function resealAll(target: ResealTarget, { options }: CommandInput): Promise<CommandResult> {
  const { sealer, audit, modules } = target;
  // What a factor sealed that isn't enabled any more lies there all the same.
  await modules.complete?.();
  const done = options.dryRun === true ? undefined : await reseal(target);
  const tallies = await survey(target);
  const left = sum(tallies, leftOf);
  const resealed = sum([...(done?.values() ?? [])], (count) => count);
  if (resealed > 0) await audit.commit({ event: 'keys.resealed', by: 'cli', key: sealer.current, resealed, left });
  const lines = [
    `sealing key ${sealer.current}${sealer.previous.length > 0 ? `, before it ${sealer.previous.join(', ')}` : ''}`,
    COLUMNS.join('\t'),
    ...tallies.map((tally) => [tally.what, tally.values, done?.get(tally.what) ?? 0, leftOf(tally)].join('\t')),
    ...tallies.flatMap(notes),
    conclusion(left, sealer.previous, tallies),
  ];
  return { lines, exitCode: left === 0 ? 0 : 1 };
}

const leftOf = ({ outdated, unopened }: Tally): number => outdated + unopened.length;

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function notes({ what, unopened, replaceable }: Tally): string[] {
  const told = unopened.slice(0, TOLD).map((reason) => `${what}: ${reason}`);
  const more = unopened.length > TOLD ? [`${what}: and ${unopened.length - TOLD} more`] : [];
  const again = replaceable > 0 ? [`${what}: ${replaceable} can't be sealed anew, and are fetched again instead`] : [];
  return [...told, ...more, ...again];
}

function conclusion(left: number, previous: readonly string[], tallies: readonly Tally[]): string {
  if (sum(tallies, ({ unopened }) => unopened.length) > 0) {
    return `${left} left: give the keys that sealed them in secrets.previousSealingKeys, and run this again`;
  }
  if (left > 0) return `${left} left: run sallyport keys reseal`;
  if (previous.length === 0) return 'nothing is left under another key';
  return 'nothing is left under another key: a day from the switch on, secrets.previousSealingKeys can go. Backups made until now still need those keys';
}
