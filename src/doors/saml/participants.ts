import { hash } from 'node:crypto';
import type { EphemeralStore } from '../../core/store.ts';
import type { NameId } from '../../saml/index.ts';

/**
 * The service providers that a session signed in to: by SessionIndex, the names under which each knows the person. A
 * request chooses the format, so that there may be one of each; names are derived, so that there are no more.
 */
export interface Participants {
  /**
   * Keeps what is issued with this SessionIndex, beside what was before. Again and again it costs nothing: false where
   * this process has kept it already.
   */
  remember(index: string, nameId: NameId): Promise<boolean>;
  /** None where nothing was issued, or the session is over by now. Throws ERR_STORE_UNAVAILABLE. */
  nameIdsOf(index: string): Promise<NameId[]>;
}

/** Sessions of which this process knows that the store has their name: far more than come back at one time. */
const KNOWN = 10_000;

const keyOf = (index: string): string => `saml:names:${hash('sha256', index, 'base64url')}`;

/** `lifetime`: the longest that a session can live, milliseconds. */
export function createParticipants(
  ephemeral: Pick<EphemeralStore, 'addMember' | 'members'>,
  lifetime: number,
): Participants {
  const known = new Set<string>();

  return {
    async remember(index, nameId) {
      const value = JSON.stringify(nameId);
      const entry = `${index} ${value}`;
      if (known.has(entry)) return false;
      await ephemeral.addMember(keyOf(index), value, lifetime);
      known.add(entry);
      // A Set keeps the order in which they came.
      if (known.size > KNOWN) known.delete(known.values().next().value ?? '');
      return true;
    },

    async nameIdsOf(index) {
      return (await ephemeral.members(keyOf(index))).map((value) => JSON.parse(value) as NameId);
    },
  };
}
