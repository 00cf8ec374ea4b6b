import type { Account, Credential } from '../core/account.ts';
import type { Suggestion } from '../core/policy.ts';
import type { MethodsNeeds } from './needs.ts';

/** How often it was suggested, and until when it rests. */
interface Past {
  times: number;
  until: number;
}

/** Whether a suggestion is made to people like this one. */
export function isFor({ groups, notGroups }: Suggestion, account: Account): boolean {
  const theirs = account.groups;
  if (theirs === undefined) return !groups && !notGroups;
  if (groups && !groups.some((group) => theirs.includes(group))) return false;
  return !notGroups?.some((group) => theirs.includes(group));
}

/** Enrolments that are suggested once a sign-in is complete, and what became of them. */
export function createSuggestions(deps: Pick<MethodsNeeds, 'durable' | 'factors' | 'now' | 'suggestions'>) {
  const state = deps.durable.state('suggestions');
  const keyOf = (account: string, factor: string) => `${account}:${factor}`;

  async function past(account: string, factor: string): Promise<Past & { version: number }> {
    const stored = await state.get(keyOf(account, factor));
    if (stored === undefined) return { times: 0, until: 0, version: 0 };
    return { ...(JSON.parse(stored.value) as Past), version: stored.version };
  }

  function fits(suggestion: Suggestion, account: Account, credentials: readonly Credential[]): boolean {
    const { factor } = suggestion;
    if (!deps.factors.get(factor)?.factor.enrols) return false;
    return !credentials.some((credential) => credential.factor === factor) && isFor(suggestion, account);
  }

  return {
    /** Whether this person is suggested to set up one of these, which they haven't: made before or not. */
    isMade: (factor: string, account: Account, credentials: readonly Credential[]): boolean =>
      deps.suggestions.some((one) => one.factor === factor && fits(one, account, credentials)),

    /** The one to make now, if any. */
    async due(account: Account, credentials: readonly Credential[]): Promise<Suggestion | undefined> {
      for (const suggestion of deps.suggestions) {
        if (!fits(suggestion, account, credentials)) continue;
        const { times, until } = await past(account.id, suggestion.factor);
        if (times < suggestion.times && until <= deps.now()) return suggestion;
      }
      return undefined;
    },

    /** It was made: whatever the answer, it rests for a while. Of two tabs at once one counts. */
    async made(account: string, { factor, snooze }: Pick<Suggestion, 'factor' | 'snooze'>): Promise<void> {
      const { times, version } = await past(account, factor);
      const value: Past = { times: times + 1, until: deps.now() + snooze };
      await state.set(keyOf(account, factor), JSON.stringify(value), version);
    },
  };
}

export type Suggestions = ReturnType<typeof createSuggestions>;
