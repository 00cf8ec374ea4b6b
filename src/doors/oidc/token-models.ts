import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { withLeft } from './in-hand.ts';

type Save = (...given: unknown[]) => Promise<string>;

/**
 * Of what answers one request, the token that is made last waits for all: the mark that its code is used, and each token's
 * record, go out together.
 */
export function writeTogether({ AccessToken, RefreshToken }: Provider): void {
  for (const model of [AccessToken, RefreshToken]) {
    const prototype = model.prototype as unknown as { save: Save }; // the published types say less of its arguments
    const { save } = prototype;
    prototype.save = function (...given) {
      const saved = () => save.apply(this, given);
      return model === AccessToken && isFollowed(Provider.ctx) ? saved() : savedWithLeft(saved);
    };
  }
}

/** Its own record is among what is left. */
async function savedWithLeft(save: () => Promise<string>): Promise<string> {
  const value = await save();
  await withLeft(async () => {});
  return value;
}

/** A code gets a refresh token after the access token, where its client may have one (`issueRefreshToken`). */
function isFollowed(ctx: KoaContextWithOIDC | undefined): boolean {
  const { client, params } = ctx?.oidc ?? {};
  return params?.grant_type === 'authorization_code' && client?.grantTypeAllowed('refresh_token') === true;
}
