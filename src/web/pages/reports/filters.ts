import type { ParsedQs } from 'qs';
import type { Application, Applications } from '../../../core/application.ts';
import type { Message } from '../../../core/prompt.ts';
import type { Agent } from '../../../help-desk/agent.ts';
import type { ReportFilters } from '../../report-models.ts';

const DAY = 86_400_000;
/** Whole days that can be chosen with one click. */
export const PERIODS = [7, 30, 90, 365] as const;
const USUAL = 30;
/** So long numbers are kept, days. */
const KEPT = 731;
const FIELDS = ['days', 'from', 'until', 'group', 'application'] as const;
type Field = (typeof FIELDS)[number];

/** What charts are of: whole days (UTC), epoch milliseconds, at or after `from` and before `until`. */
export interface Filters {
  from: number;
  until: number;
  /** People of this group alone: one that whoever asks may read reports of. */
  group?: string;
  /** Id of a configured application. */
  application?: string;
}

/** Filters as an address has them, for the same page once more. */
export type FilterQuery = Partial<Record<Field, string>>;

/** As asked for; what can't be, with what is wrong. `query` holds what was typed, known fields alone. */
export type Filtered = { filters: Filters; query: FilterQuery } | { error: Message; at: Field; query: FilterQuery };

/** Which groups this agent may choose: of nobody else's are there numbers for them. */
export const groupsFor = (agent: Agent): string[] =>
  agent.rights.has('reports') ? [...agent.groups('reports')].sort() : [];

export function applicationsIn(applications: Applications): Application[] {
  return [...applications.values()].filter(({ internal }) => !internal);
}

/** Reads filters out of an address; whatever is in it comes from anybody. */
export function filtersOf(
  given: ParsedQs,
  { now, agent, applications }: { now: number; agent: Agent; applications: Applications },
): Filtered {
  const query: FilterQuery = {};
  for (const field of FIELDS) {
    const value = given[field];
    if (value === undefined || value === '') continue;
    // Twice, or as a structure: nobody's link.
    if (typeof value !== 'string' || value.length > 200) return wrong(field, query);
    query[field] = value;
  }
  const { group, application } = query;
  if (group !== undefined && !groupsFor(agent).includes(group)) return wrong('group', query);
  if (application !== undefined && !applicationsIn(applications).some(({ id }) => id === application))
    return wrong('application', query);
  const period = periodOf(query, now);
  if ('at' in period) return wrong(period.at, query, period.why);
  return {
    filters: {
      ...period,
      ...(group === undefined ? {} : { group }),
      ...(application === undefined ? {} : { application }),
    },
    query,
  };
}

function periodOf(
  { days, from, until }: FilterQuery,
  now: number,
): Pick<Filters, 'from' | 'until'> | { at: Field; why?: string } {
  const tomorrow = now - (now % DAY) + DAY;
  if (from === undefined && until === undefined) {
    const chosen = days === undefined ? USUAL : PERIODS.find((one) => String(one) === days);
    return chosen === undefined ? { at: 'days' } : { from: tomorrow - chosen * DAY, until: tomorrow };
  }
  const last = until === undefined ? tomorrow - DAY : dayOf(until);
  if (last === undefined) return { at: 'until' };
  const first = from === undefined ? last - (USUAL - 1) * DAY : dayOf(from);
  if (first === undefined) return { at: 'from' };
  if (last >= tomorrow) return { at: 'until', why: 'future' };
  if (first > last) return { at: 'from', why: 'order' };
  if (first < tomorrow - KEPT * DAY) return { at: 'from', why: 'kept' };
  return { from: first, until: last + DAY };
}

/** A date as forms send it, `2027-02-01`. */
function dayOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text) ? at : undefined;
}

const wrong = (at: Field, query: FilterQuery, why = at === 'from' || at === 'until' ? 'date' : at): Filtered => ({
  ...{ error: { key: `reports.filter.wrong.${why}` }, at, query },
});

/** The same filters for another address; empty where nothing was chosen. */
export function queryOf(query: FilterQuery): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? '' : `?${text}`;
}

/** What the form shows. */
export function formOf(
  { query, ...result }: Filtered,
  { agent, applications }: { agent: Agent; applications: Applications },
): ReportFilters {
  return {
    query,
    periods: [...PERIODS],
    usual: USUAL,
    groups: groupsFor(agent),
    applications: applicationsIn(applications).map(({ id, name }) => ({ id, name })),
    ...('error' in result ? { error: result.error, at: result.at } : {}),
  };
}
