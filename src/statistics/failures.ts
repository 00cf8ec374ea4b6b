import { setImmediate } from 'node:timers/promises';
import type { AuditEntry } from '../core/store.ts';
import { dayOf } from './methods.ts';
import type { StatisticsNeeds } from './needs.ts';
import type { InScope } from './people.ts';

/** A wrong answer, one that wasn't looked at, and what policy refused. */
const EVENTS = ['sign-in.refused', 'sign-in.locked', 'sign-in.denied'] as const;

const PAGE = 500;
/** Events that are looked at for one report: of more, the newest. */
const MOST = 200_000;
/** Rows that are told apart; what is left goes together under `other`. */
const MOST_ROWS = 20_000;

/** Sign-ins that failed on one day (UTC) for one reason at one application. */
export interface Failed {
  day: string;
  event: (typeof EVENTS)[number];
  reason: string;
  /** Id; empty where the event names none. */
  application: string;
  count: number;
}

export interface Failures {
  rows: Failed[];
  total: number;
  /** There were more of them in the period: the oldest aren't counted. */
  cut: boolean;
}

/**
 * Failed sign-ins of people in scope, and those under names that nobody has: these are about no person. The newest
 * day first.
 */
export function createFailuresReport(deps: Pick<StatisticsNeeds, 'durable'>) {
  const { audit, accounts } = deps.durable;

  async function scoped(page: readonly AuditEntry[], inScope: InScope): Promise<AuditEntry[]> {
    const ids = [...new Set(page.flatMap(({ account }) => account ?? []))];
    const mine = new Set((await accounts.byIds(ids)).filter(inScope).map(({ id }) => id));
    return page.filter(({ account }) => account === undefined || mine.has(account));
  }

  /** Pages of one event, the newest first, until there are no more or no more are wanted. */
  async function* pages(event: string, period: { from: number; until: number }, most: number) {
    let after: AuditEntry | undefined;
    for (let read = 0; read < most; read += PAGE) {
      const page = await audit.ofEvent(event, { ...period, limit: PAGE, ...(after ? { after } : {}) });
      yield page;
      after = page.at(-1);
      if (page.length < PAGE) return;
      await setImmediate();
    }
  }

  return async (inScope: InScope, period: { from: number; until: number }): Promise<Failures> => {
    const rows = new Map<string, Failed>();
    const most = Math.floor(MOST / EVENTS.length);
    let [total, cut] = [0, false];
    for (const event of EVENTS) {
      let read = 0;
      for await (const page of pages(event, period, most)) {
        read += page.length;
        for (const entry of await scoped(page, inScope)) {
          total += 1;
          add(rows, event, entry);
        }
      }
      cut ||= read >= most;
    }
    return { rows: [...rows.values()].sort(byDay), total, cut };
  };
}

function add(rows: Map<string, Failed>, event: Failed['event'], { at, application = '', detail }: AuditEntry): void {
  const day = dayOf(at);
  const told = typeof detail.reason === 'string' ? detail.reason : '';
  const known = rows.get([day, event, told, application].join('\0'));
  const reason = known || rows.size < MOST_ROWS ? told : 'other';
  const key = [day, event, reason, application].join('\0');
  const row = rows.get(key) ?? { day, event, reason, application, count: 0 };
  row.count += 1;
  rows.set(key, row);
}

function byDay(a: Failed, b: Failed): number {
  return a.day === b.day ? b.count - a.count : a.day < b.day ? 1 : -1;
}
