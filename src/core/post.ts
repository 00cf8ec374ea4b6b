import type { Account } from './account.ts';
import type { Channel } from './sender.ts';

/** Where a message goes. */
export interface Destination {
  channel: Channel;
  /** One mailbox, or a number in E.164. */
  to: string;
  /** Where the number is, ISO 3166-1 letters. */
  country?: string;
}

/** What a message of the gateway's own says, beside who sends it. */
export type Said =
  /** That a mailbox or number is its owner's. `minutes`: how long the code is good. */
  | { what: 'contact-code'; code: string; minutes: number }
  /** For whoever forgot their password. `link`: where the code can be given as well. */
  | { what: 'reset-code'; code: string; minutes: number; link: string }
  /** Somebody asked, and the password isn't changed here. `where`: there, if that is known. */
  | { what: 'reset-elsewhere'; where?: string };

/** Messages with a code, in the words of the gateway itself. */
export interface Post {
  /** Whether any sender carries such messages. */
  carries(channel: Channel): boolean;
  /** False where nobody took it. Never throws. `locale`: of the page, for an account that has chosen none. */
  send(
    to: Destination,
    said: Said,
    about: { account: Pick<Account, 'id' | 'name' | 'locale'>; locale?: string },
  ): Promise<boolean>;
}
