import { atMost, openerOf } from '../accounts/strength.ts';
import type { Evaluator, FullEvaluation } from '../assurance/evaluate.ts';
import { allows } from '../assurance/implied.ts';
import { isPresentable } from '../assurance/presentable.ts';
import type { Credential } from '../core/account.ts';
import { levelOf, reaches } from '../core/assurance.ts';
import type { FactorContext } from '../core/challenge.ts';
import type { Method } from '../core/journey.ts';
import { createHouseChoice } from './houses/index.ts';
import type { SignInNeeds } from './needs.ts';
import { createOpenings, ofFactor } from './openings.ts';
import type { Preferring } from './preferring.ts';
import type { Lending, State } from './steps.ts';
import { createUpstreamOpenings } from './upstream-openings.ts';

/** What can be offered to a person, and the prompts that come of it. */
export function createOffers(deps: SignInNeeds, evaluator: Evaluator) {
  const enabled = [...deps.factors.values()];
  const opener = ({ alone }: Pick<FullEvaluation, 'alone'> = {}) => {
    const it = openerOf(deps.factors);
    return it && !alone ? [atMost(it)] : [];
  };

  /** Credentials that can complete this sign-in: the one that was chosen first, then the last used. */
  function fitting(evaluation: Preferring, state: State, stopped = evaluation.stopped): Credential[] {
    const { requirement, credentials, implied, wanted, enrolling, preferred } = evaluation;
    return [...credentials, ...implied]
      .sort(byUse)
      .sort(lastOnes)
      .sort((a, b) => Number(b.id === preferred) - Number(a.id === preferred))
      .filter((credential) => {
        const { factor: id } = credential;
        const it = deps.factors.get(id);
        if (!it || !evaluator.isSecond(credential) || !evaluator.works(credential)) return false;
        // Of what is implied the credential's id is the factor's own.
        if (stopped.has(credential.id)) return false;
        if (!allows(requirement.factors, it) || !isPresentable(it, evaluation.presents)) return false;
        // Proven a moment ago and still not enough: asking again would go in circles.
        if (state.collected.some((proof) => proof.factor === id && proof.credential === credential.id)) return false;
        if (enrolling && it.module.standing === 'bootstrap' && !it.factor.lends?.signsInOnly(credential)) return true;
        return reaches(levelOf([...opener(evaluation), atMost(it, credential)]), wanted);
      });
  }

  /** What runs out is for when the rest is lost, and what one gave oneself beforehand for when it isn't at hand. */
  function lastOnes(a: Credential, b: Credential): number {
    const rank = (credential: Credential) => {
      const it = deps.factors.get(credential.factor);
      if (it?.module.standing === 'spare') return 2;
      return it?.factor.lends?.reserve(credential) ? 1 : 0;
    };
    return rank(a) - rank(b);
  }

  /** What a pass that somebody hands out would be good for. */
  function lends({ requirement, wanted, enrolling }: FullEvaluation): Lending {
    const passes = enabled.filter(({ module }) => module.standing === 'bootstrap');
    const here = passes
      .filter((it) => allows(requirement.factors, it))
      .some((it) => enrolling || reaches(levelOf([...opener(), atMost(it)]), wanted));
    if (here) return 'here';
    return passes.length > 0 ? 'account' : 'nowhere';
  }

  /** Methods that can complete this sign-in, in the order of `fitting`. */
  function methods(evaluation: Preferring, state: State, context: FactorContext): Method[] {
    const { account } = evaluation;
    if (account === undefined) return [];
    const all = fitting(evaluation, state);
    const found = new Map<string, Method>();
    for (const credential of all) {
      const { factor: id, name, lastUsedAt } = credential;
      const factor = deps.factors.get(id)?.factor;
      if (found.has(id) || !factor?.usable(account, ofFactor(all, id), context)) continue;
      const sort = factor.sorts?.sortOf(credential);
      found.set(id, { factor: id, name, ...(sort ? { sort } : {}), ...(lastUsedAt ? { lastUsedAt } : {}) });
    }
    return [...found.values()];
  }

  /** Whether there would be a method, if it weren't stopped after too many failures. */
  const isStopped = (evaluation: Preferring, state: State): boolean =>
    fitting(evaluation, state, new Set()).some(({ id }) => evaluation.stopped.has(id));

  /** Factors that can be set up here and would do. */
  function enrollable({ requirement, wanted }: FullEvaluation): string[] {
    return enabled
      .filter(({ factor }) => factor.enrols)
      .filter((it) => allows(requirement.factors, it))
      .filter((it) => reaches(levelOf([...opener(), atMost(it)]), wanted))
      .map(({ module }) => module.id);
  }

  const houses = createHouseChoice(deps);
  const upstreams = createUpstreamOpenings(deps, { evaluator, houses });
  return {
    methods,
    lends,
    isStopped,
    enrollable,
    houses,
    upstreams,
    ...createOpenings(deps, { evaluator, fitting, upstreams }),
  };
}

function byUse(a: Credential, b: Credential): number {
  return (b.lastUsedAt ?? b.createdAt) - (a.lastUsedAt ?? a.createdAt);
}

export type Offers = ReturnType<typeof createOffers>;
