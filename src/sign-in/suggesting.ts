import type { FullEvaluation } from '../assurance/evaluate.ts';
import type { Browser } from '../core/browser.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Campaigns } from '../methods/campaigns.ts';
import type { Suggestions } from '../methods/suggestions.ts';
import type { SignInNeeds } from './needs.ts';
import { about } from './results.ts';
import { standing } from './rights.ts';
import type { Stage, State } from './steps.ts';

interface Parts {
  suggestions: Suggestions;
  campaigns: Campaigns;
}

/** What could be set up as well, once nothing is missing: one in each sign-in at most. */
export function createSuggesting(
  { audit, now }: Pick<SignInNeeds, 'audit' | 'now'>,
  { suggestions, campaigns }: Parts,
) {
  return async function suggest(
    request: SignInRequest,
    state: State,
    evaluation: FullEvaluation,
    browser: Browser,
  ): Promise<Stage | undefined> {
    const { account, credentials, begun: authTime = now() } = evaluation;
    if (account === undefined || state.suggested) return undefined;
    const led = await campaigns.lead(account, credentials, standing(state, evaluation));
    if (led) {
      const { name: campaign, leaves, offers, end: ends, snooze } = led;
      audit.note({ event: 'campaign.led', campaign, ...about(request, browser, account.id) });
      return { at: 'move', campaign, leaves: [...leaves], factors: [...offers], ends, snooze, authTime };
    }
    const suggestion = await suggestions.due(account, credentials);
    if (suggestion === undefined) return undefined;
    await suggestions.made(account.id, suggestion);
    return { at: 'suggest', factor: suggestion.factor, authTime };
  };
}
