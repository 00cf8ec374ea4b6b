import type { FullEvaluation } from '../assurance/evaluate.ts';
import type { Campaigns } from '../methods/campaigns.ts';
import type { Suggestions } from '../methods/suggestions.ts';
import type { SignInNeeds } from './needs.ts';
import { standing } from './rights.ts';
import type { Stage, State } from './steps.ts';

interface Parts {
  suggestions: Suggestions;
  campaigns: Campaigns;
}

/** What could be set up as well, once nothing is missing: one in each sign-in at most. */
export function createSuggesting({ now }: Pick<SignInNeeds, 'now'>, { suggestions, campaigns }: Parts) {
  return async function suggest(state: State, evaluation: FullEvaluation): Promise<Stage | undefined> {
    const { account, credentials, begun: authTime = now() } = evaluation;
    if (account === undefined || state.suggested) return undefined;
    const led = await campaigns.due(account, credentials, standing(state, evaluation));
    if (led) {
      const { name: campaign, leaves, offers, end: ends, snooze } = led;
      return { at: 'move', campaign, leaves: [...leaves], factors: [...offers], ends, snooze, authTime };
    }
    const suggestion = await suggestions.due(account, credentials);
    if (suggestion === undefined) return undefined;
    const { factor, snooze } = suggestion;
    return { at: 'suggest', factor, snooze, authTime };
  };
}
