import { SallyportError } from '../core/errors.ts';
import type { AccountsNeeds } from './needs.ts';

/** Tries against a change at the same moment. */
const ROUNDS = 5;

/** From when on a password works that replaced a forgotten one, by account: until then it opens nothing. Durable. */
export function createDelays({ durable, now }: Pick<AccountsNeeds, 'durable' | 'now'>) {
  const state = durable.state('password-works');

  async function put(account: string, at: number): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const version = (await state.get(account))?.version ?? 0;
      if (await state.set(account, String(at), version)) return;
    }
    // Silence would let the new password work at once.
    throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing when this password works');
  }

  const at = async (account: string): Promise<number> => Number((await state.get(account))?.value ?? 0);

  return {
    /** Epoch milliseconds; undefined where it works. */
    async until(account: string): Promise<number | undefined> {
      const works = await at(account);
      return works > now() ? works : undefined;
    },

    /**
     * The next password works after so many milliseconds. Before it is set, so that it never works too early; the
     * answer takes that back, where it isn't set after all.
     */
    async begin(account: string, after: number): Promise<() => Promise<void>> {
      const before = await at(account);
      const works = after > 0 ? now() + after : 0;
      if (works !== before) await put(account, works);
      return async () => {
        if (works !== before) await put(account, before);
      };
    },
  };
}

export type Delays = ReturnType<typeof createDelays>;
