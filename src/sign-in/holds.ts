import { SallyportError } from '../core/errors.ts';
import type { SignInDeps } from './deps.ts';

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

/** As kept: a hold that was released leaves its record, so that every change is a compare-and-set. */
type Kept = { reason: string; at: number } | { released: number };

/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;

/** Accounts whose password must be changed, by account. Durable. */
export function createHolds(deps: Pick<SignInDeps, 'durable' | 'now' | 'audit'>) {
  const records = deps.durable.records('holds');

  async function read(account: string): Promise<{ hold?: Hold; version?: number }> {
    const record = await records.get(account);
    if (record === undefined) return {};
    const kept = JSON.parse(record.data) as Kept;
    return { version: record.version, ...('released' in kept ? {} : { hold: { account, ...kept } }) };
  }

  function write(account: string, version: number | undefined, kept: Kept): Promise<boolean> {
    const data = JSON.stringify(kept);
    return version === undefined ? records.insert({ id: account, data }) : records.update(account, version, data);
  }

  async function of(account: string): Promise<Hold | undefined> {
    return (await read(account)).hold;
  }

  return {
    of,

    /** One that stands already is left as it is: of any number of callers one places it, and the audit has it once. */
    async place(account: string, reason: string, facts: AuditFacts = {}): Promise<Hold> {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { hold, version } = await read(account);
        if (hold) return hold;
        const at = deps.now();
        if (!(await write(account, version, { reason, at }))) continue;
        await deps.audit.commit({ ...facts, event: 'hold.placed', account, reason });
        return { account, reason, at };
      }
      throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing this hold');
    },

    /** `only`: not one that was placed since that was read. False where there is nothing to release. */
    async release(account: string, facts: AuditFacts = {}, only?: Hold): Promise<boolean> {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { hold, version } = await read(account);
        if (hold === undefined || version === undefined || (only && only.at !== hold.at)) return false;
        if (!(await write(account, version, { released: deps.now() }))) continue;
        await deps.audit.commit({ ...facts, event: 'hold.released', account });
        return true;
      }
      throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing this hold');
    },
  };
}

export type Holds = ReturnType<typeof createHolds>;
