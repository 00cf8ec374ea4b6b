import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Later } from './later.ts';

/** Characters of a user name or another thing to sign in with. */
const LONGEST_HINT = 256;
/** Characters of a binding message: it is read on a phone, beside a number. */
const LONGEST_MESSAGE = 64;
/** What could have a line look like several, or be read in another order than it was written. */
const UNPLAIN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Who is meant, and what they are shown (CIBA Core 1.0 section 7.1). */
export function hints(later: Later) {
  return {
    /** Whatever they could type to sign in. */
    async processLoginHint(_ctx: KoaContextWithOIDC, hint = ''): Promise<string | undefined> {
      if (hint.length > LONGEST_HINT) return undefined;
      return (await later.ports().find(hint))?.id;
    },

    /** Whoever makes such tokens would have to be known here. */
    async processLoginHintToken(): Promise<never> {
      throw new errors.InvalidRequest('login_hint_token is not supported: use login_hint or id_token_hint');
    },

    /** Something that only the person knows is for our own pages: applications must not learn to ask for it. */
    async verifyUserCode(_ctx: KoaContextWithOIDC, _account: unknown, code?: string): Promise<void> {
      if (code !== undefined) throw new errors.InvalidRequest('user_code is not supported');
    },

    async validateBindingMessage(_ctx: KoaContextWithOIDC, message?: string): Promise<void> {
      if (message === undefined) return;
      if (message.trim() === '' || message.length > LONGEST_MESSAGE || UNPLAIN.test(message))
        throw new errors.InvalidBindingMessage(`must be one line of plain text, ${LONGEST_MESSAGE} characters at most`);
    },

    /** An extension's, which nobody here reads. */
    async validateRequestContext(): Promise<void> {},
  };
}
