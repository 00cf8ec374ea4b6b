import type { TrustedDevices } from '../assurance/trusted-devices.ts';
import type { MethodsNeeds } from './needs.ts';

/** The moment at which everything of an account was ended, and the generation that began with it. */
export interface Ended {
  /** Epoch milliseconds. */
  at: number;
  generation: number;
}

/**
 * What is done once nothing from before counts any more, and before applications are told, which takes its time;
 * answers the session that isn't ended here.
 */
export type Meanwhile = (ended: Ended) => Promise<string | undefined>;

/**
 * Ends everything of an account: sessions, grants with their tokens, remembered devices, and what is proven in sign-ins
 * under way. The one way to do so. The account's generation moves on first, in the durable store: whatever was read
 * before and is written after that is void, on every node, and the rest only clears away.
 */
export function createEnding(
  deps: Pick<MethodsNeeds, 'now' | 'durable' | 'endSessions'>,
  { devices }: { devices: Pick<TrustedDevices, 'revoke'> },
) {
  return async (account: string, meanwhile: Meanwhile = async () => undefined): Promise<Ended> => {
    const at = deps.now();
    const generation = await deps.durable.accounts.endAll(account, at);
    const ended = { at, generation: generation ?? 0 };
    await devices.revoke(account);
    await deps.endSessions(account, await meanwhile(ended));
    return ended;
  };
}

export type EndEverything = ReturnType<typeof createEnding>;
