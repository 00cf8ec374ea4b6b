import type { LocalizedText } from '../core/account.ts';
import type { Message } from '../core/prompt.ts';
import type { MethodSeen } from './seen.ts';

/** Accounts at other houses, on the account's page. */
export interface LinksShown {
  /** `factor`: the house, whose name is its `method` text; `name`: whom it names; removed as methods are. */
  list: (MethodSeen & { removable: boolean; elders?: string[] })[];
  /** Houses that could be linked, at `/account/links/add/<directory>`. */
  addable: { directory: string; house: LocalizedText }[];
}

export interface LinkPages {
  /** Before somebody leaves for another house, to link the account there: `leave` leads there. */
  'account-link': {
    house: LocalizedText;
    back: string;
    leave?: string;
    error?: Message;
    /** Who came back, and whose account it is to open: asks for a last word. */
    found?: { name: string; username: string; action: string; csrf: string };
    account?: { name: string; username: string };
  };
}
