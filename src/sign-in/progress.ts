import { contextOf } from '../accounts/context.ts';
import type { Browser } from '../core/browser.ts';
import type { AuditEvent } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import { accountOf, type Dispatcher } from './advance.ts';
import type { Following } from './following.ts';
import type { Loaded, States } from './states.ts';
import type { Stage, State } from './steps.ts';

/** Where a sign-in stands, from one answer to the next: loaded, gone on with, stored. */
export function createProgress({
  states,
  dispatcher,
  follow,
}: {
  states: States;
  dispatcher: Dispatcher;
  follow: Following;
}) {
  /** The state that follows: what was collected, and what is asked next. */
  async function advance(
    request: SignInRequest,
    state: Omit<State, 'stage' | 'nonce'>,
    browser: Browser,
  ): Promise<State> {
    const { error: _, ...kept } = state;
    const blank: State = { ...kept, wrong: 0, nonce: states.nonce(), stage: { at: 'choose' } };
    const joined = await joinedBy(request, blank, browser);
    return { ...blank, stage: joined ?? (await dispatcher.next(request, blank, browser)) };
  }

  /** The second step that another sign-in of the same person stands at, where it would be asked here as well. */
  async function joinedBy(request: SignInRequest, state: State, browser: Browser): Promise<Stage | undefined> {
    const id = request.presenter?.joins;
    if (id === undefined || state.account === undefined) return undefined;
    const other = await states.load({ id });
    if (other?.state.stage.at !== 'method' || other.state.account !== state.account) return undefined;
    const { stage } = other.state;
    const evaluation = await dispatcher.evaluate(request, state, browser);
    if (evaluation.missing !== 'second') return undefined;
    const methods = dispatcher.offers.methods(evaluation, state, contextOf(request, browser));
    if (!methods.some(({ factor }) => factor === stage.factor)) return undefined;
    return (await states.take({ id }, other)) ? stage : undefined;
  }

  /** What policy asked for when it refused, and by which rules: whoever helps is told that. */
  async function demandsOf(request: SignInRequest, state: State, browser: Browser) {
    const { wanted, level, requirement } = await dispatcher.evaluate(request, state, browser);
    return { wanted, ...(level === undefined ? {} : { held: level }), rules: requirement.reasons };
  }

  /**
   * Stores a state, and answers it. What follows from it, with what is `told` of the answer that led to it, follows
   * once, for whoever was first, and not before: of a hundred right answers at once one counts.
   */
  async function save(
    request: SignInRequest,
    before: Loaded | undefined,
    state: State,
    browser: Browser,
    told?: AuditEvent,
  ): Promise<Loaded | undefined> {
    const { stage } = state;
    const why = stage.at === 'refused' ? await demandsOf(request, state, browser) : {};
    const saved = await states.save(request, before, state, browser);
    if (saved === undefined) return undefined;
    await follow(request, before, state, browser, { why, ...(told ? { told } : {}) });
    return saved;
  }

  /** Whether it rests on something from before the account's sessions were ended, or the account was held. */
  async function rests(request: SignInRequest, state: State): Promise<boolean> {
    const account = accountOf(request, state);
    if (account === undefined || state.collected.length === 0) return false;
    const { stands } = await dispatcher.validityNow(account);
    return !state.collected.every(stands);
  }

  /** In the place of what is void. Whoever was only named is asked once: another question would reach them unbidden. */
  function anew(request: SignInRequest, before: Omit<State, 'stage' | 'nonce'>, browser: Browser): Promise<State> {
    if (!isAskedOnce(request)) return advance(request, before, browser);
    const stage: Stage = { at: 'refused', message: 'elsewhere.changed', error: 'access_denied' };
    return Promise.resolve({ ...before, nonce: states.nonce(), stage });
  }

  /** @throws SallyportError ERR_SIGN_IN_EXPIRED where somebody is asked once, and that is over */
  async function load(request: SignInRequest, browser: Browser): Promise<Loaded> {
    for (;;) {
      const loaded = await states.load(request, browser);
      if (loaded === undefined && isAskedOnce(request))
        throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'this sign-in has ended meanwhile');
      const isVoid = loaded !== undefined && (await rests(request, loaded.state));
      if (loaded && !isVoid && !isOvertaken(request, loaded.state)) return loaded;
      const fresh = { switched: loaded?.state.switched ?? false, collected: [], wrong: 0 };
      const before = isVoid ? fresh : (loaded?.state ?? fresh);
      const made = await save(request, loaded, await anew(request, before, browser), browser);
      // It isn't overtaken: of an account that may not sign in, it would be for ever.
      if (made && !(await rests(request, made.state))) return made;
    }
  }

  const ahead = (id: string, browser: Browser): void => states.ahead({ id }, browser);

  return { ahead, advance, save, load };
}

export type Progress = ReturnType<typeof createProgress>;

/** Under way, and of somebody who was only named (`JourneyRequest.named`). */
function isAskedOnce({ presenter }: SignInRequest): boolean {
  return presenter?.alone === true && presenter.begun === true;
}

/** Another tab has signed in since this one asked who is there. Its answer must not count for that person. */
function isOvertaken(request: SignInRequest, { stage, ...state }: State): boolean {
  if (stage.at === 'select-account') return stage.account !== accountOf(request, { ...state, stage });
  return stage.at === 'first' && stage.why === 'why.first' && accountOf(request, { ...state, stage }) !== undefined;
}
