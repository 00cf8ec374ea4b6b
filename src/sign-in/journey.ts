import type { Account, Credential } from '../core/account.ts';
import type { Evidence } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { Refused } from '../core/factor.ts';
import type { Answer, Message } from '../core/prompt.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Accounts } from './accounts.ts';
import { accountOf, type Dispatcher } from './advance.ts';
import type { Attempts } from './attempts.ts';
import type { Credentials } from './credentials.ts';
import type { SignInDeps } from './deps.ts';
import type { EvidenceStore } from './evidence.ts';
import { type Loaded, PATIENCE, type States } from './states.ts';
import type { Stage, State, Step } from './steps.ts';
import type { TrustedDevices } from './trusted-devices.ts';

/** Wrong answers that one pending prompt survives. */
const MOST_WRONG = 5;

interface Parts {
  accounts: Accounts;
  attempts: Attempts;
  credentials: Credentials;
  devices: TrustedDevices;
  evidence: EvidenceStore;
  states: States;
  dispatcher: Dispatcher;
}

type Prompting = Extract<Stage, { at: 'first' | 'method' | 'enrol' }>;

/** What an answer comes to: a new state, or an error to show with the present one. */
type Result = { state: State } | { error: Message & { factor?: string }; renew?: boolean };

/**
 * The headless journey: begin, answer after answer, outcome. No door's words here; each answer is counted
 * before it is looked at, and returns to one dispatcher that decides what comes next.
 */
export function createJourney(deps: SignInDeps, parts: Parts) {
  const { accounts, attempts, credentials, devices, evidence, states, dispatcher } = parts;

  const about = (request: SignInRequest, browser: Browser, account?: string) => ({
    application: request.application,
    ...(account ? { account } : {}),
    ip: browser.ip,
    userAgent: browser.userAgent,
    reference: browser.reference,
  });

  /** The state that follows: what was collected, and what is asked next. */
  async function advance(
    request: SignInRequest,
    state: Omit<State, 'stage' | 'nonce'>,
    browser: Browser,
  ): Promise<State> {
    const { error: _, ...kept } = state;
    const blank: State = { ...kept, wrong: 0, nonce: states.nonce(), stage: { at: 'choose' } };
    const stage = await dispatcher.next(request, blank, browser);
    const after = { ...blank, stage };
    if (stage.at === 'done') await finish(request, after, browser);
    if (stage.at === 'refused') {
      deps.audit.note({
        event: 'sign-in.denied',
        reason: stage.message,
        ...about(request, browser, accountOf(request, after)),
      });
    }
    return after;
  }

  async function finish(request: SignInRequest, state: State, browser: Browser): Promise<void> {
    const account = accountOf(request, state);
    if (account === undefined) return;
    await evidence.leave(request.id, account, state.collected, PATIENCE);
    const factors = state.collected.map(({ factor }) => factor);
    deps.audit.note({ event: 'sign-in.completed', factors, ...about(request, browser, account) });
  }

  async function load(request: SignInRequest, browser: Browser): Promise<Loaded> {
    for (;;) {
      const loaded = await states.load(request);
      if (loaded) return loaded;
      const state = await advance(request, { switched: false, collected: [], wrong: 0 }, browser);
      await states.save(request, undefined, state);
    }
  }

  async function counted(
    subject: string,
    factor: string,
    browser: Browser,
  ): Promise<(Message & { factor?: string }) | undefined> {
    const verdict = await attempts.count(subject, factor, browser);
    if (verdict.allowed) return undefined;
    return { key: 'locked', values: { minutes: Math.max(1, Math.ceil(verdict.retryAfter / 60_000)) } };
  }

  function refused(
    request: SignInRequest,
    browser: Browser,
    factor: string,
    refusal: Refused,
    account?: string,
  ): Result {
    deps.audit.note({ event: 'sign-in.refused', factor, reason: refusal.reason, ...about(request, browser, account) });
    return { error: { ...refusal.message, factor }, ...(refusal.final ? { renew: true } : {}) };
  }

  /** Who is meant by an answer of somebody not known yet. */
  async function identify(stage: Prompting, answer: Answer): Promise<{ subject: string; account?: Account } | Refused> {
    const it = deps.factors.get(stage.factor)?.factor.first;
    if (it === undefined) throw new Error(`factor ${stage.factor} can't begin a sign-in`);
    const who = await it.identify(stage.pending, answer);
    if ('outcome' in who) return who;
    if ('lookup' in who) {
      const credential = await credentials.byLookup(stage.factor, who.lookup);
      const account = credential && (await accounts.usable(credential.account));
      return account ? { subject: account.id, account } : { subject: attempts.stranger(who.lookup) };
    }
    const account = await accounts.find(who.username);
    return account ? { subject: account.id, account } : { subject: attempts.stranger(who.username) };
  }

  /** First and second factors alike: count, verify, store what the credential became, collect the proof. */
  async function prove(
    request: SignInRequest,
    state: State,
    stage: Prompting,
    answer: Answer,
    browser: Browser,
  ): Promise<Result> {
    const known = accountOf(request, state);
    const who =
      known === undefined ? await identify(stage, answer) : { subject: known, account: await accounts.usable(known) };
    if ('outcome' in who) return refused(request, browser, stage.factor, who);
    const { subject, account } = who;
    const locked = await counted(subject, stage.factor, browser);
    if (locked) {
      deps.audit.note({ event: 'sign-in.locked', factor: stage.factor, ...about(request, browser, account?.id) });
      return { error: locked };
    }
    const it = deps.factors.get(stage.factor);
    if (it === undefined) throw new Error(`factor ${stage.factor} is not enabled`);
    const mine = account
      ? (await credentials.ofAccount(account.id)).filter(({ factor }) => factor === stage.factor)
      : [];
    const verdict = await it.factor.verify(stage.pending, mine, answer, account);
    if (verdict.outcome === 'refused') return refused(request, browser, stage.factor, verdict, account?.id);
    if (verdict.outcome === 'waiting') return { error: { key: 'try-again' } };
    if (account === undefined) throw new Error(`factor ${stage.factor} proved something of nobody`);
    if (verdict.update && !(await store(mine, verdict.update))) {
      const refusal = {
        outcome: 'refused',
        message: { key: 'already-answered' },
        reason: 'credential changed',
      } as const;
      return refused(request, browser, stage.factor, refusal, account.id);
    }
    await attempts.succeeded(subject, stage.factor, browser);
    if (stage.at === 'first') await attempts.recognise(account.id, browser);
    deps.audit.note({ event: 'sign-in.proved', factor: stage.factor, ...about(request, browser, account.id) });
    const proof: Evidence = { ...verdict.proof, request: request.request };
    return {
      state: await advance(request, { ...state, account: account.id, collected: [...state.collected, proof] }, browser),
    };
  }

  async function store(mine: readonly Credential[], update: { credential: string; data: unknown }): Promise<boolean> {
    const credential = mine.find(({ id }) => id === update.credential);
    return credential !== undefined && credentials.update(credential, update.data);
  }

  /** A first enrolment. The state is claimed before anything is stored: of parallel answers one enrols. */
  async function confirm(
    request: SignInRequest,
    loaded: Loaded,
    stage: Prompting,
    answer: Answer,
    browser: Browser,
  ): Promise<Result> {
    const { state } = loaded;
    const account = accountOf(request, state);
    const it = deps.factors.get(stage.factor)?.factor;
    if (account === undefined || it?.confirm === undefined) throw new Error('enrolment without account or factor');
    const locked = await counted(account, `enrol-${stage.factor}`, browser);
    if (locked) return { error: locked };
    const verdict = await it.confirm(stage.pending, answer);
    if (verdict.outcome === 'refused') return refused(request, browser, stage.factor, verdict, account);
    const claimed: State = { ...state, nonce: states.nonce(), stage: { at: 'choose' } };
    if (!(await states.save(request, loaded, claimed))) return { error: { key: 'already-answered' } };
    const id = await credentials.add(account, stage.factor, verdict.name, verdict.data, verdict.lookup);
    await deps.audit.commit({
      event: 'credential.added',
      factor: stage.factor,
      credential: id,
      ...about(request, browser, account),
    });
    await attempts.succeeded(account, `enrol-${stage.factor}`, browser);
    const proof = verdict.proof && { ...verdict.proof, credential: id, request: request.request };
    return {
      state: await advance(request, { ...state, collected: [...state.collected, ...(proof ? [proof] : [])] }, browser),
    };
  }

  async function remember(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const account = accountOf(request, state);
    if (state.stage.at !== 'remember' || account === undefined) return { error: { key: 'try-again' } };
    if (answer.remember !== 'yes' && answer.remember !== 'no') return { error: { key: 'try-again' } };
    if (answer.remember === 'yes' && (await devices.remember(account, state.collected, browser))) {
      await deps.audit.commit({ event: 'device.remembered', ...about(request, browser, account) });
    }
    const done: State = { ...state, nonce: states.nonce(), stage: { at: 'done', authTime: state.stage.authTime } };
    await finish(request, done, browser);
    return { state: done };
  }

  /** Another method, or the factor to set up. */
  async function choose(request: SignInRequest, state: State, answer: Answer, browser: Browser): Promise<Result> {
    const evaluation = await dispatcher.evaluate(request, state, browser);
    const { account } = evaluation;
    if (account === undefined) return { error: { key: 'try-again' } };
    const move = (stage: Stage): Result => {
      const { error: _, ...kept } = state;
      return { state: { ...kept, wrong: 0, nonce: states.nonce(), stage } };
    };
    if (state.stage.at === 'choose-enrolment') {
      if (!state.stage.factors.includes(answer.factor ?? '')) return { error: { key: 'try-again' } };
      return move(await dispatcher.enrol(String(answer.factor), account, evaluation.credentials));
    }
    const method = dispatcher.methods(evaluation).find(({ factor }) => factor === answer.method);
    if (method === undefined) return { error: { key: 'try-again' } };
    return move(await dispatcher.challenge(method.factor, account, evaluation.credentials));
  }

  function react(request: SignInRequest, loaded: Loaded, answer: Answer, browser: Browser): Promise<Result> {
    const { state } = loaded;
    const { stage } = state;
    if (stage.at === 'remember') return remember(request, state, answer, browser);
    if (stage.at === 'choose-enrolment') return choose(request, state, answer, browser);
    if (answer.method !== undefined && (stage.at === 'method' || stage.at === 'choose')) {
      return choose(request, state, answer, browser);
    }
    if (stage.at === 'enrol') return confirm(request, loaded, stage, answer, browser);
    if (stage.at === 'first' || stage.at === 'method') return prove(request, state, stage, answer, browser);
    return Promise.resolve({ state });
  }

  /** The present stage again, with the error; after too many wrong answers with a new pending prompt. */
  async function again(
    request: SignInRequest,
    state: State,
    result: Extract<Result, { error: unknown }>,
  ): Promise<State> {
    const wrong = state.wrong + 1;
    const spent = result.renew === true || wrong >= MOST_WRONG;
    const { stage } = state;
    const account = accountOf(request, state);
    const shown = { ...state, wrong, error: result.error };
    if (!spent || stage.at !== 'method' || account === undefined) return shown;
    const person = await accounts.usable(account);
    if (person === undefined) return shown;
    const fresh = await dispatcher.challenge(stage.factor, person, await credentials.ofAccount(account));
    return { ...shown, wrong: 0, nonce: states.nonce(), stage: fresh };
  }

  async function present(request: SignInRequest, state: State, browser: Browser): Promise<Step> {
    const id = accountOf(request, state);
    const account = id === undefined ? undefined : await accounts.byId(id);
    const { nonce, stage, error } = state;
    const common = { nonce, ...(account ? { account } : {}), ...(error ? { error } : {}) };
    switch (stage.at) {
      case 'first':
      case 'enrol':
      case 'method': {
        const { factor, prompt, why } = stage;
        const purpose = stage.at === 'enrol' ? 'enrol' : 'sign-in';
        const others =
          stage.at === 'method' && dispatcher.methods(await dispatcher.evaluate(request, state, browser)).length > 1;
        return { ...common, kind: 'prompt', purpose, factor, prompt, why, others };
      }
      case 'choose': {
        const methods = dispatcher.methods(await dispatcher.evaluate(request, state, browser));
        return { ...common, kind: 'choose', methods };
      }
      case 'choose-enrolment':
        return { ...common, kind: 'choose-enrolment', factors: stage.factors };
      case 'remember':
        return { ...common, kind: 'remember', window: stage.window };
      case 'refused': {
        const outcome = { kind: 'refused', error: stage.error, description: `refused: ${stage.message}` } as const;
        return { ...common, kind: 'refused', message: { key: stage.message }, outcome };
      }
      case 'done':
        return {
          ...common,
          kind: 'done',
          outcome: { kind: 'signed-in', account: String(id), authTime: stage.authTime },
        };
    }
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
        const state = 'state' in result ? result.state : await again(request, loaded.state, result);
        if (await states.save(request, loaded, state)) return present(request, state, browser);
        const now = await states.load(request);
        // A wrong answer at the same moment only counted itself; anything else was first, and stands.
        if (now === undefined) return present(request, (await load(request, browser)).state, browser);
        const claimed = 'state' in result && loaded.state.stage.at === 'enrol' && now.state.stage.at === 'choose';
        if (now.state.nonce !== nonce && !claimed) return present(request, now.state, browser);
        loaded = now;
      }
    },

    /** The list of methods, without leaving the present one. */
    async methods(request: SignInRequest, browser: Browser): Promise<Step> {
      const { state } = await load(request, browser);
      return present(request, state.stage.at === 'method' ? { ...state, stage: { at: 'choose' } } : state, browser);
    },

    /** Sets the known account aside and begins again with somebody else's. */
    async switchAccount(request: SignInRequest, browser: Browser): Promise<Step> {
      const loaded = await load(request, browser);
      const state = await advance(request, { switched: true, collected: [], wrong: 0 }, browser);
      await states.save(request, loaded, state);
      return present(request, (await load(request, browser)).state, browser);
    },
  };
}

export type Journey = ReturnType<typeof createJourney>;
