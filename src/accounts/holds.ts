import type { AuditEvent } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import { createTurns } from '../core/turns.ts';
import type { AccountsNeeds } from './needs.ts';

/** While it stands, nothing opens for the account before its password is a new one. */
export interface Hold {
  account: string;
  /** Why: `report`, or what whoever placed it says. */
  reason: string;
  /** Epoch milliseconds. What was proven or lent before counts for nothing. */
  at: number;
}

/** What an audit event says of who did it, and from where. */
export type AuditFacts = Readonly<Record<string, unknown>>;

/**
 * As kept: a hold that was released leaves its record. So does every change of the password, held or not. `untold`: what
 * the audit hasn't yet. Whoever is killed in between leaves it to the next who changes the hold, or would.
 */
type Kept = { reason: string; at: number; untold?: AuditEvent } | { released: number };

type Placed = Extract<Kept, { reason: string }>;

/** What a hold becomes, and what the audit is told of it. */
type Change = { placed: Placed; event: AuditEvent } | { released: number; event: AuditEvent | undefined };

/** How an account stands. */
export interface Standing {
  hold?: Hold;
  /** What was proven before this moment counts for nothing: the hold, or the last change of the password here. */
  since: number;
}

/** What the record says of the account. */
function standingOf(account: string, kept: Kept | undefined): Standing {
  if (kept === undefined) return { since: 0 };
  if ('released' in kept) return { since: kept.released };
  const { reason, at } = kept;
  return { since: at, hold: { account, reason, at } };
}

/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;

/** Accounts whose password must be changed, by account. Durable. */
export function createHolds(deps: Pick<AccountsNeeds, 'durable' | 'now' | 'audit'>) {
  const listeners: ((account: string) => Promise<void>)[] = [];
  async function releaseRest(account: string): Promise<void> {
    for (const release of listeners) await release(account);
  }

  const records = deps.durable.records('holds');

  const inTurn = createTurns();

  async function read(account: string): Promise<{ version: number; kept: Kept } | undefined> {
    const record = await records.get(account);
    return record && { version: record.version, kept: JSON.parse(record.data) as Kept };
  }

  const standing = async (account: string): Promise<Standing> => standingOf(account, (await read(account))?.kept);

  /** The mark goes once the audit has it. Where the record has moved on, another has told it too: nobody changes it before. */
  async function tell(account: string, version: number, placed: Placed, event: AuditEvent): Promise<void> {
    await deps.audit.commit(event);
    const { reason, at } = placed;
    await records.update(account, version, JSON.stringify({ reason, at } satisfies Kept));
  }

  function write(account: string, version: number | undefined, kept: Kept): Promise<boolean> {
    const data = JSON.stringify(kept);
    return version === undefined ? records.insert({ id: account, data }) : records.update(account, version, data);
  }

  /** By compare-and-set; `change` answers undefined to leave it, and then false is answered. */
  async function changed(account: string, change: (before: Standing) => Change | undefined): Promise<boolean> {
    let announced = false;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { version, kept } = (await read(account)) ?? {};
      if (version !== undefined && kept && 'untold' in kept && kept.untold) {
        await tell(account, version, kept, { ...kept.untold, doneAt: new Date(kept.at).toISOString() });
        continue;
      }
      const next = change(standingOf(account, kept));
      if (next === undefined) return false;
      if ('released' in next) {
        const { event, released } = next;
        // Before it is so: nobody has to come back to a hold that is gone, and then nobody would tell it.
        if (event && !announced) await deps.audit.commit(event);
        announced = true;
        if (await write(account, version, { released })) return true;
      } else if (await write(account, version, { ...next.placed, untold: next.event })) {
        await tell(account, (version ?? 0) + 1, next.placed, next.event);
        return true;
      }
    }
    throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing this hold');
  }

  /** One at a time in this process: of many at once here nobody takes what another is just telling for left behind. */
  const update = (account: string, change: (before: Standing) => Change | undefined): Promise<boolean> =>
    inTurn(account, () => changed(account, change));

  const released = (account: string, facts: AuditFacts): AuditEvent => ({ ...facts, event: 'hold.released', account });

  return {
    /** Called, from now on, for every account that is released: whoever holds back something of it lets it go. */
    listen: (release: (account: string) => Promise<void>) => void listeners.push(release),

    standing,

    of: async (account: string): Promise<Hold | undefined> => (await standing(account)).hold,

    /** One that stands already is left as it is: of any number of callers one places it, and all return once it is told. */
    async place(account: string, reason: string, facts: AuditFacts = {}): Promise<void> {
      const at = deps.now();
      const event: AuditEvent = { ...facts, event: 'hold.placed', account, reason };
      await update(account, ({ hold }) => (hold ? undefined : { placed: { reason, at }, event }));
    },

    /** False where there is nothing to release. */
    async release(account: string, facts: AuditFacts = {}): Promise<boolean> {
      const at = deps.now();
      const event = released(account, facts);
      const done = await update(account, ({ hold }) => (hold ? { released: at, event } : undefined));
      // Also where there is none any more: whoever released it may not have come to the rest.
      await releaseRest(account);
      return done;
    },

    /** The password is a new one since `at`: the hold that stood before is over, one placed since then stays. */
    async renewed(account: string, at: number, before: Hold | undefined, facts: AuditFacts): Promise<void> {
      const event = released(account, facts);
      const done = await update(account, ({ hold }) => {
        if (hold && hold.at !== before?.at) return undefined;
        return { released: at, event: hold && event };
      });
      if (done) await releaseRest(account);
    },
  };
}

export type Holds = ReturnType<typeof createHolds>;
