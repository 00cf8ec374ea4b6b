import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { UNPLAIN } from '../plain.ts';
import type { OidcPorts } from '../ports.ts';
import type { Fruitless } from './fruitless.ts';
import type { Later } from './later.ts';

/** Characters of a user name or another thing to sign in with. */
const LONGEST_HINT = 256;
/** Characters of a binding message: it is read on a phone, beside a number. */
const LONGEST_MESSAGE = 64;

interface Parts {
  ports: Pick<OidcPorts, 'account'>;
  later: Later;
  fruitless: Fruitless;
}

/** Who is meant, and what they are shown (CIBA Core 1.0 section 7.1). */
export function hints({ ports, later, fruitless }: Parts) {
  return {
    /** Whatever they could type to sign in. Who has never come here has no phone here: no account is made for them. */
    async processLoginHint(ctx: KoaContextWithOIDC, hint = ''): Promise<string | undefined> {
      const application = String(ctx.oidc.client?.clientId);
      await fruitless.count(application);
      const known = hint.length > LONGEST_HINT ? undefined : await later.ports().known(hint);
      const account = known && (await ports.account(known.id, ctx, known));
      if (account === undefined) fruitless.refused(application, 'unknown person');
      return account?.id;
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
