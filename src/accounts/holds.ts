import { SallyportError } from '../core/errors.ts';
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

/** As kept: a hold that was released leaves its record. So does every change of the password, held or not. */
type Kept = { reason: string; at: number } | { released: number };

/** How an account stands. */
export interface Standing {
  hold?: Hold;
  /** What was proven before this moment counts for nothing: the hold, or the last change of the password here. */
  since: number;
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

  async function read(account: string): Promise<Standing & { version?: number }> {
    const record = await records.get(account);
    if (record === undefined) return { since: 0 };
    const { version } = record;
    const kept = JSON.parse(record.data) as Kept;
    if ('released' in kept) return { version, since: kept.released };
    return { version, since: kept.at, hold: { account, ...kept } };
  }

  /** Changes the record by compare-and-set; `change` answers undefined to leave it, and then false is answered. */
  async function update(account: string, change: (before: Standing) => Kept | undefined): Promise<boolean> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { version, ...before } = await read(account);
      const kept = change(before);
      if (kept === undefined) return false;
      const data = JSON.stringify(kept);
      const written =
        version === undefined
          ? await records.insert({ id: account, data })
          : await records.update(account, version, data);
      if (written) return true;
    }
    throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing this hold');
  }

  const released = (account: string, facts: AuditFacts) =>
    deps.audit.commit({ ...facts, event: 'hold.released', account });

  return {
    /** Called, from now on, for every account that is released: whoever holds back something of it lets it go. */
    listen: (release: (account: string) => Promise<void>) => void listeners.push(release),

    async standing(account: string): Promise<Standing> {
      const { version: _, ...standing } = await read(account);
      return standing;
    },

    of: async (account: string): Promise<Hold | undefined> => (await read(account)).hold,

    /** One that stands already is left as it is: of any number of callers one places it, and the audit has it once. */
    async place(account: string, reason: string, facts: AuditFacts = {}): Promise<void> {
      const at = deps.now();
      if (!(await update(account, ({ hold }) => (hold ? undefined : { reason, at })))) return;
      await deps.audit.commit({ ...facts, event: 'hold.placed', account, reason });
    },

    /** False where there is nothing to release. */
    async release(account: string, facts: AuditFacts = {}): Promise<boolean> {
      const at = deps.now();
      const done = await update(account, ({ hold }) => (hold ? { released: at } : undefined));
      if (done) await released(account, facts);
      // Also where there is none any more: whoever released it may not have come to the rest.
      await releaseRest(account);
      return done;
    },

    /** The password is a new one since `at`: the hold that stood before is over, one placed since then stays. */
    async renewed(account: string, at: number, before: Hold | undefined, facts: AuditFacts): Promise<void> {
      const same = ({ hold }: Standing) => hold === undefined || hold.at === before?.at;
      if (!(await update(account, (now) => (same(now) ? { released: at } : undefined)))) return;
      if (before) await released(account, facts);
      await releaseRest(account);
    },
  };
}

export type Holds = ReturnType<typeof createHolds>;
