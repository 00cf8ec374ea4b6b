import type { Asking } from '../accounts/secret-answers.ts';
import type { Message, Prompt } from '../core/prompt.ts';
import type { Passwords } from '../methods/passwords.ts';
import type { Demands } from './demands.ts';
import type { Offers, Way } from './offers.ts';
import type { SecretQuestioning } from './questions.ts';
import { MOST_SENT, type State } from './states.ts';

/** What whoever asked is to see. `nonce` names the step: an answer to any other is none. */
export type ResetStep = { nonce: string; error?: Message & { factor?: string } } & (
  | { kind: 'ways'; ways: Way[]; begun: boolean }
  | { kind: 'sent'; way: 'mail' | 'text'; again: boolean }
  | { kind: 'typed'; way: 'saved' | 'issued' }
  | { kind: 'questions'; questions: Asking[] }
  | { kind: 'prompt'; factor: string; prompt: Prompt }
  | { kind: 'new-password'; account: { username: string; name: string }; rules: readonly Message[] }
  | { kind: 'done'; works?: number }
  | { kind: 'over' }
);

interface Parts {
  demands: Demands;
  offers: Offers;
  passwords: Passwords;
  questioning: SecretQuestioning;
}

/** What a state looks like: of an account nothing, before something of it was shown. */
export function createView({ demands, offers, passwords, questioning }: Parts) {
  async function waysOf(state: State): Promise<Way[]> {
    if (state.account === undefined) return offers.first();
    const account = await demands.known(state);
    return account ? offers.further(account, await demands.standing(account, state.shown)) : [];
  }

  async function stepOf(state: State): Promise<ResetStep> {
    const { nonce, error, stage } = state;
    const base = { nonce, ...(error ? { error } : {}) };
    const account = await demands.known(state);
    if (state.account !== undefined && stage.at !== 'done' && account === undefined) return { nonce, kind: 'over' };
    switch (stage.at) {
      case 'ways':
        return { ...base, kind: 'ways', ways: await waysOf(state), begun: state.account !== undefined };
      case 'sent':
        return { ...base, kind: 'sent', way: stage.way, again: state.sent < MOST_SENT };
      case 'prompt':
        return { ...base, kind: 'prompt', factor: stage.factor, prompt: stage.prompt };
      case 'typed':
        return { ...base, kind: 'typed', way: stage.way };
      case 'questions': {
        const questions = account ? await questioning.shown(account, stage) : [];
        return { ...base, kind: 'questions', questions };
      }
      case 'new-password': {
        if (account === undefined) return { nonce, kind: 'over' };
        const { username, name } = account;
        return { ...base, kind: 'new-password', account: { username, name }, rules: passwords.rulesOf(account) };
      }
      case 'done':
        return { ...base, kind: 'done', ...(stage.works === undefined ? {} : { works: stage.works }) };
      default:
        return { ...base, kind: 'over' };
    }
  }

  return { waysOf, stepOf };
}

export type View = ReturnType<typeof createView>;
