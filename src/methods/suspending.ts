import type { Credentials } from '../accounts/credentials.ts';
import type { AuditFacts } from '../accounts/holds.ts';
import type { Credential } from '../core/account.ts';
import type { Refused } from '../core/challenge.ts';
import type { AuditEvent } from '../core/door.ts';
import type { Beside } from '../core/store.ts';
import { createTurns } from '../core/turns.ts';
import type { MethodsNeeds } from './needs.ts';

/** Kept with a suspension until the audit has it and what rests on the credential has ended. */
interface Untold {
  /** Epoch milliseconds. */
  at: number;
  event: AuditEvent;
}

const NAMESPACE = 'suspensions';
/** Told at once, at most: nobody has more credentials. */
const MOST = 100;

interface Parts {
  credentials: Pick<Credentials, 'suspend' | 'update'>;
  /** Ends what rests on a credential. */
  endResting(account: string, credential: string): Promise<void>;
}

/**
 * Credentials that prove nothing any more. What follows from it, the audit's entry and the end of what rests on it, is
 * written down by the same transaction: who is killed before that is done leaves it to the next who comes, be it the
 * same request again, which finds the credential suspended.
 */
export function createSuspending(
  deps: Pick<MethodsNeeds, 'durable' | 'now' | 'audit'>,
  { credentials, endResting }: Parts,
) {
  const records = deps.durable.records(NAMESPACE);
  const inTurn = createTurns();

  async function tell(account: string, credential: string, event: AuditEvent): Promise<void> {
    await deps.audit.commit(event);
    await endResting(account, credential);
    await records.remove(credential);
  }

  async function told(account: string): Promise<void> {
    for (const { id, data } of await records.byKey(account, MOST)) {
      const { at, event } = JSON.parse(data) as Untold;
      await tell(account, id, { ...event, doneAt: new Date(at).toISOString() });
    }
  }

  /** What was left before it first. One at a time, so that nobody here takes for left what another is just telling. */
  function suspending(
    account: string,
    credential: string,
    facts: AuditFacts,
    act: (beside: Beside) => Promise<boolean>,
  ): Promise<boolean> {
    return inTurn(account, async () => {
      await told(account);
      const event = { ...facts, event: 'credential.suspended', account, credential };
      const data = JSON.stringify({ at: deps.now(), event } satisfies Untold);
      const done = await act({ namespace: NAMESPACE, record: { id: credential, keys: [account], data } });
      if (done) await tell(account, credential, event);
      return done;
    });
  }

  /** Does what whoever suspended one of the account's had no time for. */
  const tellLeft = (account: string): Promise<void> => inTurn(account, () => told(account));

  return {
    tellLeft,

    /** It proves nothing more, until somebody confirms it. Of any number at once one suspends it. */
    suspend: (account: string, id: string, facts: AuditFacts): Promise<boolean> =>
      suspending(account, id, { reason: 'report', ...facts }, (beside) => credentials.suspend(id, account, beside)),

    /** A wrong answer, held against these, can make one of them a credential that proves nothing any more. */
    async failed(
      account: string,
      mine: readonly Credential[],
      { update, reason }: Pick<Refused, 'update' | 'reason'>,
      facts: AuditFacts,
    ): Promise<void> {
      const credential = update && mine.find(({ id }) => id === update.credential);
      if (credential === undefined) return tellLeft(account);
      await suspending(account, credential.id, { reason, ...facts }, (beside) =>
        credentials.update(credential, update?.data, beside),
      );
    },
  };
}
