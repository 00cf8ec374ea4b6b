import { contextOf } from '../accounts/context.ts';
import type { Preferences } from '../accounts/preferences.ts';
import type { Evaluator, FullEvaluation } from '../assurance/evaluate.ts';
import type { TrustedDevices } from '../assurance/trusted-devices.ts';
import { ENROLMENT, isOwnPage } from '../core/application.ts';
import {
  type Evidence,
  isFirstFactor,
  isSecondFactor,
  lendsSetUp,
  levelOf,
  type Proof,
  reaches,
} from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { FactorContext } from '../core/factor.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Passwords } from '../methods/passwords.ts';
import type { Suggestions } from '../methods/suggestions.ts';
import type { SignInNeeds } from './needs.ts';
import { createOffers, type Preferring } from './offers.ts';
import { PATIENCE } from './states.ts';
import type { Stage, State } from './steps.ts';

/** How recent the password must be for a first enrolment, milliseconds. */
const FRESH_FOR_ENROLMENT = 10 * 60_000;

interface Parts {
  evaluator: Evaluator;
  devices: TrustedDevices;
  passwords: Passwords;
  preferences: Preferences;
  suggestions: Suggestions;
}

/** What comes next, from how the request stands: the one dispatcher that every answer returns to. */
export function createDispatcher(
  deps: SignInNeeds,
  { evaluator, devices, passwords, preferences, suggestions }: Parts,
) {
  const offers = createOffers(deps, evaluator);
  const lends = [...deps.factors.values()].some(({ module }) => module.standing === 'bootstrap');

  async function evaluate(request: SignInRequest, state: State, browser: Browser): Promise<Preferring> {
    const account = accountOf(request, state);
    const evaluation = await evaluator.evaluate({
      application: request.application,
      ...(account ? { account } : {}),
      ...(account && account === request.account && request.sight ? { sight: request.sight } : {}),
      collected: state.collected,
      request: request.request,
      wants: request.wants,
      browser,
    });
    // Nothing is chosen from where there is one at most.
    if (account === undefined || evaluation.missing !== 'second' || evaluation.credentials.length < 2) {
      return evaluation;
    }
    const preferred = await preferences.of(account, evaluation.credentials);
    return { ...evaluation, ...(preferred ? { preferred } : {}) };
  }

  /** The first factor was proven in this sign-in, a moment ago. */
  const isFresh = (collected: readonly Evidence[], age = FRESH_FOR_ENROLMENT) =>
    collected.some((proof) => isFirstFactor(proof) && !proof.bootstrap && deps.now() - proof.at <= age);
  const { isEnrolled } = evaluator;

  /** The second step: a method, or a first enrolment, or a refusal that says why. */
  async function second(context: FactorContext, state: State, evaluation: Preferring): Promise<Stage> {
    const { account, requirement, credentials } = evaluation;
    if (account === undefined) return offers.first(context, evaluation);
    const [method] = offers.methods(evaluation, state, context);
    if (method) return offers.challenge(method.factor, context, evaluation, state);
    if (offers.isStopped(evaluation, state))
      return { at: 'refused', message: 'stopped.methods', error: 'access_denied' };
    if (evaluation.hold) return { at: 'refused', message: 'held.no-method', error: 'access_denied' };

    const unmet = evaluation.unreachable;
    const error = unmet ? 'unmet_authentication_requirements' : 'access_denied';
    const factors = offers.enrollable(evaluation);
    if (isEnrolled(account, credentials)) {
      // What is wanted may be set up with what is there: where methods are managed, not in the middle of this.
      const able = credentials.some((credential) => isEnrolled(account, [credential]) && evaluator.works(credential));
      const setUp = able && factors.length > 0 ? { setUp: true } : {};
      return { at: 'refused', message: unmet ? 'unmet' : 'no-method', error, ...setUp };
    }
    if (factors.length === 0) return { at: 'refused', message: unmet ? 'unmet' : 'no-method', error };
    if (!requirement.firstEnrolment) {
      const withPass = context.application === ENROLMENT && lends;
      return { at: 'refused', message: withPass ? 'enrolment-needs-pass' : 'enrolment-not-here', error };
    }
    // An old session's password must not be enough to give a stranger at this screen the second factor.
    if (!isFresh(standing(state, evaluation))) return offers.first(context, evaluation);
    const [only] = factors;
    if (factors.length > 1 || only === undefined) return { at: 'choose-enrolment', factors };
    return offers.enrol(only, context, account, credentials);
  }

  /** After everything is there: what could be set up as well, and whether this browser is to be remembered. */
  async function last(application: string, state: State, evaluation: FullEvaluation, browser: Browser): Promise<Stage> {
    const { account, authTime = deps.now() } = evaluation;
    if (account === undefined) return { at: 'done', authTime };
    const lent = await afterPass(application, state, evaluation);
    if (lent) return lent;
    if (!state.suggested && mayAdd(state, evaluation)) {
      const suggestion = await suggestions.due(account, evaluation.credentials);
      if (suggestion) {
        await suggestions.made(account.id, suggestion);
        return { at: 'suggest', factor: suggestion.factor, authTime };
      }
    }
    return remembering(account.id, state, evaluation, browser);
  }

  /** What this sign-in collected and still stands: a method can be gone by now, or a pass ended. */
  function standing(state: State, { evidence }: FullEvaluation): Evidence[] {
    const nameOf = ({ factor, credential, at }: Proof) => [factor, credential, at].join('\0');
    const names = new Set(evidence.map(nameOf));
    return state.collected.filter((proof) => names.has(nameOf(proof)));
  }

  const hasOwn = ({ credentials }: FullEvaluation) =>
    credentials.some((one) => evaluator.isOwn(one) && evaluator.works(one));

  /** Whether one was set up in this very sign-in. */
  function hasSetUp({ collected }: State, { credentials }: FullEvaluation): boolean {
    const begun = Math.min(...collected.map(({ at }) => at));
    return credentials.some((one) => evaluator.isOwn(one) && one.createdAt >= begun);
  }

  /** Who came with a lent pass and has no method of their own, or has lost it: setting one up is what it is for. */
  function isLent(state: State, evaluation: FullEvaluation): boolean {
    return hasFreshPass(standing(state, evaluation), deps.now()) && (state.lost === true || !hasOwn(evaluation));
  }

  /** They are shown to one. Who has one that isn't at hand is asked whether it is lost. */
  async function afterPass(application: string, state: State, evaluation: FullEvaluation): Promise<Stage | undefined> {
    const { account, credentials, authTime = deps.now() } = evaluation;
    if (account === undefined || state.suggested) return undefined;
    if (!hasFreshPass(standing(state, evaluation), deps.now())) return undefined;
    const [factor] = offers.enrollable(evaluation);
    if (factor === undefined) return undefined;
    // The account's own pages are where it leads.
    if (hasOwn(evaluation)) {
      return isOwnPage(application) || hasSetUp(state, evaluation) ? undefined : { at: 'lost', authTime };
    }
    const stage = await offers.enrol(factor, {}, account, credentials);
    return stage.at === 'enrol' ? { ...stage, optional: { authTime }, why: 'why.suggested' } : undefined;
  }

  /** Setting up another method takes two factors of this very sign-in; the first one, what a first enrolment takes. */
  function mayAdd(state: State, evaluation: FullEvaluation, age?: number): boolean {
    const { account, credentials, requirement } = evaluation;
    const own = standing(state, evaluation).filter(({ bootstrap }) => !bootstrap);
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
    const { account, satisfied } = evaluation;
    const would = offers.enrollable(evaluation).includes(factor);
    if (optional === undefined) return would && mayBeginFirst(contextOf(request, browser), state, evaluation);
    if (account === undefined || !satisfied) return false;
    if (would && isLent(state, evaluation)) return true;
    return mayAdd(state, evaluation, PATIENCE) && suggestions.isMade(factor, account, evaluation.credentials);
  }

  /** What of this sign-in can be remembered on this browser; empty where nothing is. */
  function memorable(state: State, evaluation: FullEvaluation, browser: Browser): Evidence[] {
    if (!evaluation.satisfied || evaluation.requirement.remember === 0 || browser.shared) return [];
    // One step was all it took: there is no second one to be spared.
    if (evaluation.evidence.every((proof) => isFirstFactor(proof) && isSecondFactor(proof))) return [];
    return standing(state, evaluation).filter((proof) => isSecondFactor(proof) && !proof.bootstrap);
  }

  async function remembering(
    account: string,
    state: State,
    evaluation: FullEvaluation,
    browser: Browser,
  ): Promise<Stage> {
    const { requirement, authTime = deps.now() } = evaluation;
    const proofs = memorable(state, evaluation, browser);
    const done: Stage = { at: 'done', authTime };
    if (proofs.length === 0) return done;
    if ((await devices.recall(account, browser)) === undefined) {
      return { at: 'remember', window: requirement.remember, authTime };
    }
    // Said yes before: a new proof renews the record.
    if (await devices.remember(account, proofs, browser)) {
      deps.audit.note({ event: 'device.renewed', account, ip: browser.ip, userAgent: browser.userAgent });
    }
    return done;
  }

  /** All is proven, and the account is held until its password is a new one. */
  function newPassword({ account }: FullEvaluation): Stage {
    if (account && passwords.changeable(account)) return { at: 'new-password' };
    return { at: 'refused', message: 'held.not-here', error: 'access_denied' };
  }

  async function next(request: SignInRequest, state: State, browser: Browser): Promise<Stage> {
    const context = contextOf(request, browser);
    const evaluation = await evaluate(request, state, browser);
    // Whoever policy refuses may have another account.
    if (request.selects && evaluation.account && !state.switched && state.account === undefined) {
      return { at: 'select-account', account: evaluation.account.id };
    }
    if (evaluation.missing === 'denied') return { at: 'refused', message: 'denied', error: 'access_denied' };
    // None of the classes asked for is known here: no sign-in could ever meet that.
    if (evaluation.unreachable && evaluation.missing !== 'second') {
      return { at: 'refused', message: 'unmet', error: 'unmet_authentication_requirements' };
    }
    if (evaluation.missing === 'first') {
      const hint = state.switched ? undefined : request.loginHint;
      return offers.first(context, evaluation, hint);
    }
    if (evaluation.missing === 'new-password') return newPassword(evaluation);
    if (!evaluation.satisfied) return second(context, state, evaluation);
    // Its own pages lead on from here.
    if (request.application === ENROLMENT) return { at: 'done', authTime: evaluation.authTime ?? deps.now() };
    return last(request.application, state, evaluation, browser);
  }

  return { next, evaluate, offers, mayEnrol, memorable, voidBefore: evaluator.voidBefore };
}

/** Whether a pass was shown so lately that a method may be set up with it. */
function hasFreshPass(collected: readonly Evidence[], now: number): boolean {
  return collected.some(
    (proof) =>
      lendsSetUp(proof) && now - proof.at <= FRESH_FOR_ENROLMENT && now < (proof.expires ?? Number.POSITIVE_INFINITY),
  );
}

/** Whose sign-in it is: what was proven here, else whose session the browser brought. */
export function accountOf(request: SignInRequest, state: State): string | undefined {
  return state.account ?? (state.switched ? undefined : request.account);
}

export type Dispatcher = ReturnType<typeof createDispatcher>;
