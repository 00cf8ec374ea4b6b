import type { Accounts } from '../accounts/accounts.ts';
import { contextOf } from '../accounts/context.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Logins } from '../accounts/logins.ts';
import type { EvidenceStore } from '../assurance/evidence.ts';
import type { TrustedDevices } from '../assurance/trusted-devices.ts';
import type { Browser } from '../core/browser.ts';
import type { Answer } from '../core/prompt.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { Methods } from '../methods/methods.ts';
import { type Passwords, renewedProofs } from '../methods/passwords.ts';
import { accountOf, type Dispatcher } from './advance.ts';
import { createConfirming } from './confirming.ts';
import type { SignInNeeds } from './needs.ts';
import { createPresenter } from './present.ts';
import { createProving } from './proving.ts';
import { createResend } from './resend.ts';
import { about, type Result } from './results.ts';
import type { Loaded, States } from './states.ts';
import type { Stage, State, Step } from './steps.ts';

/** Wrong answers that one pending prompt survives. */
const MOST_WRONG = 5;

/** The known account is set aside, with what was proven of it. */
const SET_ASIDE: Omit<State, 'stage' | 'nonce'> = { switched: true, collected: [], wrong: 0 };

interface Parts {
  accounts: Accounts;
  attempts: Attempts;
  logins: Logins;
  credentials: Credentials;
  methods: Methods;
  devices: TrustedDevices;
  evidence: EvidenceStore;
  states: States;
  dispatcher: Dispatcher;
  passwords: Passwords;
}

/**
 * The headless journey: begin, answer after answer, outcome. No door's words here; each answer is counted
 * before it is looked at, and returns to one dispatcher that decides what comes next.
 */
export function createJourney(deps: SignInNeeds, parts: Parts) {
  const { devices, states, dispatcher } = parts;
  const prove = createProving(deps, { ...parts, advance });
  const confirm = createConfirming(deps, { ...parts, mayEnrol: dispatcher.mayEnrol, advance });
  const present = createPresenter(parts);
  const resend = createResend(deps, parts);

  /** The state that follows: what was collected, and what is asked next. */
  async function advance(
    request: SignInRequest,
    state: Omit<State, 'stage' | 'nonce'>,
    browser: Browser,
  ): Promise<State> {
    const { error: _, ...kept } = state;
    const blank: State = { ...kept, wrong: 0, nonce: states.nonce(), stage: { at: 'choose' } };
    return { ...blank, stage: await dispatcher.next(request, blank, browser) };
  }

  /** What policy asked for when it refused, and by which rules: whoever helps is told that. */
  async function demandsOf(request: SignInRequest, state: State, browser: Browser) {
    const { wanted, level, requirement } = await dispatcher.evaluate(request, state, browser);
    return { wanted, ...(level === undefined ? {} : { held: level }), rules: requirement.reasons };
  }

  /** Stores a state; what it means for the audit is said once, by whoever was first. */
  async function save(
    request: SignInRequest,
    before: Loaded | undefined,
    state: State,
    browser: Browser,
  ): Promise<boolean> {
    const { stage } = state;
    const why = stage.at === 'refused' ? await demandsOf(request, state, browser) : {};
    if (!(await states.save(request, before, state, browser))) return false;
    if (before?.state.stage.at === stage.at) return true;
    const common = about(request, browser, accountOf(request, state));
    const factors = state.collected.map(({ factor }) => factor);
    if (stage.at === 'done') deps.audit.note({ event: 'sign-in.completed', factors, ...common });
    if (stage.at === 'refused') deps.audit.note({ event: 'sign-in.denied', reason: stage.message, ...why, ...common });
    return true;
  }

  /** Whether it rests on something from before the account's sessions were ended, or the account was held. */
  async function rests(request: SignInRequest, state: State): Promise<boolean> {
    const account = accountOf(request, state);
    if (account === undefined || state.collected.length === 0) return false;
    const since = await dispatcher.voidBefore(account);
    return state.collected.some(({ at }) => at < since);
  }

  async function load(request: SignInRequest, browser: Browser): Promise<Loaded> {
    for (;;) {
      const loaded = await states.load(request);
      const isVoid = loaded !== undefined && (await rests(request, loaded.state));
      if (loaded && !isVoid && !isOvertaken(request, loaded.state)) return loaded;
      const fresh = { switched: loaded?.state.switched ?? false, collected: [], wrong: 0 };
      const before = isVoid ? fresh : (loaded?.state ?? fresh);
      await save(request, loaded, await advance(request, before, browser), browser);
    }
  }

  async function remember(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const account = accountOf(request, state);
    if (state.stage.at !== 'remember' || account === undefined) return { error: { key: 'try-again' } };
    if (answer.remember !== 'yes' && answer.remember !== 'no') return { error: { key: 'try-again' } };
    const evaluation = await dispatcher.evaluate(request, state, browser);
    // Something has changed since that was asked.
    if (!evaluation.satisfied) return { state: await advance(request, state, browser) };
    const proofs = answer.remember === 'yes' ? dispatcher.memorable(state, evaluation, browser) : [];
    if (proofs.length > 0 && (await devices.remember(account, proofs, browser))) {
      await deps.audit.commit({ event: 'device.remembered', ...about(request, browser, account) });
    }
    return { state: { ...state, nonce: states.nonce(), stage: { at: 'done', authTime: state.stage.authTime } } };
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
    const { account, credentials: enrolled } = await dispatcher.evaluate(request, state, browser);
    const may = await dispatcher.mayEnrol(request, state, { factor: stage.factor, optional: true }, browser);
    if (account === undefined || !may) return skip(request, state, browser);
    const context = contextOf(request, browser);
    const enrolment = await dispatcher.offers.enrol(stage.factor, context, account, enrolled);
    const optional = { authTime: stage.authTime };
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

  async function skip(request: SignInRequest, state: State, browser: Browser): Promise<Result> {
    return { state: await advance(request, { ...state, suggested: true }, browser) };
  }

  /** The new password that a hold asks for. What was shown a moment ago to get here stands beyond the change. */
  async function renew(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const { account, missing } = await dispatcher.evaluate(request, state, browser);
    if (account === undefined || missing !== 'new-password') return { state: await advance(request, state, browser) };
    const { application: _, ...facts } = about(request, browser);
    const right = async () => (await dispatcher.evaluate(request, state, browser)).missing === 'new-password';
    const result = await parts.passwords.change({
      account,
      next: answer.next ?? '',
      ...(account.id === request.account && request.sight ? { session: request.sight.session } : {}),
      browser,
      right,
      facts: { ...facts, by: 'owner' },
    });
    if ('lost' in result) return { state: await advance(request, state, browser) };
    if ('error' in result) return { error: result.error, free: true };
    const collected = renewedProofs(state.collected, result.at);
    return { state: await advance(request, { ...state, collected }, browser) };
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

  /** An enrolment from its beginning, as after a slip in what was typed first. */
  async function restart(request: SignInRequest, state: State, browser: Browser): Promise<Result> {
    const fresh = await renewed(request, state, browser);
    const { error: _, ...kept } = state;
    return fresh === undefined ? { state } : { state: { ...kept, nonce: states.nonce(), stage: fresh } };
  }

  function react(request: SignInRequest, loaded: Loaded, answer: Answer, browser: Browser): Promise<Result> {
    const { state } = loaded;
    const { stage } = state;
    if (stage.at === 'remember') return remember(request, state, answer, browser);
    if (stage.at === 'new-password') return renew(request, state, answer, browser);
    if (stage.at === 'select-account') return select(request, state, stage.account, answer, browser);
    if (stage.at === 'suggest') return suggest(request, state, answer, browser);
    if (stage.at === 'lost') return lost(request, state, answer, browser);
    if ('optional' in stage && stage.optional && answer.skip === 'yes') return skip(request, state, browser);
    if (stage.at === 'choose-enrolment') return choose(request, state, answer, browser);
    if (stage.at === 'enrol' && !stage.optional && answer.factor !== undefined) {
      return choose(request, state, answer, browser);
    }
    if (answer.method !== undefined && (stage.at === 'method' || stage.at === 'choose')) {
      return choose(request, state, answer, browser);
    }
    if (answer.resend !== undefined && (stage.at === 'enrol' || stage.at === 'method')) {
      return resend(request, state, browser);
    }
    if (answer.restart !== undefined && stage.at === 'enrol') return restart(request, state, browser);
    if (stage.at === 'enrol') return confirm(request, state, stage, answer, browser);
    if (stage.at === 'first' || stage.at === 'method') return prove(request, state, stage, answer, browser);
    return Promise.resolve({ state });
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

  return {
    /** Where the sign-in stands. */
    async show(request: SignInRequest, browser: Browser): Promise<Step> {
      return present(request, (await load(request, browser)).state, browser);
    },

    /** Takes one answer. `nonce` names the step that it answers: to any other one it is not an answer. */
    async answer(request: SignInRequest, browser: Browser, answer: Answer, nonce: string): Promise<Step> {
      let loaded = await load(request, browser);
      if (loaded.state.nonce !== nonce) return present(request, loaded.state, browser);
      const result = await react(request, loaded, answer, browser);
      for (;;) {
        const state = 'state' in result ? result.state : await again(request, loaded.state, result, browser);
        if (await save(request, loaded, state, browser)) return present(request, state, browser);
        const now = await states.load(request);
        if (now === undefined) return present(request, (await load(request, browser)).state, browser);
        // Wrong answers at the same moment only counted themselves; anything else was first, and stands.
        const stands = now.state.nonce === nonce || ('state' in result && onlyErrors(loaded.state, now.state));
        if (!stands) return present(request, now.state, browser);
        loaded = now;
      }
    },

    /** What there is in the place of the present step, without leaving it. */
    async instead(request: SignInRequest, browser: Browser): Promise<Step> {
      const { error: _, ...state } = (await load(request, browser)).state;
      const { stage } = state;
      if (stage.at === 'method') {
        const step = await present(request, { ...state, stage: { at: 'choose' } }, browser);
        if (step.kind !== 'choose') return step;
        return { ...step, methods: step.methods.filter(({ factor }) => factor !== stage.factor) };
      }
      if (stage.at !== 'enrol' || stage.optional) return present(request, state, browser);
      const factors = dispatcher.offers.enrollable(await dispatcher.evaluate(request, state, browser));
      const others = factors.filter((factor) => factor !== stage.factor);
      return present(request, { ...state, stage: { at: 'choose-enrolment', factors: others } }, browser);
    },

    /** Sets the known account aside and begins again with somebody else's. */
    async switchAccount(request: SignInRequest, browser: Browser): Promise<Step> {
      const loaded = await load(request, browser);
      const state = await advance(request, SET_ASIDE, browser);
      await save(request, loaded, state, browser);
      return present(request, (await load(request, browser)).state, browser);
    },
  };
}

/** Another tab has signed in since this one asked who is there. Its answer must not count for that person. */
function isOvertaken(request: SignInRequest, { stage, ...state }: State): boolean {
  if (stage.at === 'select-account') return stage.account !== accountOf(request, { ...state, stage });
  return stage.at === 'first' && stage.why === 'why.first' && accountOf(request, { ...state, stage }) !== undefined;
}

/** Whether nothing came of what was answered since: wrong answers may have renewed the prompt under a right one. */
function onlyErrors(before: State, now: State): boolean {
  const same = before.account === now.account && before.switched === now.switched;
  return same && before.collected.length === now.collected.length && before.stage.at === now.stage.at;
}

export type Journey = ReturnType<typeof createJourney>;
