import type { Account } from '../core/account.ts';
import { levelOf } from '../core/assurance.ts';
import type { Directory } from '../core/directory.ts';
import type { Said } from '../core/said.ts';
import type { DurableStore } from '../core/store.ts';

export interface Houses {
  directories: ReadonlyMap<string, Pick<Directory, 'redirects'>>;
  durable: Pick<DurableStore, 'audit'>;
}

/** Of somebody from another house: what it could show, what it said last, and what that counts as by now. */
export async function houseOf(
  { directories, durable }: Houses,
  { id, directory }: Account,
  now: number,
): Promise<string[]> {
  const redirects = directories.get(directory)?.redirects;
  if (redirects === undefined) return [];
  const { name } = redirects;
  const called = typeof name === 'string' ? name : (Object.values(name)[0] ?? '');
  const most = levelOf([{ ...redirects.atMost, factor: '', credential: '', at: 0 }]);
  const house = `From another house, directories.${directory} (${called}): its table makes ${most} at most.`;
  const entries = await durable.audit.ofAccount(id, { limit: 10, events: ['sign-in.proved'] });
  const last = entries.find(({ detail }) => detail.said !== undefined);
  if (last === undefined) return ['', house];
  const values = last.detail.said as Said['values'];
  const words = Object.entries(values).flatMap(([key, all]) => all.map((value) => `${key}=${value}`));
  const { lines, unmapped } = redirects.grounds({ values });
  const { kinds } = redirects.believe({ values });
  const { shown } = last.detail;
  const isLate = typeof shown !== 'string' || now - Date.parse(shown) > redirects.freshness;
  const by = lines.length > 0 ? `by line ${lines.join(', ')} of the table` : 'as no line of the table names it';
  const when = typeof shown === 'string' ? `shown ${shown}` : 'it didn’t say when';
  return [
    ...['', house],
    `It said at ${new Date(last.at).toISOString()}: ${words.join(' ') || 'nothing of how'} (${when}).`,
    `That counts as ${kinds.join(' and ')}, ${by}.`,
    ...(isLate && kinds.join() !== 'knowledge'
      ? ['No more than who it is: that was too long ago, or nobody says when (freshness).']
      : []),
    ...(unmapped.length > 0 ? [`Nothing is made of ${unmapped.join(' ')}.`] : []),
  ];
}
