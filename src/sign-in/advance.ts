import type { Account, Credential } from '../core/account.ts';
import { isFirstFactor, isSecondFactor, levelOf, type Proof, reaches } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { SignInDeps } from './deps.ts';
import type { Evaluator, FullEvaluation } from './evaluate.ts';
import type { Method, Stage, State, Why } from './steps.ts';
import type { TrustedDevices } from './trusted-devices.ts';

/** How recent the password must be for a first enrolment, milliseconds. */
const FRESH_FOR_ENROLMENT = 10 * 60_000;

/** What a factor proves at most, as if it just had. */
function atMost({
  module,
}: {
  module: {
    id: string;
    amr: readonly string[];
    kinds: readonly Proof['kinds'][number][];
    strength?: { phishingResistant: boolean; attested: boolean };
  };
}): Proof {
  return {
    factor: module.id,
    credential: module.id,
    amr: [...module.amr],
    kinds: [...module.kinds],
    phishingResistant: module.strength?.phishingResistant ?? false,
    attested: module.strength?.attested ?? false,
    at: 0,
  };
}

/** What comes next, from how the request stands: the one dispatcher that every answer returns to. */
export function createDispatcher(deps: SignInDeps, evaluator: Evaluator, devices: TrustedDevices) {
  const enabled = [...deps.factors.values()];

  function evaluate(request: SignInRequest, state: State, browser: Browser): Promise<FullEvaluation> {
    const account = accountOf(request, state);
    return evaluator.evaluate({
      application: request.application,
      ...(account ? { account } : {}),
      ...(account && account === request.account && request.session ? { session: request.session } : {}),
      collected: state.collected,
      request: request.request,
      wants: request.wants,
      browser,
    });
  }

  /** Methods that can complete this sign-in, the last used first. */
  function methods(evaluation: FullEvaluation): Method[] {
    const { requirement, credentials, account } = evaluation;
    if (account === undefined) return [];
    const found = new Map<string, Method>();
    for (const credential of [...credentials].sort(byUse)) {
      const { factor: id, name, lastUsedAt } = credential;
      const it = deps.factors.get(id);
      if (!it || found.has(id) || !evaluator.isSecond(credential)) continue;
      if (requirement.factors && !requirement.factors.includes(id)) continue;
      const mine = credentials.filter(({ factor }) => factor === id);
      if (it.factor.usable && !it.factor.usable(account, mine)) continue;
      if (!reaches(levelOf([...firstProofs(), atMost(it)]), evaluation.wanted)) continue;
      found.set(id, { factor: id, name, ...(lastUsedAt ? { lastUsedAt } : {}) });
    }
    return [...found.values()];
  }

  function firstProofs(): Proof[] {
    const first = enabled.find(({ factor }) => factor.first);
    return first ? [atMost(first)] : [];
  }

  /** Factors that can be set up here and would do. */
  function enrollable(evaluation: FullEvaluation): string[] {
    const { requirement, wanted } = evaluation;
    return enabled
      .filter(({ factor }) => factor.enrol && factor.confirm)
      .filter(({ module }) => !requirement.factors || requirement.factors.includes(module.id))
      .filter((it) => reaches(levelOf([...firstProofs(), atMost(it)]), wanted))
      .map(({ module }) => module.id);
  }

  /** The factor that opens a sign-in: for anybody, or again for an account that is known. */
  async function first(account: Account | undefined, hint?: string): Promise<Stage> {
    const it = enabled.find(({ factor }) => factor.first);
    if (it?.factor.first === undefined) throw new Error('no enabled factor can begin a sign-in');
    const { prompt, pending } = account ? await it.factor.challenge(account, []) : await it.factor.first.begin(hint);
    const why: Why = account ? 'why.again' : 'why.first';
    return { at: 'first', factor: it.module.id, prompt, pending, why };
  }

  async function challenge(factor: string, account: Account, credentials: readonly Credential[]): Promise<Stage> {
    const it = deps.factors.get(factor);
    if (it === undefined) throw new Error(`factor ${factor} is not enabled`);
    const mine = credentials.filter((credential) => credential.factor === factor);
    return { at: 'method', factor, ...(await it.factor.challenge(account, mine)), why: 'why.second' };
  }

  async function enrol(factor: string, account: Account, credentials: readonly Credential[]): Promise<Stage> {
    const it = deps.factors.get(factor)?.factor;
    if (it?.enrol === undefined) throw new Error(`factor ${factor} can't be enrolled`);
    const mine = credentials.filter((credential) => credential.factor === factor);
    return { at: 'enrol', factor, ...(await it.enrol(account, mine)), why: 'why.enrol' };
  }

  /** The second step: a method, or a first enrolment, or a refusal that says why. */
  async function second(state: State, evaluation: FullEvaluation): Promise<Stage> {
    const { account, requirement, credentials } = evaluation;
    if (account === undefined) return first(undefined);
    const [method] = methods(evaluation);
    if (method) return challenge(method.factor, account, credentials);

    const unmet = evaluation.unreachable;
    const error = unmet ? 'unmet_authentication_requirements' : 'access_denied';
    if (credentials.some(evaluator.isSecond)) return { at: 'refused', message: unmet ? 'unmet' : 'no-method', error };
    const factors = enrollable(evaluation);
    if (factors.length === 0) return { at: 'refused', message: unmet ? 'unmet' : 'no-method', error };
    if (!requirement.firstEnrolment) return { at: 'refused', message: 'enrolment-not-here', error };
    const fresh = state.collected.some(
      (proof) => isFirstFactor(proof) && !proof.bootstrap && deps.now() - proof.at <= FRESH_FOR_ENROLMENT,
    );
    // An old session's password must not be enough to give a stranger at this screen the second factor.
    if (!fresh) return first(account);
    const [only] = factors;
    return factors.length === 1 && only ? enrol(only, account, credentials) : { at: 'choose-enrolment', factors };
  }

  /** After everything is there: whether this browser is to be remembered. */
  async function last(state: State, evaluation: FullEvaluation, browser: Browser): Promise<Stage> {
    const { account, requirement, authTime = deps.now() } = evaluation;
    const proofs = state.collected.filter((proof) => isSecondFactor(proof) && !proof.bootstrap);
    const done: Stage = { at: 'done', authTime };
    if (!account || proofs.length === 0 || requirement.remember === 0 || browser.shared) return done;
    if ((await devices.recall(account.id, browser)) === undefined) {
      return { at: 'remember', window: requirement.remember, authTime };
    }
    // Said yes before: a new proof renews the record.
    if (await devices.remember(account.id, proofs, browser)) {
      deps.audit.note({ event: 'device.renewed', account: account.id, ip: browser.ip, userAgent: browser.userAgent });
    }
    return done;
  }

  async function next(request: SignInRequest, state: State, browser: Browser): Promise<Stage> {
    const evaluation = await evaluate(request, state, browser);
    if (evaluation.missing === 'denied') return { at: 'refused', message: 'denied', error: 'access_denied' };
    // None of the classes asked for is known here: no sign-in could ever meet that.
    if (evaluation.unreachable && evaluation.missing !== 'second') {
      return { at: 'refused', message: 'unmet', error: 'unmet_authentication_requirements' };
    }
    if (evaluation.missing === 'first') {
      return first(evaluation.account, state.switched ? undefined : request.loginHint);
    }
    if (!evaluation.satisfied) return second(state, evaluation);
    return last(state, evaluation, browser);
  }

  const isEnrolled = (credentials: readonly Credential[]) => credentials.some(evaluator.isSecond);

  return { next, evaluate, methods, first, challenge, enrol, isEnrolled };
}

/** Whose sign-in it is: what was proven here, else whose session the browser brought. */
export function accountOf(request: SignInRequest, state: State): string | undefined {
  return state.account ?? (state.switched ? undefined : request.account);
}

function byUse(a: Credential, b: Credential): number {
  return (b.lastUsedAt ?? b.createdAt) - (a.lastUsedAt ?? a.createdAt);
}

export type Dispatcher = ReturnType<typeof createDispatcher>;
