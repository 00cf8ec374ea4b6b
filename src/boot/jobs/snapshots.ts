import type { Statistics } from '../../statistics/index.ts';
import type { Job } from './index.ts';

/** Counts who has what, before the first of the others' mails: what reports draw over time. */
export const snapshots = ({ statistics }: { statistics: Pick<Statistics, 'snapshots'> }): Job => ({
  name: 'snapshots',
  pattern: '0 3 * * *',
  run: (due, still) => statistics.snapshots.take(due, still),
});
