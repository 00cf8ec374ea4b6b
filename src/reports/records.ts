import { createHash } from 'node:crypto';
import type { AuditFacts } from '../accounts/holds.ts';
import { SallyportError } from '../core/errors.ts';
import type { Reported } from '../core/reported.ts';
import type { ReportsNeeds } from './needs.ts';

/** "This wasn't me", as the help desk sees it. Times are epoch milliseconds. */
export interface Report {
  id: string;
  account: string;
  about: Reported;
  madeAt: number;
  /** Who says so, and from where. */
  by: AuditFacts;
  handled?: { at: number; by: string; reason: string };
}

type Kept = Omit<Report, 'id'> & {
  /** Who began to act on it, when: the others leave the audit to them. */
  begunAt: number;
  /** All that follows from it has been done. */
  done?: boolean;
};

/** After this long, whoever began to act on a report counts as gone; milliseconds. */
const GONE = 60_000;
const PAGE = 500;
const ROUNDS = 10;
/** Greater than any time, so that the newest comes first in order of id. */
const END = 8_640_000_000_000_000;

/** What is left to do by whoever makes a report. */
export type Act = 'all' | 'effects' | 'nothing';

/** The same thing reported twice is one report. */
function lookupOf(account: string, { what, at, application, ip, userAgent, factor }: Reported): string {
  const facts = JSON.stringify([account, what, at, application, ip, userAgent, factor]);
  return createHash('sha256').update(facts).digest('base64url');
}

/** Reports as they are kept: who acts on one, who has handled it, and which there are. */
export function createRecords(deps: Pick<ReportsNeeds, 'durable' | 'now' | 'random'>) {
  const records = deps.durable.records('reports');

  function freshId(at: number): string {
    return `${(END - at).toString(36).padStart(11, '0')}-${Buffer.from(deps.random(9)).toString('base64url')}`;
  }

  async function mark(id: string, change: Pick<Kept, 'done'> | Pick<Kept, 'begunAt'>): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const record = await records.get(id);
      if (record === undefined) return;
      const kept: Kept = { ...(JSON.parse(record.data) as Kept), ...change };
      if (await records.update(id, record.version, JSON.stringify(kept))) return;
    }
  }

  return {
    /** Whose report it is to act on, of all who make the same one at once. */
    async claim(account: string, about: Reported, by: AuditFacts): Promise<{ id: string; act: Act }> {
      const now = deps.now();
      const lookup = lookupOf(account, about);
      const fresh: Kept = { account, about, by, madeAt: now, begunAt: now };
      const id = freshId(now);
      if (await records.insert({ id, lookup, data: JSON.stringify(fresh) })) return { id, act: 'all' };
      const record = await records.byLookup(lookup);
      if (record === undefined) throw new SallyportError('ERR_STORE_UNAVAILABLE', 'the report was not kept');
      const kept = JSON.parse(record.data) as Kept;
      if (kept.done) return { id: record.id, act: 'nothing' };
      const again = JSON.stringify({ ...kept, begunAt: now } satisfies Kept);
      const mine = now - kept.begunAt > GONE && (await records.update(record.id, record.version, again));
      return { id: record.id, act: mine ? 'all' : 'effects' };
    },

    /** All that follows from it has been done. */
    done: (id: string): Promise<void> => mark(id, { done: true }),

    /** Whoever makes it next begins again at once, if the store still takes that; else once the patience is over. */
    giveUp: (id: string): Promise<void> => mark(id, { begunAt: 0 }).catch(() => undefined),

    /** Newest first. */
    async list({ account, open, limit }: { account?: string; open?: boolean; limit: number }): Promise<Report[]> {
      const found: Report[] = [];
      let after: string | undefined;
      while (found.length < limit) {
        const page = await records.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
        for (const { id, data } of page) {
          const report = reportOf(id, data);
          if (account !== undefined && report.account !== account) continue;
          if (open !== undefined && open !== (report.handled === undefined)) continue;
          if (found.push(report) === limit) return found;
        }
        after = page.at(-1)?.id;
        if (page.length < PAGE) break;
      }
      return found;
    },

    async get(id: string): Promise<Report | undefined> {
      const record = await records.get(id);
      return record && reportOf(id, record.data);
    },

    /** Of any number of callers one handles it; answers whose it is. Undefined where it isn't there, or was handled. */
    async handle(id: string, by: string, reason: string): Promise<string | undefined> {
      for (let round = 0; round < ROUNDS; round += 1) {
        const record = await records.get(id);
        if (record === undefined) return undefined;
        const kept = JSON.parse(record.data) as Kept;
        if (kept.handled) return undefined;
        const handled: Kept = { ...kept, handled: { at: deps.now(), by, reason } };
        if (await records.update(id, record.version, JSON.stringify(handled))) return kept.account;
      }
      throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing this report');
    },
  };
}

function reportOf(id: string, data: string): Report {
  const { account, about, madeAt, by, handled } = JSON.parse(data) as Kept;
  return { id, account, about, madeAt, by, ...(handled ? { handled } : {}) };
}
