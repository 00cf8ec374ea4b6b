import { hkdfSync } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { taggedKey } from '../../core/keys.ts';
import { createSealer } from '../../core/seal.ts';
import type { EphemeralStore } from '../../core/store.ts';
import { hashOf } from './adapter.ts';

/** How long the answer to a spent token is kept, milliseconds: longer than its overlap and a slow request together. */
const KEPT = 30_000;

/** A token response (RFC 6749 section 5.1). */
interface TokenAnswer {
  refresh_token?: string;
}

/**
 * Whether a refresh token is replaced at its use. One that is bound to a client's authentication or to a key isn't: it
 * is worth nothing to a thief, and a client that loses an answer would lose its grant (RFC 9700 section 4.14.2; FAPI
 * 2.0 Security Profile section 5.3.2.1).
 */
export function rotates({ oidc: { client, entities } }: KoaContextWithOIDC): boolean {
  return client?.tokenEndpointAuthMethod === 'none' && entities.RefreshToken?.isSenderConstrained() !== true;
}

/**
 * Runs around oidc-provider: of several uses of one refresh token within its overlap the first answer is everybody's.
 * Two tabs of one application, which can't know of each other, then hold the same next token; a thief who was there in
 * those seconds holds no other, and shows at its next use.
 */
export function answerAlike(ephemeral: EphemeralStore) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    if (ctx.status !== 200 || ctx.oidc?.entities.RotatedRefreshToken === undefined) return;
    const { params, client, entities } = ctx.oidc;
    const spent = String(params?.refresh_token);
    const sealer = createSealer(keyOf(spent));
    const context = `refresh ${client?.clientId}`;
    const asked = JSON.stringify([params?.scope, params?.resource, entities.AccessToken?.jkt]);
    const own = ctx.body as TokenAnswer;
    const key = taggedKey('oidc:answer', hashOf(spent));
    if (await ephemeral.add(key, sealer.seal(JSON.stringify({ asked, answer: own }), context), KEPT)) return;
    const stored = await ephemeral.get(key);
    if (stored === undefined) return;
    const first = JSON.parse(sealer.open(stored, context)) as { asked: string; answer: TokenAnswer };
    const same = first.asked === asked;
    // Asked for another resource, or with another key, it gets an access token of its own; the next refresh token is one.
    ctx.body = same ? first.answer : { ...own, refresh_token: first.answer.refresh_token };
    await entities.RefreshToken?.destroy();
    if (same) await entities.AccessToken?.destroy();
  };
}

/** The store has a token's hash alone: nobody who reads it can open the answer. */
function keyOf(token: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', token, new Uint8Array(), 'sallyport refresh answer 1', 32));
}
