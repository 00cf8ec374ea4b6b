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
  /** What is being read ahead, by the browser of the request; whoever asks again wants to know how it is then. */
  const reading = new WeakMap<object, { key: string; stored: Promise<string | undefined> }>();
  const keyOf = ({ id }: Pick<SignInRequest, 'id'>) =>
    `sign-in:{${createHash('sha256').update(id).digest('base64url')}}`;

  /** Nobody waits for it: what isn't taken off counts until it expires. */
  const release = (key: string) => void strangers.release(key).catch(() => undefined);

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

    /** Begins to read one that the request of this browser will ask for, once it is known to be its own. */
    ahead(request: Pick<SignInRequest, 'id'>, browser: object): void {
      const stored = ephemeral.get(keyOf(request));
      // It is told to whoever asks for it, if anybody does.
      stored.catch(() => undefined);
      reading.set(browser, { key: keyOf(request), stored });
    },

    /** `browser`: of the request that asks, which may have begun to read it. */
    async load(request: Pick<SignInRequest, 'id'>, browser: object = {}): Promise<Loaded | undefined> {
      const begun = reading.get(browser);
      reading.delete(browser);
      const stored = await (begun?.key === keyOf(request) ? begun.stored : ephemeral.get(keyOf(request)));
      if (stored === undefined || stored === TAKEN) return undefined;
      return { state: JSON.parse(sealer.open(stored, keyOf(request))) as State, stored };
    },

    /** As it stands from now on; undefined if another answer of the same sign-in was first. */
    async save(
      request: SignInRequest,
      before: Loaded | undefined,
      state: State,
      browser: Asker['browser'],
    ): Promise<Loaded | undefined> {
      const key = keyOf(request);
      const value = sealer.seal(JSON.stringify(state), key);
      if (before === undefined) {
        await strangers.admit({ key, value, ttl: PATIENCE }, { browser, account: request.account });
        return (await ephemeral.add(key, value, PATIENCE)) ? { state, stored: value } : undefined;
      }
      // A stranger's stays no longer than it is counted, whatever is answered.
      const known = state.account ?? request.account;
      const saved = await ephemeral.swap(key, before.stored, value, known === undefined ? undefined : PATIENCE);
      // Whoever has shown who they are is no stranger.
      if (saved && before.state.account === undefined && state.account !== undefined) release(key);
      return saved ? { state, stored: value } : undefined;
    },
  };
}

export type States = ReturnType<typeof createStates>;
