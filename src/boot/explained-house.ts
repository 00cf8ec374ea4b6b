import { linksIn } from '../accounts/index.ts';
import type { Account, Credential } from '../core/account.ts';
import { levelOf } from '../core/assurance.ts';
import type { Directory } from '../core/directory.ts';
import { type Said, upstreamOf } from '../core/said.ts';
import type { AuditEntry, DurableStore } from '../core/store.ts';
import type { Redirects } from '../core/upstream.ts';

export interface Houses {
  directories: ReadonlyMap<string, Pick<Directory, 'byKey' | 'redirects'>>;
  durable: Pick<DurableStore, 'audit'>;
}

/** How many of the last proofs are looked through for a house's. */
const LOOKED_THROUGH = 50;

/** Of somebody from another house, or linked to some: what each could show, what it said last, and what that counts as by now. */
export async function housesOf(
  { directories, durable }: Houses,
  account: Account,
  credentials: readonly Credential[],
  now: number,
): Promise<string[]> {
  const own = { directory: account.directory, key: account.directoryKey, credential: undefined };
  const entries = await durable.audit.ofAccount(account.id, { limit: LOOKED_THROUGH, events: ['sign-in.proved'] });
  const lines: string[] = [];
  for (const { directory, key, credential } of [own, ...linksIn(credentials)]) {
    const it = directories.get(directory);
    if (it?.redirects === undefined) continue;
    const { redirects } = it;
    const last = entries.find(({ detail }) => detail.said !== undefined && detail.factor === upstreamOf(directory));
    const person = await it.byKey(key);
    const begins = credential ? `Linked since ${timeOf(credential.createdAt)}` : 'From another house';
    lines.push(
      ...[
        '',
        `${begins}, directories.${directory} (${calledBy(redirects)}): its table makes ${mostOf(redirects)} at most.`,
      ],
      ...(credential?.suspendedAt
        ? ['A report suspended the link: it proves nothing until its owner confirms it.']
        : []),
      ...(credential && redirects.linking === 'never' ? ['linking is never: it proves nothing.'] : []),
      ...(person && person.status !== 'active'
        ? [`There they are ${person.status}: ${person.statusReason ?? ''}.`]
        : []),
      ...(last ? said(redirects, last, now) : []),
    );
  }
  return lines;
}

const timeOf = (at: number): string => new Date(at).toISOString();

const calledBy = ({ name }: Redirects): string => (typeof name === 'string' ? name : (Object.values(name)[0] ?? ''));

const mostOf = ({ atMost }: Redirects) => levelOf([{ ...atMost, factor: '', credential: '', at: 0 }]);

function said(redirects: Redirects, { at, detail }: AuditEntry, now: number): string[] {
  const values = detail.said as Said['values'];
  const house = typeof detail.house === 'string' ? { house: detail.house } : {};
  const words = Object.entries(values).flatMap(([key, all]) => all.map((value) => `${key}=${value}`));
  const { lines, unmapped } = redirects.grounds({ values, ...house });
  const { kinds } = redirects.believe({ values, ...house });
  const { shown } = detail;
  const isLate = typeof shown !== 'string' || now - Date.parse(shown) > redirects.freshness;
  const by = lines.length > 0 ? `by line ${lines.join(', ')} of the table` : 'as no line of the table names it';
  const when = typeof shown === 'string' ? `shown ${shown}` : 'it didn’t say when';
  return [
    `${house.house ?? 'It'} said at ${timeOf(at)}: ${words.join(' ') || 'nothing of how'} (${when}).`,
    `That counts as ${kinds.join(' and ')}, ${by}.`,
    ...(isLate && kinds.join() !== 'knowledge'
      ? ['No more than who it is: that was too long ago, or nobody says when (freshness).']
      : []),
    ...(unmapped.length > 0 ? [`Nothing is made of ${unmapped.join(' ')}.`] : []),
  ];
}
