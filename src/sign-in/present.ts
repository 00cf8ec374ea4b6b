import type { Accounts } from '../accounts/accounts.ts';
import type { EvidenceStore } from '../assurance/evidence.ts';
import { configuredId } from '../core/application.ts';
import { isFirstFactor } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Passwords } from '../methods/passwords.ts';
import { accountOf, type Dispatcher } from './advance.ts';
import { PATIENCE } from './states.ts';
import type { Moving, Stage, State, Step } from './steps.ts';

interface Parts {
  accounts: Accounts;
  evidence: EvidenceStore;
  dispatcher: Dispatcher;
  passwords: Passwords;
}

/** A state as the step that doors show. Where it is done, what was collected waits for the session that resumes it. */
export function createPresenter({ accounts, evidence, dispatcher, passwords }: Parts) {
  const choices = async (request: SignInRequest, state: State, browser: Browser) => {
    const evaluation = await dispatcher.evaluate(request, state, browser);
    const methods = dispatcher.offers.methods(evaluation, state, { application: configuredId(request.application) });
    return { methods, lends: dispatcher.offers.lends(evaluation) };
  };

  return async function present(request: SignInRequest, state: State, browser: Browser): Promise<Step> {
    const id = accountOf(request, state);
    const account = id === undefined ? undefined : await accounts.byId(id);
    const { nonce, stage, error, led } = state;
    const common = { nonce, ...(account ? { account } : {}), ...(error ? { error } : {}), ...(led ? { led } : {}) };
    switch (stage.at) {
      case 'first':
      case 'enrol':
      case 'method':
        return { ...common, ...promptOf(stage) };
      case 'choose':
        return { ...common, kind: 'choose', ...(await choices(request, state, browser)) };
      case 'choose-enrolment':
        return {
          ...common,
          kind: 'choose-enrolment',
          factors: stage.factors,
          lends: dispatcher.offers.lends(await dispatcher.evaluate(request, state, browser)),
          optional: stage.optional !== undefined,
        };
      case 'lost':
        return { ...common, kind: 'lost' };
      case 'suggest':
        return { ...common, kind: 'suggest', factor: stage.factor };
      case 'move':
        return { ...common, kind: 'move', ...movingOf(stage) };
      case 'select-account':
        return { ...common, kind: 'select-account' };
      case 'selected':
        return { ...common, kind: 'done', outcome: { kind: 'selected', account: stage.account } };
      case 'new-password':
        return {
          ...common,
          kind: 'new-password',
          rules: account ? passwords.rulesOf(account) : [],
          due: stage.due,
          optional: stage.optional !== undefined,
        };
      case 'remind': {
        const { expires, overdue, here } = stage;
        return { ...common, kind: 'remind', expires, here, ...(overdue ? { overdue } : {}) };
      }
      case 'remember':
        return { ...common, kind: 'remember', window: stage.window };
      case 'refused': {
        const outcome = { kind: 'refused', error: stage.error, description: `refused: ${stage.message}` } as const;
        return { ...common, kind: 'refused', message: { key: stage.message }, outcome, setUp: stage.setUp === true };
      }
      case 'done': {
        await evidence.leave(request.id, String(id), state.collected, PATIENCE);
        const opener = state.collected.find(isFirstFactor)?.factor;
        if (opener !== undefined && opener !== browser.opened) browser.setOpened?.(opener);
        return {
          ...common,
          kind: 'done',
          outcome: { kind: 'signed-in', account: String(id), authTime: stage.authTime },
        };
      }
    }
  };
}

const movingOf = ({ campaign, leaves, factors, ends, snooze }: Moving): Moving => ({
  ...{ campaign, leaves, factors, ends, snooze },
});

/** A factor's prompt, without what it keeps until the answer. */
function promptOf(stage: Extract<Stage, { at: 'first' | 'method' | 'enrol' }>) {
  const { factor, prompt, why } = stage;
  const also = (stage.also ?? []).map((it) => ({ factor: it.factor, prompt: it.prompt }));
  const purpose = stage.at === 'enrol' ? ('enrol' as const) : ('sign-in' as const);
  const second = stage.at === 'method' || (stage.at === 'enrol' && stage.optional === undefined);
  return {
    kind: 'prompt' as const,
    purpose,
    factor,
    prompt,
    why,
    also,
    second,
    optional: stage.optional !== undefined,
  };
}
