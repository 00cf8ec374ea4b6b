import { contextOf } from '../accounts/context.ts';
import type { Evaluator, FullEvaluation } from '../assurance/evaluate.ts';
import { type Evidence, isFirstFactor, lendsSetUp, levelOf, type Proof, reaches } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { FactorContext } from '../core/challenge.ts';
import { ELSEWHERE } from '../core/said.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Campaigns } from '../methods/campaigns.ts';
import type { Suggestions } from '../methods/suggestions.ts';
import type { SignInNeeds } from './needs.ts';
import type { Offers } from './offers.ts';
import type { Preferring } from './preferring.ts';
import { PATIENCE } from './states.ts';
import type { State } from './steps.ts';
import { FRESH_FOR_ENROLMENT } from './wishes.ts';

interface Parts {
  evaluator: Evaluator;
  offers: Offers;
  suggestions: Suggestions;
  campaigns: Campaigns;
  evaluate(request: SignInRequest, state: State, browser: Browser): Promise<Preferring>;
}

/** What may be set up in a sign-in, by what was proven in it. */
export function createRights(
  deps: Pick<SignInNeeds, 'now'>,
  { evaluator, offers, suggestions, campaigns, evaluate }: Parts,
) {
  /** The first factor was proven in this sign-in, a moment ago. */
  const isFresh = (collected: readonly Evidence[], age = FRESH_FOR_ENROLMENT) =>
    collected.some(
      (proof) => isFirstFactor(proof) && !proof.bootstrap && !proof.ageless && deps.now() - proof.at <= age,
    );
  const { isEnrolled } = evaluator;

  const hasOwn = ({ credentials }: FullEvaluation) =>
    credentials.some((one) => evaluator.isOwn(one) && evaluator.works(one));

  /** Whether one was set up in this very sign-in. */
  function hasSetUp({ collected }: State, { credentials }: FullEvaluation): boolean {
    const begun = Math.min(...collected.map(({ at }) => at));
    return credentials.some((one) => evaluator.isOwn(one) && one.createdAt >= begun);
  }

  /** Who came with a lent pass and has no method of their own, or has lost it: setting one up is what it is for. */
  function isLent(state: State, evaluation: FullEvaluation): boolean {
    return hasFreshPass(state, evaluation) && (state.lost === true || !hasOwn(evaluation));
  }

  /** Whether a pass was shown so lately that a method may be set up with it. */
  function hasFreshPass(state: State, evaluation: FullEvaluation): boolean {
    const now = deps.now();
    return standing(state, evaluation).some(
      (proof) =>
        lendsSetUp(proof) && now - proof.at <= FRESH_FOR_ENROLMENT && now < (proof.expires ?? Number.POSITIVE_INFINITY),
    );
  }

  /** Setting up another method takes two factors of this very sign-in; the first one, what a first enrolment takes. */
  function mayAdd(state: State, evaluation: FullEvaluation, age?: number): boolean {
    const { account, credentials, requirement } = evaluation;
    // What another house was shown some time ago, or nobody says when, wasn't shown in this sign-in.
    const own = standing(state, evaluation).filter(
      ({ bootstrap, request, ageless }) => !bootstrap && !ageless && request !== ELSEWHERE,
    );
    if (reaches(levelOf(own), 'mfa')) return true;
    return !isEnrolled(account, credentials) && requirement.firstEnrolment && isFresh(own, age);
  }

  /** In the middle of a sign-in that asks for a second step, of an account that never had one. */
  function mayBeginFirst(context: FactorContext, state: State, evaluation: FullEvaluation): boolean {
    const { account, credentials, requirement, missing, hold } = evaluation;
    if (missing !== 'second' || hold || isEnrolled(account, credentials) || !requirement.firstEnrolment) return false;
    return isFresh(standing(state, evaluation), PATIENCE) && offers.methods(evaluation, state, context).length === 0;
  }

  /**
   * Whether a method may be set up by what led to its page, as things stand now: whoever opened that page may have
   * waited, while its owner set up another one, a pass was lent, or policy, network or account changed. Only the time
   * that it takes to set one up is given: a newcomer may have to install an app first.
   */
  async function mayEnrol(
    request: SignInRequest,
    state: State,
    { factor, optional }: { factor: string; optional?: unknown },
    browser: Browser,
  ): Promise<boolean> {
    const evaluation = await evaluate(request, state, browser);
    const { account, satisfied, withoutDirectory } = evaluation;
    if (withoutDirectory) return false;
    const would = offers.enrollable(evaluation).includes(factor);
    if (optional === undefined) return would && mayBeginFirst(contextOf(request, browser), state, evaluation);
    if (account === undefined || !satisfied) return false;
    if (would && isLent(state, evaluation)) return true;
    const led = [suggestions.isMade, campaigns.leadsTo].some((leads) => leads(factor, account, evaluation.credentials));
    return led && mayAdd(state, evaluation, PATIENCE);
  }

  return { isFresh, hasOwn, hasSetUp, hasFreshPass, mayAdd, mayEnrol };
}

/** What this sign-in collected and still stands: a method can be gone by now, or a pass ended. */
export function standing(state: State, { evidence }: FullEvaluation): Evidence[] {
  const nameOf = ({ factor, credential, at }: Proof) => [factor, credential, at].join('\0');
  const names = new Set(evidence.map(nameOf));
  return state.collected.filter((proof) => names.has(nameOf(proof)));
}
