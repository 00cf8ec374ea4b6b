import type { Credential } from '../core/account.ts';
import type { AccountsNeeds } from './needs.ts';

/** Tries against a change at the same moment; the account's owner alone changes it. */
const TRIES = 5;

/** Which method a person wants to be asked for first: by account, and good as long as the credential is there. */
export function createPreferences(deps: Pick<AccountsNeeds, 'durable'>) {
  const state = deps.durable.state('default-method');

  return {
    /** Id of the one among these that is asked for first; undefined where none was chosen, or it is gone. */
    async of(account: string, credentials: readonly Credential[]): Promise<string | undefined> {
      const chosen = (await state.get(account))?.value;
      return credentials.find(({ id }) => id === chosen)?.id;
    },

    /** False where it was changed at the same moment, again and again. */
    async choose(account: string, credential: string): Promise<boolean> {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const version = (await state.get(account))?.version ?? 0;
        if (await state.set(account, credential, version)) return true;
      }
      return false;
    },
  };
}

export type Preferences = ReturnType<typeof createPreferences>;
