import { createHash } from 'node:crypto';
import { contextOf } from '../accounts/context.ts';
import type { Mark } from '../assurance/validity.ts';
import type { Browser } from '../core/browser.ts';
import type { Confirmed } from '../core/challenge.ts';
import type { Answer } from '../core/prompt.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import { lockedFor, type Turn } from '../lockout/attempt.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { Methods } from '../methods/methods.ts';
import { accountOf, type Dispatcher } from './advance.ts';
import type { SignInNeeds } from './needs.ts';
import { type Advance, about, createResults, type Prompting, type Result } from './results.ts';
import { PATIENCE } from './states.ts';
import type { State } from './steps.ts';

/** In which an answer that enrolled has gone on, milliseconds. */
const MOMENT = 10_000;

interface Parts {
  attempts: Attempts;
  methods: Methods;
  /** Whether what led to an enrolment's page still holds. */
  mayEnrol: Dispatcher['mayEnrol'];
  advance: Advance;
}

/** Answers that set a method up: each is counted before it is looked at. */
export function createConfirming(deps: SignInNeeds, { attempts, methods, mayEnrol, advance }: Parts) {
  const { pendingOf, waits, refused } = createResults(deps);

  /** An enrolment in the middle of a sign-in: of parallel answers, in one sign-in or several, one enrols. */
  async function confirm(
    request: SignInRequest,
    state: State,
    stage: Prompting,
    answer: Answer,
    browser: Browser,
  ): Promise<Result> {
    const account = accountOf(request, state);
    const it = deps.factors.get(stage.factor)?.factor;
    if (account === undefined || it?.enrols === undefined) throw new Error('enrolment without account or factor');
    const attempt = { subject: account, factor: `enrol-${stage.factor}`, opening: false };
    const turn = await attempts.count(attempt, browser);
    if (!turn.allowed) {
      deps.audit.note({ event: 'sign-in.locked', factor: stage.factor, ...about(request, browser, account) });
      return { error: lockedFor(turn, attempt, deps.now()) };
    }
    const verdict = await it.enrols.confirm(
      pendingOf(stage.factor, stage.pending),
      answer,
      contextOf(request, browser),
    );
    if (verdict.outcome === 'refused') {
      await turn.failed(about(request, browser, account));
      return refused(request, browser, stage.factor, verdict, account);
    }
    if (verdict.outcome === 'waiting') {
      await turn.returned();
      return waits(state, stage, verdict.prompt);
    }
    if (verdict.outcome === 'further') {
      await turn.returned();
      const { error: _, ...rest } = state;
      // A new step: an answer to the one before isn't taken for an answer to this.
      const nonce = Buffer.from(deps.random(12)).toString('base64url');
      return { state: { ...rest, nonce, stage: { ...stage, prompt: verdict.prompt, pending: verdict.pending } } };
    }
    // Of one step's answers one enrols, whatever wrong ones are counted at the same moment.
    const mark = `enrolled:${createHash('sha256').update(state.nonce).digest('base64url')}`;
    const busy = (): Result => ({ error: { key: 'already-answered' } });
    const lost = async () => {
      // To another answer of this very step: that one goes on with its proof, which this one would undo. It may have died.
      const enrolled = Number(await deps.ephemeral.get(mark));
      if (enrolled > deps.now() - MOMENT) return busy();
      const left = stage.optional === undefined ? {} : { suggested: true };
      return { state: await advance(request, { ...state, ...left }, browser) };
    };
    const right = () => mayEnrol(request, state, stage, browser);
    return methods.exercise<Result>({ account, right, busy, lost }, async (since) => {
      if (!(await deps.ephemeral.add(mark, String(deps.now()), PATIENCE))) return busy();
      return enrol(request, state, { account, stage, verdict, turn, since }, browser);
    });
  }

  async function enrol(
    request: SignInRequest,
    state: State,
    given: { account: string; stage: Prompting; verdict: Confirmed<unknown>; turn: Turn; since: Mark },
    browser: Browser,
  ): Promise<Result> {
    const { account, stage, verdict, turn, since } = given;
    const { name, data, lookup } = verdict;
    const method = { factor: stage.factor, name, data, lookup };
    const id = await methods.add(account, method, since, about(request, browser));
    if (typeof id !== 'string') return { error: id, renew: true };
    await turn.succeeded();
    const proof = verdict.proof && {
      ...verdict.proof,
      credential: id,
      generation: since.generation,
      request: request.request,
    };
    return {
      state: await advance(request, { ...state, collected: [...state.collected, ...(proof ? [proof] : [])] }, browser),
    };
  }

  return confirm;
}
