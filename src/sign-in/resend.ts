import type { Accounts } from '../accounts/accounts.ts';
import { contextOf } from '../accounts/context.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Browser } from '../core/browser.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import { accountOf, type Dispatcher } from './advance.ts';
import type { SignInNeeds } from './needs.ts';
import type { Result } from './results.ts';
import type { States } from './states.ts';
import type { State } from './steps.ts';

interface Parts {
  accounts: Accounts;
  credentials: Credentials;
  dispatcher: Dispatcher;
  states: States;
}

/**
 * The same question asked anew, where its prompt lets people want that. It is no attempt: a refusal counts nothing,
 * and leaves what was sent before as good as it was.
 */
export function createResend(deps: SignInNeeds, { accounts, credentials, dispatcher, states }: Parts) {
  return async function resend(request: SignInRequest, state: State, browser: Browser): Promise<Result> {
    const { stage } = state;
    const nothing: Result = { error: { key: 'try-again' }, free: true };
    if (stage.at !== 'method' && stage.at !== 'enrol') return nothing;
    const it = deps.factors.get(stage.factor);
    const id = accountOf(request, state);
    const account = id === undefined ? undefined : await accounts.usable(id);
    const able = 'resend' in stage.prompt && stage.prompt.resend !== undefined;
    if (!able || it?.factor.resends === undefined || account === undefined) return nothing;
    // Policy or the person's methods may have changed since it was asked first.
    const context = contextOf(request, browser);
    if (stage.at === 'method') {
      const methods = dispatcher.offers.methods(await dispatcher.evaluate(request, state, browser), state, context);
      if (!methods.some(({ factor }) => factor === stage.factor)) return { ...nothing, renew: true };
    } else if (!(await dispatcher.mayEnrol(request, state, stage, browser))) return nothing;
    const mine = (await credentials.ofAccount(account.id)).filter(
      ({ factor, suspendedAt }) => factor === stage.factor && suspendedAt === undefined,
    );
    const pending = it.module.pending.parse(stage.pending);
    const verdict = await it.factor.resends.resend(pending, account, mine, context);
    if ('outcome' in verdict) {
      return { error: { ...verdict.message, factor: stage.factor }, free: true };
    }
    const { error: _, ...kept } = state;
    return { state: { ...kept, wrong: 0, nonce: states.nonce(), stage: { ...stage, ...verdict } } };
  };
}
