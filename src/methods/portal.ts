import type { Credentials } from '../accounts/credentials.ts';
import type { Evaluator } from '../assurance/evaluate.ts';
import type { Account, Credential } from '../core/account.ts';
import type { Issuing } from './issuing.ts';
import type { MethodsNeeds } from './needs.ts';
import { isFor } from './suggestions.ts';

/** How many methods a newcomer is led to: losing one must not lock them out. */
const WANTED = 2;

/** A factor, by id, and whether it is the one to take. */
export interface Choice {
  value: string;
  recommended?: boolean;
  /** Script that brings it to the front in a browser that has it built in. */
  nearby?: string;
}

/** How far somebody has come. */
export interface Standing {
  /** Methods of their own that work. */
  own: Credential[];
  /** What can be set up next: other factors than theirs. Empty: they are done. */
  next: string[];
  /** Factors that run out, and that they may issue to themselves and haven't yet. */
  spare: string[];
}

interface Parts {
  credentials: Credentials;
  evaluator: Evaluator;
  issuing: Issuing;
}

/** What a newcomer sets up, in which order: `/enrol`, and in the midst of a sign-in. */
export function createPortal(deps: Pick<MethodsNeeds, 'factors' | 'suggestions'>, parts: Parts) {
  const { credentials, evaluator, issuing } = parts;
  const enrollable = [...deps.factors.values()].filter(({ factor }) => factor.enrols);

  /**
   * As the configuration suggests it to this person, then in its order of factors. Where it suggests none of them, what
   * the browser has built in may come first: that it says by itself.
   */
  function choices(account: Account, factors: readonly string[]): Choice[] {
    const suggested = deps.suggestions.filter((one) => isFor(one, account)).map(({ factor }) => factor);
    const place = (id: string) => (suggested.includes(id) ? suggested.indexOf(id) : suggested.length);
    const free = !factors.some((id) => suggested.includes(id));
    return [...factors]
      .sort((a, b) => place(a) - place(b))
      .map((value, index) => {
        const nearby = deps.factors.get(value)?.module.nearby;
        return {
          value,
          ...(index === 0 && factors.length > 1 ? { recommended: true } : {}),
          ...(nearby !== undefined && (free || index === 0) ? { nearby } : {}),
        };
      });
  }

  return {
    /** Steps of the walk: fewer where not even two factors can be set up. */
    steps: Math.min(WANTED, enrollable.length),

    /** As they are recommended; the first is marked, where there is something to choose from. */
    choices,

    async standing(account: Account): Promise<Standing> {
      const all = await credentials.ofAccount(account.id);
      const own = all.filter((one) => evaluator.isOwn(one) && evaluator.works(one));
      const open = enrollable.map(({ module }) => module.id).filter((id) => !own.some(({ factor }) => factor === id));
      const spare = issuing
        .offered(all)
        .filter(({ factor, replaces }) => !replaces && deps.factors.get(factor)?.module.standing === 'spare')
        .map(({ factor }) => factor);
      return { own, next: own.length >= WANTED ? [] : open, spare };
    },
  };
}

export type Portal = ReturnType<typeof createPortal>;
