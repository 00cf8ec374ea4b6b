import type { Account } from '../core/account.ts';
import { highest, NO_REQUEST, reaches } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { Requirement, Rule } from '../core/policy.ts';
import type { EvaluationInput } from '../core/sign-in.ts';
import { decide } from '../policy/index.ts';
import type { AssuranceNeeds } from './needs.ts';

/** What policy is told of a person. */
export function factsOf({ id, groups, createdAt }: Account, enrolled: boolean) {
  return { id, groups, createdAt, enrolled };
}

/** What a request wants by itself, where none is under way. */
export const NOTHING_MORE = { acrValues: [], acrEssential: false, reauthenticate: false };

/** What the rules of now require of a person. */
export function createRequirements(deps: Pick<AssuranceNeeds, 'now' | 'rules' | 'trustedDevices' | 'applications'>) {
  function requirementOf(
    account: Account | undefined,
    enrolled: boolean,
    input: EvaluationInput,
    rules: readonly Rule[] = deps.rules,
  ) {
    return decide(
      rules,
      {
        now: deps.now(),
        application: input.application,
        ...(account ? { account: factsOf(account, enrolled) } : {}),
        networks: input.browser?.networks ?? [],
      },
      { remember: deps.trustedDevices.lifetime },
    );
  }

  /** Whether any application, now, wants more than one factor of this person. */
  function needsSecond(account: Account): boolean {
    return [...deps.applications.keys()].some((application) => {
      const request = { application, request: NO_REQUEST, wants: NOTHING_MORE };
      return reaches(requirementOf(account, true, request).level, 'mfa');
    });
  }

  /** What an application asks of this person now, from where they are. */
  const asksOf = (account: Account, enrolled: boolean, application: string, browser: Browser): Requirement =>
    requirementOf(account, enrolled, { application, request: NO_REQUEST, wants: NOTHING_MORE, browser });

  return { requirementOf, needsSecond, asksOf };
}

export type Requirements = ReturnType<typeof createRequirements>;

/**
 * The password may be somebody else's too: by itself it opens nothing, sets up nothing, and a device that is
 * remembered, perhaps theirs, does nothing for it.
 */
export function underHold({ connection: _, ...requirement }: Requirement): Requirement {
  const demands = ['level: mfa', 'remember: never', 'a new password'];
  const reason = { rule: 'the password must be changed', effect: 'applied', demands } as const;
  return {
    ...requirement,
    level: highest(requirement.level, 'mfa'),
    remember: 0,
    firstEnrolment: false,
    reasons: [...requirement.reasons, reason],
  };
}

/**
 * A new password is chosen. Whoever has a second factor shows it first: the password that is to go may be known to
 * others, and would choose the next one.
 */
export function underChange({ connection: _, ...requirement }: Requirement): Requirement {
  const reason = { rule: 'a new password is chosen', effect: 'applied', demands: ['level: mfa'] } as const;
  return {
    ...requirement,
    level: highest(requirement.level, 'mfa'),
    reasons: [...requirement.reasons, reason],
  };
}

/** Outside an authorization request `never` can only mean: a moment ago. */
export function recently(requirement: Requirement, recent: number | undefined): Requirement {
  if (recent === undefined || !requirement.perRequest) return requirement;
  return { ...requirement, perRequest: false, freshness: Math.min(recent, requirement.freshness ?? recent) };
}
