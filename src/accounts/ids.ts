import { createHmac } from 'node:crypto';
import type { AccountsNeeds } from './needs.ts';

/**
 * The id that a person's account gets: known before it is kept, so that attempts are counted under it from the first
 * on. It tells nothing of the person, by a secret of the installation.
 */
export function createIds({ durable, random }: Pick<AccountsNeeds, 'durable' | 'random'>) {
  let secret: Promise<string> | undefined;

  /** Made once, and the same for all nodes. */
  async function readSecret(): Promise<string> {
    const state = durable.state('accounts');
    const kept = await state.get('ids');
    if (kept) return kept.value;
    await state.set('ids', Buffer.from(random(32)).toString('base64url'), 0);
    return readSecret();
  }

  return async (directory: string, key: string): Promise<string> => {
    secret ??= readSecret();
    secret.catch(() => {
      secret = undefined;
    });
    const mac = createHmac('sha256', await secret).update(JSON.stringify([directory, key]));
    return mac.digest().subarray(0, 16).toString('base64url');
  };
}
