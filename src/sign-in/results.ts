import type { Browser } from '../core/browser.ts';
import type { Refused } from '../core/challenge.ts';
import type { AuditEvent } from '../core/door.ts';
import type { Message, Prompt } from '../core/prompt.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { SignInNeeds } from './needs.ts';
import type { Stage, State } from './steps.ts';

export type Prompting = Extract<Stage, { at: 'first' | 'method' | 'enrol' }>;

/** What an answer comes to: a new state, or an error to show with the present one. */
export type Result =
  | {
      state: State;
      /** What the audit is told of it once it is kept: of answers at the same moment one is. */
      told?: AuditEvent;
    }
  | {
      error: Message & { factor?: string };
      /** The pending prompt is spent. */
      renew?: boolean;
      /** Shown from now on. */
      prompt?: Prompt;
      /** It doesn't count as a wrong answer. */
      free?: boolean;
      /** The name typed, to be shown again. */
      hint?: string;
    };

/** Goes on from what is collected now. */
export type Advance = (
  request: SignInRequest,
  state: Omit<State, 'stage' | 'nonce'>,
  browser: Browser,
) => Promise<State>;

/** What an audit event says of the sign-in it belongs to. */
export function about(request: SignInRequest, browser: Browser, account?: string) {
  return {
    application: request.application,
    ...(request.presenter ? { door: request.presenter.door } : {}),
    ...(account ? { account } : {}),
    ip: browser.ip,
    userAgent: browser.userAgent,
    reference: browser.reference,
  };
}

/** What comes of an answer that proves and sets up nothing, whatever was asked. */
export function createResults(deps: Pick<SignInNeeds, 'audit' | 'factors' | 'random'>) {
  /** What was kept with a prompt, in the shape that the factor of this version reads. */
  const pendingOf = (factor: string, pending: unknown) => deps.factors.get(factor)?.module.pending.parse(pending);

  /** Nothing came of it yet; what the factor shows instead is a new step. */
  function waits(state: State, stage: Prompting, prompt: Prompt | undefined): Result {
    if (prompt === undefined) return { state };
    const { error: _, ...rest } = state;
    const nonce = Buffer.from(deps.random(12)).toString('base64url');
    return { state: { ...rest, nonce, stage: { ...stage, prompt } } };
  }

  function refused(
    request: SignInRequest,
    browser: Browser,
    factor: string,
    refusal: Refused,
    account?: string,
  ): Result {
    deps.audit.note({ event: 'sign-in.refused', factor, reason: refusal.reason, ...about(request, browser, account) });
    const { prompt } = refusal;
    return {
      error: { ...refusal.message, factor },
      ...(refusal.final ? { renew: true } : {}),
      ...(prompt ? { prompt } : {}),
    };
  }

  return { pendingOf, waits, refused };
}
