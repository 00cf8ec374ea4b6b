import { contextOf } from '../accounts/context.ts';
import type { Browser } from '../core/browser.ts';
import type { Answer } from '../core/prompt.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Passwords } from '../methods/passwords.ts';
import { renewedProofs } from '../methods/revocation.ts';
import { accountOf, type Dispatcher } from './advance.ts';
import type { Progress } from './progress.ts';
import { about, type Result } from './results.ts';
import type { States } from './states.ts';
import type { Stage, State } from './steps.ts';

/** The known account is set aside, with what was proven of it. */
export const SET_ASIDE: Omit<State, 'stage' | 'nonce'> = { switched: true, collected: [], wrong: 0 };

interface Parts {
  passwords: Passwords;
  states: States;
  dispatcher: Dispatcher;
  progress: Progress;
}

/** Answers to what the journey asks itself, between the factors' prompts: each goes on from what was collected. */
export function createQuestions(parts: Parts) {
  const { passwords, states, dispatcher, progress } = parts;
  const { advance } = progress;

  async function remember(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const account = accountOf(request, state);
    if (state.stage.at !== 'remember' || account === undefined) return { error: { key: 'try-again' } };
    if (answer.remember !== 'yes' && answer.remember !== 'no') return { error: { key: 'try-again' } };
    const evaluation = await dispatcher.evaluate(request, state, browser);
    // Something has changed since that was asked.
    if (!evaluation.satisfied) return { state: await advance(request, state, browser) };
    const proofs = answer.remember === 'yes' ? dispatcher.memorable(state, evaluation, browser) : [];
    const remembers = proofs.length > 0 ? { remembers: { proofs, anew: true } } : {};
    const { authTime } = state.stage;
    return { state: { ...state, nonce: states.nonce(), stage: { at: 'done', authTime, ...remembers } } };
  }

  /** Another method, or the factor to set up. */
  async function choose(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const context = contextOf(request, browser);
    const evaluation = await dispatcher.evaluate(request, state, browser);
    const { account } = evaluation;
    if (account === undefined) return { error: { key: 'try-again' } };
    const move = (stage: Stage): Result => {
      const { error: _, ...kept } = state;
      return { state: { ...kept, wrong: 0, nonce: states.nonce(), stage } };
    };
    if (state.stage.at === 'choose-enrolment' || state.stage.at === 'enrol') {
      const { optional } = state.stage;
      const factor = String(answer.factor);
      if (!dispatcher.offers.enrollable(evaluation).includes(factor)) return { error: { key: 'try-again' } };
      const may = await dispatcher.mayEnrol(request, state, { factor, ...(optional ? { optional } : {}) }, browser);
      if (!may) return { state: await advance(request, state, browser) };
      const fresh = await dispatcher.offers.enrol(factor, context, account, evaluation.credentials);
      return move(fresh.at === 'enrol' && optional ? { ...fresh, optional, why: 'why.suggested' } : fresh);
    }
    const method = dispatcher.offers.methods(evaluation, state, context).find(({ factor }) => factor === answer.method);
    if (method === undefined) return { error: { key: 'try-again' } };
    return move(await dispatcher.offers.challenge(method.factor, context, evaluation, state));
  }

  /** A suggestion taken or left; either way the sign-in goes on, and none is made again in it. */
  async function suggest(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const { stage } = state;
    if (stage.at !== 'suggest' || (answer.suggest !== 'yes' && answer.suggest !== 'no')) {
      return { error: { key: 'try-again' } };
    }
    if (answer.suggest === 'no') return skip(request, state, browser);
    return setUp(request, state, stage, browser);
  }

  /** What they are led to by what they have used, or later; either way the sign-in goes on. */
  async function move(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const { stage } = state;
    if (stage.at !== 'move') return { error: { key: 'try-again' } };
    const { campaign, authTime } = stage;
    if (answer.move === 'later') {
      const facts = about(request, browser, accountOf(request, state));
      return { ...(await skip(request, state, browser)), told: { event: 'campaign.postponed', campaign, ...facts } };
    }
    const factor = stage.factors.find((one) => one === answer.move);
    if (factor === undefined) return { error: { key: 'try-again' } };
    return setUp(request, state, { factor, authTime }, browser);
  }

  /** Sets up what was suggested; where that may not be any more the sign-in goes on without. */
  async function setUp(
    request: SignInRequest,
    state: State,
    { factor, authTime }: { factor: string; authTime: number },
    browser: Browser,
  ): Promise<Result> {
    const { account, credentials: enrolled } = await dispatcher.evaluate(request, state, browser);
    const may = await dispatcher.mayEnrol(request, state, { factor, optional: true }, browser);
    if (account === undefined || !may) return skip(request, state, browser);
    const context = contextOf(request, browser);
    const enrolment = await dispatcher.offers.enrol(factor, context, account, enrolled);
    const optional = { authTime };
    const next: Stage = enrolment.at === 'enrol' ? { ...enrolment, optional, why: 'why.suggested' } : enrolment;
    return { state: { ...state, suggested: true, wrong: 0, nonce: states.nonce(), stage: next } };
  }

  /** Whether the method that isn't at hand is lost: then the walk to a new one, in this very sign-in. */
  async function lost(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const { stage } = state;
    if (stage.at !== 'lost' || (answer.lost !== 'yes' && answer.lost !== 'no')) return { error: { key: 'try-again' } };
    if (answer.lost === 'no') return skip(request, state, browser);
    const kept: State = { ...state, lost: true, suggested: true, nonce: states.nonce() };
    const factors = dispatcher.offers.enrollable(await dispatcher.evaluate(request, kept, browser));
    return { state: { ...kept, stage: { at: 'choose-enrolment', factors, optional: { authTime: stage.authTime } } } };
  }

  /** Left out: the sign-in goes on, and nothing is suggested in it again. */
  async function skip(request: SignInRequest, state: State, browser: Browser): Promise<{ state: State }> {
    const { renews: _, ...kept } = state;
    return { state: await advance(request, { ...kept, suggested: true }, browser) };
  }

  /** A password that expires soon: another one now, or later. */
  async function remind(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const { stage } = state;
    const account = accountOf(request, state);
    if (stage.at !== 'remind' || account === undefined) return { error: { key: 'try-again' } };
    if (answer.remind === 'now' && stage.here) {
      return { state: await advance(request, { ...state, reminded: true, renews: true }, browser) };
    }
    if (answer.remind !== 'later') return { error: { key: 'try-again' } };
    await dispatcher.later(account);
    return { state: await advance(request, { ...state, reminded: true }, browser) };
  }

  /** The new password that a hold asks for. What was shown a moment ago to get here stands beyond the change. */
  async function renew(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const { account, missing } = await dispatcher.evaluate(request, state, browser);
    if (account === undefined || missing !== 'new-password') return { state: await advance(request, state, browser) };
    const { application: _, ...facts } = about(request, browser);
    const right = async () => (await dispatcher.evaluate(request, state, browser)).missing === 'new-password';
    const result = await passwords.change({
      account,
      next: answer.next ?? '',
      ...(state.stage.at === 'new-password' && state.stage.due ? { current: answer.current ?? '' } : {}),
      ...(account.id === request.account && request.sight ? { session: request.sight.session } : {}),
      browser,
      right,
      facts: { ...facts, by: 'owner' },
    });
    if ('lost' in result) return { state: await advance(request, state, browser) };
    if ('error' in result) return { error: result.error, free: true };
    const collected = renewedProofs(state.collected, result);
    const { renews: _renews, ...kept } = state;
    return { state: await advance(request, { ...kept, collected }, browser) };
  }

  /** The account of the session, or somebody else's. */
  async function select(
    request: SignInRequest,
    state: State,
    account: string,
    answer: Answer,
    browser: Browser,
  ): Promise<Result> {
    if (answer.account === 'other') return { state: await advance(request, SET_ASIDE, browser) };
    if (answer.account !== 'this') return { error: { key: 'try-again' }, free: true };
    return { state: { ...state, nonce: states.nonce(), stage: { at: 'selected', account } } };
  }

  return { remember, choose, suggest, move, lost, remind, skip, renew, select };
}
