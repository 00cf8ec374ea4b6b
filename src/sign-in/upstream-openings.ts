import type { Evaluator } from '../assurance/evaluate.ts';
import { UPSTREAM, upstreamOf } from '../core/said.ts';
import type { Redirects } from '../core/upstream.ts';
import type { HouseChoice } from './houses/index.ts';
import type { SignInNeeds } from './needs.ts';
import type { Preferring } from './preferring.ts';
import type { Opening, Stage } from './steps.ts';
import { nameOf } from './wishes.ts';

interface Parts {
  evaluator: Pick<Evaluator, 'housesOf' | 'works'>;
  houses: Pick<HouseChoice, 'waysOf'>;
}

/** The ways in by other houses: which are offered, and what each is asked for. */
export function createUpstreamOpenings(
  { directories }: Pick<SignInNeeds, 'directories'>,
  { evaluator: { housesOf, works }, houses }: Parts,
) {
  const all = [...directories].flatMap(([id, { redirects }]) => (redirects ? [{ id, redirects }] : []));
  const offeredBy = (application: string) =>
    houses.waysOf(application).map(({ directory, redirects }) => ({ id: directory, redirects }));

  const opening = (id: string, { name }: Redirects): Opening => ({
    factor: upstreamOf(id),
    prompt: { kind: 'redirect', title: { key: 'upstream.title' }, name, action: { key: 'upstream.action' } },
    pending: null,
  });

  const theirs = ({ account, credentials }: Preferring): readonly string[] | undefined =>
    account && housesOf(account, credentials.filter(works));

  const canLeave = ({ presents }: Preferring) => presents === undefined || presents.includes('redirect');

  /** Nobody's yet: those that the application offers. Somebody's: their own and linked ones, unless asked for just that in this sign-in. */
  function first(evaluation: Preferring, application: string): Opening[] {
    const { account, asked = [], wish } = evaluation;
    if (!canLeave(evaluation)) return [];
    const own = theirs(evaluation);
    return (own === undefined ? offeredBy(application) : all.filter(({ id }) => own.includes(id)))
      .filter(({ id }) => account === undefined || !wish || !asked.includes(nameOf(upstreamOf(id), wish)))
      .map(({ id, redirects }) => opening(id, redirects));
  }

  /** A second step: where the house that they came by could still show what is missing, it is asked before a method is. */
  function second(evaluation: Preferring): Stage | undefined {
    const { account, requirement, asked = [], wish, evidence } = evaluation;
    if (!account || !wish || wish.proof === 'identity' || !canLeave(evaluation)) return undefined;
    if (requirement.factors && !requirement.factors.includes(UPSTREAM)) return undefined;
    // A linked one has no say in a sign-in that began elsewhere.
    const came = (id: string) => id === account.directory || evidence.some(({ factor }) => factor === upstreamOf(id));
    for (const id of theirs(evaluation)?.filter(came) ?? []) {
      const redirects = directories.get(id)?.redirects;
      if (!redirects?.able(wish.proof) || asked.includes(nameOf(upstreamOf(id), wish))) continue;
      return { at: 'method', ...opening(id, redirects), why: 'why.second' };
    }
    return undefined;
  }

  return { first, second };
}
