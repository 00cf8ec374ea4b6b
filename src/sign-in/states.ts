import { createHash } from 'node:crypto';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Asker } from '../core/strangers.ts';
import type { SignInNeeds } from './needs.ts';
import type { State } from './steps.ts';

/** How long a sign-in waits for the next answer, milliseconds. */
export const PATIENCE = 30 * 60_000;

/** In the place of a state that goes on elsewhere. */
const TAKEN = 'taken';

export interface Loaded {
  state: State;
  /** The stored text that a change is made on top of. */
  stored: string;
}

/** Where each sign-in stands: sealed, under the hash of its id, changed by compare-and-set only. */
export function createStates(deps: Pick<SignInNeeds, 'ephemeral' | 'sealer' | 'random' | 'strangers'>) {
  const { ephemeral, sealer, strangers } = deps;
  const keyOf = ({ id }: Pick<SignInRequest, 'id'>) =>
    `sign-in:{${createHash('sha256').update(id).digest('base64url')}}`;

  return {
    async forget(request: Pick<SignInRequest, 'id'>): Promise<void> {
      await ephemeral.delete(keyOf(request));
      await strangers.release(keyOf(request));
    },

    nonce: (): string => Buffer.from(deps.random(12)).toString('base64url'),

    /** As `load`, and takes it away: of any number of callers one gets it. Only where it is still `stored`. */
    async take(request: Pick<SignInRequest, 'id'>, { stored }: Loaded): Promise<boolean> {
      return (await ephemeral.swap(keyOf(request), stored, TAKEN)) && (await ephemeral.take(keyOf(request))) === TAKEN;
    },

    async load(request: Pick<SignInRequest, 'id'>): Promise<Loaded | undefined> {
      const stored = await ephemeral.get(keyOf(request));
      if (stored === undefined || stored === TAKEN) return undefined;
      return { state: JSON.parse(sealer.open(stored, keyOf(request))) as State, stored };
    },

    /** False if another answer of the same sign-in was first. */
    async save(
      request: SignInRequest,
      before: Loaded | undefined,
      state: State,
      browser: Asker['browser'],
    ): Promise<boolean> {
      const key = keyOf(request);
      const value = sealer.seal(JSON.stringify(state), key);
      if (before === undefined) {
        await strangers.admit({ key, value, ttl: PATIENCE }, { browser, account: request.account });
        return ephemeral.add(key, value, PATIENCE);
      }
      // A stranger's stays no longer than it is counted, whatever is answered.
      const known = state.account ?? request.account;
      const saved = await ephemeral.swap(key, before.stored, value, known === undefined ? undefined : PATIENCE);
      // Whoever has shown who they are is no stranger.
      if (saved && before.state.account === undefined && state.account !== undefined) await strangers.release(key);
      return saved;
    },
  };
}

export type States = ReturnType<typeof createStates>;
