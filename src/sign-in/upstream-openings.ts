import { UPSTREAM, upstreamOf } from '../core/said.ts';
import type { Redirects } from '../core/upstream.ts';
import type { SignInNeeds } from './needs.ts';
import type { Preferring } from './preferring.ts';
import type { Opening, Stage } from './steps.ts';
import { nameOf } from './wishes.ts';

/** The ways in by other houses: which are offered, and what each is asked for. */
export function createUpstreamOpenings({ directories }: Pick<SignInNeeds, 'directories'>) {
  const all = [...directories].flatMap(([id, { redirects }]) => (redirects ? [{ id, redirects }] : []));

  const opening = (id: string, { name }: Redirects): Opening => ({
    factor: upstreamOf(id),
    prompt: { kind: 'redirect', title: { key: 'upstream.title' }, name, action: { key: 'upstream.action' } },
    pending: null,
  });

  const canLeave = ({ presents }: Preferring) => presents === undefined || presents.includes('redirect');

  /** Nobody's yet: every one. Somebody's: their own house, unless it was asked for just that in this sign-in. */
  function first(evaluation: Preferring): Opening[] {
    const { account, asked = [], wish } = evaluation;
    if (!canLeave(evaluation)) return [];
    return all
      .filter(({ id }) => account === undefined || account.directory === id)
      .filter(({ id }) => account === undefined || !wish || !asked.includes(nameOf(upstreamOf(id), wish)))
      .map(({ id, redirects }) => opening(id, redirects));
  }

  /** A second step: where the house could still show what is missing, it is asked before a method of one's own is. */
  function second(evaluation: Preferring): Stage | undefined {
    const { account, requirement, asked = [], wish } = evaluation;
    const redirects = account && directories.get(account.directory)?.redirects;
    if (!account || !redirects || !wish || wish.proof === 'identity' || !canLeave(evaluation)) return undefined;
    if (requirement.factors && !requirement.factors.includes(UPSTREAM)) return undefined;
    if (!redirects.able(wish.proof) || asked.includes(nameOf(upstreamOf(account.directory), wish))) return undefined;
    return { at: 'method', ...opening(account.directory, redirects), why: 'why.second' };
  }

  return { first, second };
}
