import type { Account } from '../../core/account.ts';
import type { DataRecord } from '../../core/store.ts';
import { addAsking, type createAskingReport } from '../asking.ts';
import type { createCampaignReport } from '../campaigns.ts';
import type { createEnrolmentReport } from '../enrolment.ts';
import type { createMovingReport } from '../moving.ts';
import type { StatisticsNeeds } from '../needs.ts';
import type { InScope } from '../people.ts';
import { KEPT } from '../totals/keeping.ts';
import { add, addMoving, emptyKind, type Kind, type Snapshot, type Tally, tallyOf } from './snapshot.ts';

const DAY = 86_400_000;
/** Kinds of people that are told apart: their agents' scopes are made of few groups. */
const MOST_KINDS = 500;
/** People between two questions whether it is still this node's to do. */
const TURN = 500;

interface Reports {
  enrolment: ReturnType<typeof createEnrolmentReport>;
  moving: ReturnType<typeof createMovingReport>;
  campaigns: ReturnType<typeof createCampaignReport>;
  asking: ReturnType<typeof createAskingReport>;
}

const everybody: InScope = () => true;
const idOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Who has what, counted once a night: what is drawn over time needn't look at everybody each time. */
export function createSnapshots(
  { durable, scopeGroups }: Pick<StatisticsNeeds, 'durable' | 'scopeGroups'>,
  { enrolment, moving, campaigns, asking }: Reports,
) {
  const records = durable.records('snapshots');
  const named = new Set(scopeGroups);

  /** Undefined where it isn't this node's to do any more. */
  async function count(at: number, still: () => Promise<boolean>): Promise<Snapshot | undefined> {
    const kinds = new Map<string, Kind>();
    let [looked, untold] = [0, 0];
    const kindOf = ({ groups = [] }: Account): Kind | undefined => {
      const theirs = [...new Set(groups)].filter((group) => named.has(group)).sort();
      const key = JSON.stringify(theirs);
      const kind = kinds.get(key) ?? (kinds.size < MOST_KINDS ? emptyKind(theirs) : undefined);
      if (kind) kinds.set(key, kind);
      return kind;
    };
    const mine = async () => looked++ % TURN !== 0 || (await still());
    for await (const { account, methods, enrolled, due } of enrolment.standing(everybody)) {
      if (!(await mine())) return undefined;
      const kind = kindOf(account);
      if (kind === undefined) untold += 1;
      else {
        kind.people += 1;
        for (const factor of new Set(methods.map((method) => method.factor))) add(kind.factors, factor);
        if (enrolled) continue;
        if (due === undefined) kind.never += 1;
        else if (due.at === undefined || due.at <= at) kind.due += 1;
        else add(kind.dates, String(due.at));
      }
    }
    for await (const { account, moves } of moving.people(everybody)) {
      if (!(await mine())) return undefined;
      const kind = kindOf(account);
      for (const { application, at: date, through } of kind ? moves : []) {
        addMoving(kind?.moves ?? {}, application, { people: 1, through: Number(through), at: date });
      }
    }
    for await (const { account, campaign, through } of campaigns.people(everybody)) {
      if (!(await mine())) return undefined;
      const kind = kindOf(account);
      const known = kind?.campaigns[campaign.name] ?? { people: 0, through: 0 };
      if (kind) {
        kind.campaigns[campaign.name] = { people: known.people + 1, through: known.through + Number(through) };
      }
    }
    for await (const { account, asks } of asking.people(everybody)) {
      if (!(await mine())) return undefined;
      const kind = kindOf(account);
      if (kind === undefined) continue;
      kind.asks ??= {};
      for (const one of asks) addAsking(kind.asks, { ...one, people: 1 });
    }
    return { at, kinds: [...kinds.values()], untold };
  }

  async function prune(now: number): Promise<void> {
    const oldest = await records.list({ limit: 10 });
    for (const { id } of oldest) if (id < idOf(now - KEPT)) await records.remove(id);
  }

  /** The first one of some days, `until` excluded. */
  async function first(from: number, until: number): Promise<DataRecord | undefined> {
    const [next] = await records.list({ after: idOf(from - DAY), limit: 1 });
    return next && next.id < idOf(until) ? next : undefined;
  }

  /** The last one of some days, `until` excluded: looked for by halves, so that many days without one cost few reads. */
  async function last(from: number, until: number): Promise<Snapshot | undefined> {
    let found = await records.get(idOf(until - DAY));
    let [low, high, day] = [from, found ? from : until - DAY, from];
    while (low < high) {
      const next = await first(day, high);
      if (next) [found, low] = [next, Date.parse(next.id) + DAY];
      else high = day;
      day = low + Math.floor((high - low) / DAY / 2) * DAY;
    }
    return found && (JSON.parse(found.data) as Snapshot);
  }

  return {
    /** Counts and keeps what stands at that time, once: a day's second one is none. */
    async take(at: number, still: () => Promise<boolean>): Promise<void> {
      if ((await records.get(idOf(at))) !== undefined) return;
      const snapshot = await count(at, still);
      if (snapshot === undefined) return;
      await records.insert({ id: idOf(at), data: JSON.stringify(snapshot) });
      await prune(at);
    },

    /** Whether there is any at all. */
    any: async (): Promise<boolean> => (await records.list({ limit: 1 })).length > 0,

    /**
     * Of those in scope: of each of these spans (epoch milliseconds, whole days, in order) its last night, where it has
     * one. Of those before the first night nothing is read.
     */
    async over(
      spans: readonly { from: number; until: number }[],
      inScope: InScope,
      group?: string,
    ): Promise<(Tally | undefined)[]> {
      const [begin, end] = [spans.at(0)?.from ?? 0, spans.at(-1)?.until ?? 0];
      const since = await first(begin, end);
      const known = since === undefined ? end : Date.parse(since.id);
      const found = await Promise.all(
        spans.map(({ from, until }) => (until <= known ? undefined : last(Math.max(from, known), until))),
      );
      return found.map((snapshot) => snapshot && tallyOf(snapshot, (groups) => inScope({ id: '', groups }), group));
    },
  };
}
