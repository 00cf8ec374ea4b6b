import type { LocalizedText } from '../core/account.ts';
import type { Message } from '../core/prompt.ts';

/** Pages on which a password is chosen, or somebody is told to. Times are epoch milliseconds. */
export interface PasswordPages {
  /** The password expires, or has and nothing is enforced. Field `remind`: `now`, if it can be changed here, or `later`. */
  remind: {
    action: string;
    csrf: string;
    application: LocalizedText;
    requester?: string;
    account: { username: string; name: string };
    /** Epoch milliseconds. */
    expires: number;
    overdue: boolean;
    here: boolean;
  };
  /** A new password, field `next`; with `current` the present one as well, in a field of that name. */
  'new-password': {
    action: string;
    csrf: string;
    /** Where it is asked for in the middle of a sign-in. */
    application?: LocalizedText;
    account: { username: string; name: string };
    /** What it must be, in words. */
    rules: readonly Message[];
    current: boolean;
    why: Message;
    error?: Message;
    /** Posting here gives up and returns to the application. */
    cancel?: string;
    /** Address that leaves all as it is. */
    back?: string;
    /** It can be left for later: field `skip`. */
    optional?: boolean;
  };
}
