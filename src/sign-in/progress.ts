import { contextOf } from '../accounts/context.ts';
import type { Proof } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import { SallyportError } from '../core/errors.ts';
import type { Said } from '../core/said.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import { accountOf, type Dispatcher } from './advance.ts';
import type { SignInNeeds } from './needs.ts';
import { about } from './results.ts';
import type { Loaded, States } from './states.ts';
import type { Stage, State } from './steps.ts';

/** Where a sign-in stands, from one answer to the next: loaded, gone on with, stored. */
export function createProgress(
  deps: Pick<SignInNeeds, 'audit'>,
  { states, dispatcher }: { states: States; dispatcher: Dispatcher },
) {
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

  /** Stores a state, and answers it; what it means for the audit is said once, by whoever was first. */
  async function save(
    request: SignInRequest,
    before: Loaded | undefined,
    state: State,
    browser: Browser,
  ): Promise<Loaded | undefined> {
    const { stage } = state;
    const why = stage.at === 'refused' ? await demandsOf(request, state, browser) : {};
    const saved = await states.save(request, before, state, browser);
    if (saved === undefined || before?.state.stage.at === stage.at) return saved;
    const common = about(request, browser, accountOf(request, state));
    const factors = state.collected.map(({ factor }) => factor);
    const { withoutDirectory, remembered, connection } = stage.at === 'done' ? stage : {};
    const believed = state.collected.flatMap((proof) => (proof.said ? [believedOf(proof, proof.said)] : []));
    const how = {
      ...(withoutDirectory && { withoutDirectory }),
      ...(remembered && { remembered }),
      ...(connection && { connection }),
      ...(believed.length > 0 ? { believed } : {}),
    };
    if (stage.at === 'done') deps.audit.note({ event: 'sign-in.completed', factors, ...how, ...common });
    if (stage.at === 'refused') deps.audit.note({ event: 'sign-in.denied', reason: stage.message, ...why, ...common });
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

/** What another house said of how somebody was shown, and what that counted as. */
function believedOf({ factor, kinds, phishingResistant }: Proof, { values, at, house }: Said) {
  return {
    factor,
    ...(house === undefined ? {} : { house }),
    kinds,
    phishingResistant,
    said: values,
    ...(at === undefined ? {} : { shown: new Date(at).toISOString() }),
  };
}

/** Another tab has signed in since this one asked who is there. Its answer must not count for that person. */
function isOvertaken(request: SignInRequest, { stage, ...state }: State): boolean {
  if (stage.at === 'select-account') return stage.account !== accountOf(request, { ...state, stage });
  return stage.at === 'first' && stage.why === 'why.first' && accountOf(request, { ...state, stage }) !== undefined;
}
