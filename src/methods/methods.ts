import type { Credentials } from '../accounts/credentials.ts';
import type { AuditFacts } from '../accounts/holds.ts';
import type { TrustedDevices } from '../assurance/trusted-devices.ts';
import { isSame, type Mark, type ReadValidity } from '../assurance/validity.ts';
import type { Message } from '../core/prompt.ts';
import type { MethodsNeeds } from './needs.ts';
import { createSuspending } from './suspending.ts';

/** How long one change of an account's methods keeps others of the account waiting at most, milliseconds. */
const CLAIM = 60_000;

/** What is added: as a factor confirmed it. */
export interface NewMethod {
  factor: string;
  name: string;
  data: unknown;
  lookup?: readonly string[] | undefined;
}

interface Parts {
  credentials: Credentials;
  devices: TrustedDevices;
  validityNow: ReadValidity;
}

/** A right that is asked again in the moment of its exercise, and what is answered where it can't be exercised. */
export interface Exercise<T> {
  account: string;
  /** Asked once nobody else changes the account's methods: what was true when a page was shown may not be any more. */
  right(): Promise<boolean>;
  /** Another change of the account's methods is under way. */
  busy(): T | Promise<T>;
  /** The right is gone. */
  lost(): T | Promise<T>;
}

/** Methods of accounts as they change: one change of an account's at a time, and what rests on one ends with it. */
export function createMethods(
  deps: Pick<MethodsNeeds, 'durable' | 'ephemeral' | 'now' | 'random' | 'audit' | 'endGrants'>,
  { credentials, devices, validityNow }: Parts,
) {
  const { ephemeral, audit } = deps;

  /** Nobody else's claim is taken back, should this one have outlived its time. */
  async function release(key: string, mine: string): Promise<void> {
    if (await ephemeral.swap(key, mine, `${mine} is over`)) await ephemeral.delete(key);
  }

  async function endResting(account: string, credential: string): Promise<void> {
    await devices.revoke(account, { credential });
    await deps.endGrants(account, credential);
  }

  const { suspend, failed, tellLeft } = createSuspending(deps, { credentials, endResting });

  /** What was reported since the right to add it was asked for: either the report finds the method, or this the report. */
  async function settle(account: string, id: string, since: Mark, facts: AuditFacts): Promise<void> {
    if (!isSame((await validityNow(account)).mark, since)) await suspend(account, id, { ...facts, reason: 'voided' });
  }

  return {
    settle,

    /** `since`: what was void when the right was asked for, for `add`. */
    async exercise<T>({ account, right, busy, lost }: Exercise<T>, act: (since: Mark) => Promise<T>): Promise<T> {
      const key = `methods:{${account}}`;
      const mine = Buffer.from(deps.random(12)).toString('base64url');
      if (!(await ephemeral.add(key, mine, CLAIM))) return busy();
      try {
        const since = (await validityNow(account)).mark;
        return (await right()) ? await act(since) : await lost();
      } finally {
        await release(key, mine);
      }
    },

    /**
     * Adds a method, within an exercise. What was reported since the right was asked for suspends it at once.
     */
    async add(
      account: string,
      { factor, name, data, lookup }: NewMethod,
      since: Mark,
      facts: AuditFacts,
    ): Promise<string | Message> {
      let announced: string | undefined;
      const tell = (event: string, credential: string) =>
        audit.commit({ ...facts, event, account, factor, credential });
      const id = await credentials.add(account, factor, name, data, lookup, async (fresh) => {
        await tell('credential.added', fresh);
        announced = fresh;
      });
      if (typeof id !== 'string') {
        // Somebody else was faster in that very moment.
        if (announced) await tell('credential.removed', announced);
        return id;
      }
      await settle(account, id, since, { ...facts, factor });
      return id;
    },

    ...{ suspend, failed },

    tellLeft,

    /** It is the owner's after all: false where it isn't suspended any more. The caller has told the audit. */
    async confirm(account: string, id: string): Promise<boolean> {
      await tellLeft(account);
      return credentials.confirm(id, account);
    },

    /** It is gone, with what rests on it: remembered devices, and grants with their tokens. The caller has told the audit. */
    async remove(account: string, id: string): Promise<boolean> {
      await tellLeft(account);
      const removed = await credentials.remove(id, account);
      await endResting(account, id);
      return removed;
    },

    endResting,
  };
}

export type Methods = ReturnType<typeof createMethods>;
