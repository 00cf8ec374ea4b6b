import { buildEndSessionUrl } from 'openid-client';
import type { Partings } from '../../core/parting.ts';
import type { SigningOut, Verified } from '../../core/upstream.ts';
import type { ReadClient } from './client.ts';
import type { Settings } from './settings.ts';

interface Kept {
  idToken: string;
  session?: string;
}

/** Signing out there, by the person's own wish (OpenID Connect RP-Initiated Logout 1.0). */
export function createSigningOut(
  { signOutReturns }: Pick<Settings, 'signOutReturns'>,
  partings: Partings,
  client: ReadClient,
): SigningOut & { remember(verified: Verified): Promise<void> } {
  return {
    async remember({ person, said: { session }, parting }) {
      const { end_session_endpoint: endpoint } = (await client()).serverMetadata();
      if (parting === undefined || endpoint === undefined) return;
      const kept: Kept = { idToken: parting, ...(session === undefined ? {} : { session }) };
      await partings.keep(person.key, JSON.stringify(kept));
    },

    can: async ({ key }) => (await partings.of(key)) !== undefined,

    async begin({ key, session }, { back, locale }) {
      const kept = await partings.of(key);
      const config = await client();
      if (kept === undefined || config.serverMetadata().end_session_endpoint === undefined) return undefined;
      const { idToken, session: named } = JSON.parse(kept) as Kept;
      const address = buildEndSessionUrl(config, {
        // Of another session of theirs it would be a hint at that one: without one the provider asks.
        ...(session === named ? { id_token_hint: idToken } : {}),
        // Most providers refuse an address that they weren't told of.
        ...(signOutReturns ? { post_logout_redirect_uri: back } : {}),
        ui_locales: locale,
      });
      return { address: address.href };
    },
  };
}
