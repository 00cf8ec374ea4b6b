import type { Account } from '../core/account.ts';
import { hasCode } from '../core/errors.ts';
import type { AuditEntry } from '../core/store.ts';
import type { Agent } from './agent.ts';
import type { createLocks } from './locks.ts';
import type { HelpDeskNeeds, HelpDeskParts } from './needs.ts';
import type { Right } from './scope.ts';

const DAY = 86_400_000;
/** Locks end by themselves within this, or are there until somebody lifts them. */
const LOCKS = 2 * DAY;
const STOPS = 30 * DAY;
/** Passes that are handed out last no longer. */
const PASSES = 31 * DAY;
/** Entries and reports that are looked at for one list, people that are asked about, and those that are shown. */
const LOOKED_AT = 300;
const ASKED_ABOUT = 30;
const SHOWN = 8;

/** Somebody who may wait for the help desk; times are epoch milliseconds. */
export interface Waiter {
  person: Account;
  /** Since when. */
  since: number;
  /** When it ends by itself; absent: not before somebody ends it. */
  until?: number;
  factor?: string;
}

export interface Waiting {
  reports: Waiter[];
  locks: Waiter[];
  passes: Waiter[];
}

/** What an agent finds when they come to the desk: of the people in their scope, the newest first. */
export function createWaiting(
  { durable, factors, now }: Pick<HelpDeskNeeds, 'durable' | 'factors' | 'now'>,
  { credentials, reports }: Pick<HelpDeskParts, 'credentials' | 'reports'>,
  {
    locks,
    current,
  }: Pick<ReturnType<typeof createLocks>, 'locks'> & {
    current(account: Account): Promise<Account | undefined>;
  },
) {
  const lent = new Set([...factors].filter(([, { module }]) => module.standing === 'bootstrap').map(([id]) => id));

  /** As their directory has them now; whoever it can't be asked about now is left out. */
  async function inScope(agent: Agent, account: Account, rights: readonly Right[]): Promise<Account | undefined> {
    if (!rights.every((right) => agent.may(right, account))) return undefined;
    const person = await current(account).catch((error: unknown) => {
      if (hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) return undefined;
      throw error;
    });
    return person && rights.every((right) => agent.may(right, person)) ? person : undefined;
  }

  /** Of these the first of each person, as far as the agent may see them and it still holds. */
  async function seen(
    agent: Agent,
    found: readonly { account: string; since: number }[],
    rights: readonly Right[],
    holds: (account: string) => Promise<Pick<Waiter, 'until' | 'factor'> | undefined>,
  ): Promise<Waiter[]> {
    const newest = found.toSorted((a, b) => b.since - a.since);
    const first = new Map(newest.toReversed().map((one) => [one.account, one]));
    const accounts = await durable.accounts.byIds([...first.keys()].slice(-LOOKED_AT));
    const mine = accounts
      .filter((account) => rights.every((right) => agent.may(right, account)))
      .toSorted((a, b) => (first.get(b.id)?.since ?? 0) - (first.get(a.id)?.since ?? 0))
      .slice(0, ASKED_ABOUT);
    const asked = await Promise.all(
      mine.map(async (account): Promise<Waiter[]> => {
        const held = await holds(account.id);
        const person = held && (await inScope(agent, account, rights));
        return person ? [{ person, since: first.get(account.id)?.since ?? 0, ...held }] : [];
      }),
    );
    return asked.flat().slice(0, SHOWN);
  }

  const events = (event: string, since: number): Promise<AuditEntry[]> =>
    durable.audit.ofEvent(event, { from: now() - since, until: now() + 1, limit: LOOKED_AT });
  const whose = (entries: readonly AuditEntry[]) =>
    entries.flatMap(({ account, at }) => (account === undefined ? [] : [{ account, since: at }]));

  async function locked(agent: Agent): Promise<Waiter[]> {
    const [locking, stopping] = await Promise.all([
      events('attempts.locked', LOCKS),
      events('attempts.stopped', STOPS),
    ]);
    const still = locking.filter(({ detail: { until } }) => typeof until !== 'number' || until > now());
    return seen(agent, whose([...still, ...stopping]), ['view'], async (account) => {
      const [lock] = (await locks(account)).toSorted((a, b) => (b.until ?? Infinity) - (a.until ?? Infinity));
      return lock && { factor: lock.factor.replace(/^enrol-/, ''), ...(lock.until ? { until: lock.until } : {}) };
    });
  }

  async function passes(agent: Agent): Promise<Waiter[]> {
    const [byDesk, others] = await Promise.all([
      events('helpdesk.issued', PASSES),
      events('credential.issued', PASSES),
    ]);
    const alive = [...byDesk, ...others].filter(
      ({ detail: { factor, expires } }) => lent.has(String(factor)) && typeof expires === 'number' && expires > now(),
    );
    return seen(agent, whose(alive), ['view'], async (account) => {
      const theirs = (await credentials.ofAccount(account)).filter(({ factor }) => lent.has(factor));
      const entry = alive.find((one) => one.account === account);
      return theirs.length === 0
        ? undefined
        : { factor: theirs[0]?.factor ?? '', until: Number(entry?.detail.expires) };
    });
  }

  async function reported(agent: Agent): Promise<Waiter[]> {
    if (!agent.rights.has('reports')) return [];
    const open = (await reports.list({ limit: LOOKED_AT })).filter(({ handled }) => handled === undefined);
    const found = open.map(({ account, madeAt }) => ({ account, since: madeAt }));
    return seen(agent, found, ['view', 'reports'], async () => ({}));
  }

  return async (agent: Agent): Promise<Waiting> => {
    const [open, held, lentOut] = await Promise.all([reported(agent), locked(agent), passes(agent)]);
    return { reports: open, locks: held, passes: lentOut };
  };
}
