import type { Credentials } from '../accounts/credentials.ts';
import type { AuditFacts, Holds } from '../accounts/holds.ts';
import { SallyportError } from '../core/errors.ts';
import type { Reported } from '../core/reported.ts';
import type { EndEverything } from '../methods/ending.ts';
import type { Methods } from '../methods/methods.ts';
import type { ReportsNeeds } from './needs.ts';
import { createRecords } from './records.ts';
import { suspectsOf } from './suspects.ts';

export interface ReportOptions {
  /** A session that the caller ends by itself, as the browser's own. */
  keep?: string;
  /** It is a sign-in that was completed: methods that whoever it was may have added are suspended with it. */
  suspending?: boolean;
}

/**
 * How old a sign-in may be that is reported, milliseconds: as long as a browser is remembered by default. What is
 * suspended reaches back to it, and who holds a browser of somebody's must not be able to choose how far.
 */
const OLDEST = 30 * 86_400_000;

interface Parts {
  holds: Holds;
  credentials: Credentials;
  methods: Methods;
  endEverything: EndEverything;
}

/** Reports of what somebody else did with an account, and what follows from one at once. */
export function createReports(
  deps: Pick<ReportsNeeds, 'durable' | 'now' | 'random' | 'audit'>,
  { holds, credentials, methods, endEverything }: Parts,
) {
  const records = createRecords(deps);

  const suspects = (account: string, about: Reported) => suspectsOf(deps, credentials, account, about);

  /** Each is suspended once, and told: those too that the same report suspended before, when it was cut off. */
  async function suspendSuspects(account: string, about: Reported, facts: AuditFacts): Promise<void> {
    await methods.tellLeft(account);
    for (const { id, factor } of await suspects(account, about))
      await methods.suspend(account, id, { ...facts, factor });
  }

  /** Ends all that rests on what was proven so far, and lets nothing new begin before the password is changed. */
  async function secure(account: string, about: Reported, facts: AuditFacts, options: ReportOptions): Promise<void> {
    await holds.place(account, 'report', facts);
    await endEverything(account, async () => {
      if (options.suspending) await suspendSuspects(account, about, facts);
      return options.keep;
    });
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
      const { id, act } = await records.claim(account, about, by);
      if (act === 'nothing') return id;
      const facts = { ...by, report: id };
      if (act === 'effects') {
        await secure(account, about, facts, options);
        return id;
      }
      try {
        await deps.audit.commit({ ...facts, event: 'report.made', account, reported: { ...about } });
        await secure(account, about, facts, options);
        await records.done(id);
      } catch (error) {
        await records.giveUp(id);
        throw error;
      }
      return id;
    },

    list: records.list,
    get: records.get,

    /** Of any number of callers one handles it. False where it isn't there, or was handled. */
    async handle(id: string, by: string, reason: string, facts: AuditFacts = {}): Promise<boolean> {
      const account = await records.handle(id, by, reason);
      if (account === undefined) return false;
      await deps.audit.commit({ ...facts, event: 'report.handled', account, report: id, by, reason });
      return true;
    },
  };
}

export type Reports = ReturnType<typeof createReports>;
