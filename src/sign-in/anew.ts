import { contextOf } from '../accounts/context.ts';
import type { Browser } from '../core/browser.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Dispatcher } from './advance.ts';
import type { Result } from './results.ts';
import type { States } from './states.ts';
import type { Stage, State } from './steps.ts';

/** Wrong answers that one pending prompt survives. */
const MOST_WRONG = 5;

/** What is asked anew: after a wrong answer, or because somebody wants to begin an enrolment over. */
export function createAnew({ states, dispatcher }: { states: States; dispatcher: Dispatcher }) {
  /** An enrolment from its beginning, as after a slip in what was typed first. */
  async function restart(request: SignInRequest, state: State, browser: Browser): Promise<Result> {
    const fresh = await renewed(request, state, browser);
    const { error: _, ...kept } = state;
    return fresh === undefined ? { state } : { state: { ...kept, nonce: states.nonce(), stage: fresh } };
  }

  /** The present stage again, with the error; with a new prompt where the pending one is spent or shows the name typed. */
  async function again(
    request: SignInRequest,
    state: State,
    result: Extract<Result, { error: unknown }>,
    browser: Browser,
  ): Promise<State> {
    const wrong = state.wrong + (result.free ? 0 : 1);
    const { stage } = state;
    const context = contextOf(request, browser);
    const shown = { ...state, wrong, error: result.error };
    if (stage.at === 'first' && result.hint !== undefined) {
      const evaluation = await dispatcher.evaluate(request, state, browser);
      return { ...shown, stage: await dispatcher.offers.first(context, evaluation, result.hint) };
    }
    if (result.prompt && 'prompt' in stage) {
      return { ...shown, nonce: states.nonce(), stage: { ...stage, prompt: result.prompt } };
    }
    const spent = result.renew === true || (stage.at === 'method' && wrong >= MOST_WRONG);
    if (!spent) return shown;
    const fresh = await renewed(request, state, browser);
    return fresh === undefined ? shown : { ...shown, wrong: 0, nonce: states.nonce(), stage: fresh };
  }

  /** The same question, asked anew. A method that can't be asked any more gives way to what comes next. */
  async function renewed(request: SignInRequest, state: State, browser: Browser): Promise<Stage | undefined> {
    const { stage } = state;
    const context = contextOf(request, browser);
    const evaluation = await dispatcher.evaluate(request, state, browser);
    const { account, credentials } = evaluation;
    if (stage.at === 'first') {
      const hint = state.switched ? undefined : request.loginHint;
      return dispatcher.offers.first(context, evaluation, hint);
    }
    if (account === undefined) return undefined;
    if (stage.at === 'enrol') {
      const { why, optional } = stage;
      const fresh = await dispatcher.offers.enrol(stage.factor, context, account, credentials);
      return fresh.at === 'enrol' ? { ...fresh, why, ...(optional ? { optional } : {}) } : fresh;
    }
    if (stage.at !== 'method') return undefined;
    const left = dispatcher.offers.methods(evaluation, state, context);
    if (!left.some(({ factor }) => factor === stage.factor)) return dispatcher.next(request, state, browser);
    return dispatcher.offers.challenge(stage.factor, context, evaluation, state);
  }

  return { restart, again };
}
