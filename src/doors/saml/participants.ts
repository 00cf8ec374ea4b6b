import { createHash } from 'node:crypto';
import type { EphemeralStore } from '../../core/store.ts';
import type { NameId } from './model.ts';

/** The service providers that a session signed in to: by SessionIndex, the name under which each knows the person. */
export interface Participants {
  /** Keeps what was issued with this SessionIndex; what was there before is replaced. */
  remember(index: string, nameId: NameId): Promise<void>;
  /** Undefined where nothing was issued, or the session is over by now. Throws ERR_STORE_UNAVAILABLE. */
  nameIdOf(index: string): Promise<NameId | undefined>;
}

const keyOf = (index: string): string => `saml:participant:${createHash('sha256').update(index).digest('base64url')}`;

/** `lifetime`: the longest that a session can live, milliseconds. */
export function createParticipants(ephemeral: Pick<EphemeralStore, 'get' | 'set'>, lifetime: number): Participants {
  return {
    remember: (index, nameId) => ephemeral.set(keyOf(index), JSON.stringify(nameId), lifetime),

    async nameIdOf(index) {
      const stored = await ephemeral.get(keyOf(index));
      return stored === undefined ? undefined : (JSON.parse(stored) as NameId);
    },
  };
}
