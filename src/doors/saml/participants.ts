import { createHash } from 'node:crypto';
import type { EphemeralStore } from '../../core/store.ts';
import type { NameId } from './model.ts';

/** The service providers that a session signed in to: by SessionIndex, the name under which each knows the person. */
export interface Participants {
  /** Keeps what is issued with this SessionIndex, in the place of what was before. Again and again it costs nothing. */
  remember(index: string, nameId: NameId): Promise<void>;
  /** Undefined where nothing was issued, or the session is over by now. Throws ERR_STORE_UNAVAILABLE. */
  nameIdOf(index: string): Promise<NameId | undefined>;
}

/** Sessions of which this process knows that the store has their name: far more than come back at one time. */
const KNOWN = 10_000;

const keyOf = (index: string): string => `saml:participant:${createHash('sha256').update(index).digest('base64url')}`;

/** `lifetime`: the longest that a session can live, milliseconds. */
export function createParticipants(ephemeral: Pick<EphemeralStore, 'get' | 'set'>, lifetime: number): Participants {
  const known = new Map<string, string>();

  return {
    async remember(index, nameId) {
      const key = keyOf(index);
      const value = JSON.stringify(nameId);
      if (known.get(key) === value) return;
      await ephemeral.set(key, value, lifetime);
      // Last in, last out: a Map keeps the order in which keys came.
      known.delete(key);
      known.set(key, value);
      if (known.size > KNOWN) known.delete(known.keys().next().value ?? '');
    },

    async nameIdOf(index) {
      const stored = await ephemeral.get(keyOf(index));
      return stored === undefined ? undefined : (JSON.parse(stored) as NameId);
    },
  };
}
