import type { LocalizedText } from '../core/account.ts';

/** What could be set up, once a sign-in is complete. */
export interface SuggestionPages {
  /** Something worth setting up, once the sign-in is complete. Field `suggest`: `yes` or `no`; texts are the factor's `suggest.*`. */
  suggest: {
    action: string;
    csrf: string;
    application: LocalizedText;
    account: { username: string; name: string };
    factor: string;
  };
  /** Something to set up in the place of what was just used. Field `move`: one of `factors`, or `later`. */
  move: {
    action: string;
    csrf: string;
    application: LocalizedText;
    account: { username: string; name: string };
    leaves: string[];
    factors: string[];
    /** Epoch milliseconds: until when the old one is meant to be used. */
    ends: number;
    /** How long "Not now" holds. */
    again: { amount: number; unit: 'days' | 'hours' | 'minutes' };
  };
}
