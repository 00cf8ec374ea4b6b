import { contextOf } from '../accounts/context.ts';
import type { PasswordExpiryOf, PasswordStates } from '../accounts/passwords/index.ts';
import type { Preferences } from '../accounts/preferences.ts';
import type { Evaluator, FullEvaluation } from '../assurance/evaluate.ts';
import type { TrustedDevices } from '../assurance/trusted-devices.ts';
import { ENROLMENT, isOwnPage } from '../core/application.ts';
import type { Browser } from '../core/browser.ts';
import type { FactorContext } from '../core/challenge.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Campaigns } from '../methods/campaigns.ts';
import type { Passwords } from '../methods/passwords.ts';
import type { Suggestions } from '../methods/suggestions.ts';
import type { SignInNeeds } from './needs.ts';
import { createOffers } from './offers.ts';
import type { Preferring } from './preferring.ts';
import { createPresented } from './presented.ts';
import { createRemembering } from './remembering.ts';
import { createReminding } from './reminding.ts';
import { createRights, standing } from './rights.ts';
import type { Stage, State } from './steps.ts';
import { createSuggesting } from './suggesting.ts';
import { vouchedFor } from './vouched.ts';
import { freshly, wishOf } from './wishes.ts';

interface Parts {
  evaluator: Evaluator;
  devices: TrustedDevices;
  passwords: Passwords;
  preferences: Preferences;
  suggestions: Suggestions;
  campaigns: Campaigns;
  passwordExpiry: PasswordExpiryOf;
  passwordStates: PasswordStates;
}

/** What comes next, from how the request stands: the one dispatcher that every answer returns to. */
export function createDispatcher(
  deps: SignInNeeds,
  { evaluator, devices, passwords, preferences, suggestions, campaigns, ...expiring }: Parts,
) {
  const offers = createOffers(deps, evaluator);
  const rights = createRights(deps, { evaluator, offers, suggestions, campaigns, evaluate });
  const { isFresh, hasOwn, hasSetUp, hasFreshPass, mayAdd, mayEnrol } = rights;
  const { memorable, remembering } = createRemembering(deps, devices);
  const reminding = createReminding(deps, { ...expiring, passwords });
  const suggest = createSuggesting(deps, { suggestions, campaigns });
  const lends = [...deps.factors.values()].some(({ module }) => module.standing === 'bootstrap');

  async function evaluate(request: SignInRequest, state: State, browser: Browser): Promise<Preferring> {
    const account = accountOf(request, state);
    const evaluation = await evaluator.evaluate({
      application: request.application,
      ...(account ? { account } : {}),
      ...(account && account === request.account && request.sight ? { sight: request.sight } : {}),
      collected: [...state.collected, ...vouchedFor(request)],
      request: request.request,
      wants: request.wants,
      browser,
      ...(request.presenter ? { presents: request.presenter.prompts } : {}),
      ...(request.presenter?.alone ? { alone: true as const } : {}),
      ...(state.renews ? { renews: true } : {}),
    });
    const elsewhere = { wish: wishOf(evaluation, request, deps.now()), ...(state.asked ? { asked: state.asked } : {}) };
    // Nothing is chosen from where there is one at most.
    if (account === undefined || evaluation.missing !== 'second' || evaluation.credentials.length < 2) {
      return { ...evaluation, ...elsewhere };
    }
    const preferred = await preferences.of(account, evaluation.credentials);
    return { ...evaluation, ...elsewhere, ...(preferred ? { preferred } : {}) };
  }

  const { isEnrolled } = evaluator;
  const { alone, elsewhere } = createPresented(offers, evaluator);

  /** The second step: a method, or a first enrolment, or a refusal that says why. */
  async function second(context: FactorContext, state: State, evaluation: Preferring): Promise<Stage> {
    const { account, requirement, credentials } = evaluation;
    if (account === undefined) return offers.first(context, evaluation);
    const upstream = offers.upstreams.second(evaluation);
    if (upstream) return upstream;
    const [method] = offers.methods(evaluation, state, context);
    if (method) return offers.challenge(method.factor, context, evaluation, state);
    if (offers.isStopped(evaluation, state))
      return { at: 'refused', message: 'stopped.methods', error: 'access_denied' };
    if (evaluation.presents) return elsewhere(context, state, evaluation);
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
    if (!isFresh(standing(state, evaluation))) {
      const { wish } = evaluation;
      return offers.first(context, { ...evaluation, ...(wish ? { wish: freshly(wish) } : {}) });
    }
    const [only] = factors;
    if (factors.length > 1 || only === undefined) return { at: 'choose-enrolment', factors };
    return offers.enrol(only, context, account, credentials);
  }

  /** After everything is there: what could be set up as well, and whether this browser is to be remembered. */
  async function last(
    request: SignInRequest,
    state: State,
    evaluation: FullEvaluation,
    browser: Browser,
  ): Promise<Stage> {
    const { account, begun: authTime = deps.now() } = evaluation;
    if (account === undefined) return { at: 'done', authTime };
    const lent = await afterPass(request.application, state, evaluation);
    if (lent) return lent;
    const reminder = await reminding.due(account, request.application, state, authTime);
    if (reminder) return reminder;
    const suggested = mayAdd(state, evaluation) ? await suggest(state, evaluation) : undefined;
    return suggested ?? remembering(account.id, state, evaluation, browser);
  }

  /** They are shown to one. Who has one that isn't at hand is asked whether it is lost. */
  async function afterPass(application: string, state: State, evaluation: FullEvaluation): Promise<Stage | undefined> {
    const { account, credentials, begun: authTime = deps.now() } = evaluation;
    if (account === undefined || state.suggested) return undefined;
    if (!hasFreshPass(state, evaluation)) return undefined;
    const [factor] = offers.enrollable(evaluation);
    if (factor === undefined) return undefined;
    // The account's own pages are where it leads.
    if (hasOwn(evaluation)) {
      return isOwnPage(application) || hasSetUp(state, evaluation) ? undefined : { at: 'lost', authTime };
    }
    const stage = await offers.enrol(factor, {}, account, credentials);
    return stage.at === 'enrol' ? { ...stage, optional: { authTime }, why: 'why.suggested' } : undefined;
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
    if (evaluation.missing === 'first' && evaluation.alone) return alone(context, state, evaluation);
    if (evaluation.missing === 'first') {
      const hint = state.switched ? undefined : request.loginHint;
      return offers.first(context, evaluation, hint);
    }
    if (evaluation.missing === 'new-password') {
      return request.presenter ? elsewhere(context, state, evaluation) : reminding.newPassword(evaluation);
    }
    if (!evaluation.satisfied) return second(context, state, evaluation);
    // Nothing is suggested or remembered on a state that may be over.
    if (evaluation.withoutDirectory)
      return { at: 'done', authTime: evaluation.begun ?? deps.now(), withoutDirectory: true };
    // Its own pages lead on from here, and a door that presents the prompts itself asks for nothing that isn't needed.
    if (request.application === ENROLMENT || request.presenter)
      return standingIn({ at: 'done', authTime: evaluation.begun ?? deps.now() }, evaluation);
    return standingIn(await last(request, state, evaluation, browser), evaluation);
  }

  return { next, evaluate, offers, mayEnrol, memorable, later: reminding.later, validityNow: evaluator.validityNow };
}

/** With what stood for the second factor, a connection or a remembered device: whoever reads of the sign-in is told. */
const standingIn = (stage: Stage, { connection, remembered }: Preferring): Stage =>
  stage.at === 'done' ? { ...stage, ...(connection && { connection }), ...(remembered && { remembered }) } : stage;

/** Whose sign-in it is: what was proven here, else whose session the browser brought. */
export function accountOf(request: SignInRequest, state: State): string | undefined {
  return state.account ?? (state.switched ? undefined : request.account);
}

export type Dispatcher = ReturnType<typeof createDispatcher>;
