import { createHash } from 'node:crypto';
import type { Credentials } from '../accounts/credentials.ts';
import type { AuditFacts, Holds } from '../accounts/holds.ts';
import type { TrustedDevices } from '../assurance/trusted-devices.ts';
import { SallyportError } from '../core/errors.ts';
import type { Reported } from '../core/reported.ts';
import type { Methods } from '../methods/methods.ts';
import type { ReportsNeeds } from './needs.ts';
import { suspectsOf } from './suspects.ts';

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

export interface ReportOptions {
  /** A session that the caller ends by itself, as the browser's own. */
  keep?: string;
  /** It is a sign-in that was completed: methods that whoever it was may have added are suspended with it. */
  suspending?: boolean;
}

type Kept = Omit<Report, 'id'> & {
  /** Who began to act on it, when: the others leave the audit to them. */
  begunAt: number;
  /** All that follows from it has been done. */
  done?: boolean;
};

/**
 * How old a sign-in may be that is reported, milliseconds: as long as a browser is remembered by default. What is
 * suspended reaches back to it, and who holds a browser of somebody's must not be able to choose how far.
 */
const OLDEST = 30 * 86_400_000;

/** After this long, whoever began to act on a report counts as gone; milliseconds. */
const GONE = 60_000;
const PAGE = 500;
const ROUNDS = 10;
/** Greater than any time, so that the newest comes first in order of id. */
const END = 8_640_000_000_000_000;

interface Parts {
  holds: Holds;
  devices: TrustedDevices;
  credentials: Credentials;
  methods: Methods;
}

/** Reports of what somebody else did with an account, and what follows from one at once. */
export function createReports(
  deps: Pick<ReportsNeeds, 'durable' | 'now' | 'random' | 'audit' | 'endSessions'>,
  { holds, devices, credentials, methods }: Parts,
) {
  const records = deps.durable.records('reports');

  function freshId(at: number): string {
    return `${(END - at).toString(36).padStart(11, '0')}-${Buffer.from(deps.random(9)).toString('base64url')}`;
  }

  /** The same thing reported twice is one report. */
  function lookupOf(account: string, { what, at, application, ip, userAgent, factor }: Reported): string {
    const facts = JSON.stringify([account, what, at, application, ip, userAgent, factor]);
    return createHash('sha256').update(facts).digest('base64url');
  }

  const suspects = (account: string, about: Reported) => suspectsOf(deps, credentials, account, about);

  /** Each is suspended, and told, once. */
  async function suspendSuspects(account: string, about: Reported, facts: AuditFacts): Promise<void> {
    for (const { id, factor } of await suspects(account, about))
      await methods.suspend(account, id, { ...facts, factor });
  }

  /** Ends all that rests on what was proven so far, and lets nothing new begin before the password is changed. */
  async function secure(account: string, about: Reported, facts: AuditFacts, options: ReportOptions): Promise<void> {
    await holds.place(account, 'report', facts);
    await deps.durable.accounts.revokeBefore(account, deps.now());
    if (options.suspending) await suspendSuspects(account, about, facts);
    await devices.revoke(account);
    // Last: applications are told, and that takes its time.
    await deps.endSessions(account, options.keep);
  }

  async function mark(id: string, change: Pick<Kept, 'done'> | Pick<Kept, 'begunAt'>): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const record = await records.get(id);
      if (record === undefined) return;
      const kept: Kept = { ...(JSON.parse(record.data) as Kept), ...change };
      if (await records.update(id, record.version, JSON.stringify(kept))) return;
    }
  }

  /** Whoever makes it next begins again at once, if the store still takes that; else once the patience is over. */
  async function giveUp(id: string): Promise<void> {
    await mark(id, { begunAt: 0 }).catch(() => undefined);
  }

  /** Whose report it is to act on, of all who make the same one at once. */
  async function claim(account: string, about: Reported, by: AuditFacts): Promise<{ id: string; act: Act }> {
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
  }

  /** Whether a sign-in was too long ago to be reported. */
  const isLate = ({ at }: Pick<Reported, 'at'>): boolean => deps.now() - at > OLDEST;

  return {
    isLate,

    /** Methods that a report of this completed sign-in would suspend. */
    suspects,

    /**
     * Ends sessions, grants and remembered devices of the account, and holds it until its password is changed. The
     * same report made again does nothing more; made by several at once, each returns once all that is in force.
     *
     * @throws SallyportError ERR_INPUT where it is too long ago
     */
    async make(account: string, about: Reported, by: AuditFacts, options: ReportOptions = {}): Promise<string> {
      if (isLate(about)) throw new SallyportError('ERR_INPUT', 'this is too long ago to be reported');
      const { id, act } = await claim(account, about, by);
      if (act === 'nothing') return id;
      const facts = { ...by, report: id };
      if (act === 'effects') {
        await secure(account, about, facts, options);
        return id;
      }
      try {
        await deps.audit.commit({ ...facts, event: 'report.made', account, reported: { ...about } });
        await secure(account, about, facts, options);
        await mark(id, { done: true });
      } catch (error) {
        await giveUp(id);
        throw error;
      }
      return id;
    },

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

    /** Of any number of callers one handles it. False where it isn't there, or was handled. */
    async handle(id: string, by: string, reason: string, facts: AuditFacts = {}): Promise<boolean> {
      for (let round = 0; round < ROUNDS; round += 1) {
        const record = await records.get(id);
        if (record === undefined) return false;
        const kept = JSON.parse(record.data) as Kept;
        if (kept.handled) return false;
        const handled: Kept = { ...kept, handled: { at: deps.now(), by, reason } };
        if (!(await records.update(id, record.version, JSON.stringify(handled)))) continue;
        await deps.audit.commit({ ...facts, event: 'report.handled', account: kept.account, report: id, by, reason });
        return true;
      }
      throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing this report');
    },
  };
}

/** What is left to do by whoever makes a report. */
type Act = 'all' | 'effects' | 'nothing';

function reportOf(id: string, data: string): Report {
  const { account, about, madeAt, by, handled } = JSON.parse(data) as Kept;
  return { id, account, about, madeAt, by, ...(handled ? { handled } : {}) };
}

export type Reports = ReturnType<typeof createReports>;
