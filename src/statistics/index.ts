/**
 * What the help desk reads about the people in its scope: who is set up, with what, who fails, what was reported. It
 * needs the durable store, directories and rules, and changes nothing.
 */
import type { AccountsRoom } from '../accounts/index.ts';
import type { ReportsRoom } from '../reports/index.ts';
import type { StatisticsNeeds } from './needs.ts';
import { createStatistics } from './statistics.ts';

export type { Asking } from './asking.ts';
export type { Campaigned } from './campaigns.ts';
export type { Move, Moved } from './moving.ts';
export type { StatisticsNeeds } from './needs.ts';
export type { Aged } from './passwords.ts';
export type { Counted, Whom } from './people.ts';
export type { Tally } from './snapshots/snapshot.ts';
export type { Statistics } from './statistics.ts';
export type { Known } from './totals/counted.ts';
export { type Counter, createCounter } from './totals/counter.ts';
export { reasonOf } from './totals/reasons.ts';

export function statisticsRoom(
  needs: StatisticsNeeds,
  below: ReportsRoom & Pick<AccountsRoom, 'accounts' | 'passwordStates'>,
) {
  return { statistics: createStatistics(needs, below) };
}

export type StatisticsRoom = ReturnType<typeof statisticsRoom>;
