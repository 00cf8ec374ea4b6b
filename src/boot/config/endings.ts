import type { Rule } from '../../core/policy.ts';
import { datesOf } from '../../policy/index.ts';
import { type PolicySubject, required, type Somebody, whyNot } from '../doctor/policy.ts';
import type { Modules } from '../modules.ts';
import { dateWords } from './calendars.ts';
import type { Config } from './types.ts';

/** Dates that are looked ahead to. */
const MOST_DATES = 20;

type Given = Pick<Config, 'rules' | 'applications' | 'factors' | 'trustedDevices' | 'timeZone'>;

/** Applications under the same rules ask for the same: one of each kind, with the ids of all. */
function kindsOf({ rules, applications }: Given): string[][] {
  const ids = [...applications.keys()];
  const key = (id: string) =>
    rules.flatMap(({ applications: named }, at) => (named?.includes(id) === false ? [] : [at]));
  return [...Map.groupBy(ids, (id) => key(id).join()).values()];
}

/**
 * Whom a calendar will lock out on a date, who can sign in before it with all that there is: by other rules as well,
 * whose lists then have nothing in common with its own.
 */
export function endings(config: Given, now: number, modules: Modules): string[] {
  const { rules, factors, trustedDevices, timeZone } = config;
  const dates = datesOf(rules.filter(byDate), now).slice(0, MOST_DATES);
  if (dates.length === 0) return [];
  const subject: Omit<PolicySubject, 'now'> = {
    ...{ rules, applications: [], networks: [], groups: [] },
    factors: [...factors.keys()].flatMap((id) => modules.factors.get(id) ?? []),
    remember: trustedDevices.lifetime,
  };
  const groups = new Set(rules.flatMap(({ groups = [], notGroups = [] }) => [...groups, ...notGroups]));
  const everybody = [undefined, ...groups].map((group): Somebody => ({ group, network: undefined }));
  const reason = (at: number, application: string, somebody: Somebody) =>
    whyNot({ ...subject, now: at }, required({ ...subject, now: at }, application, somebody));

  return dates.flatMap((at, index) => {
    const before = dates[index - 1] ?? now;
    const date = dateWords(at, timeZone);
    return kindsOf(config).flatMap((ids) => {
      const [application = ''] = ids;
      const found = everybody.flatMap((somebody) => {
        const why = reason(at, application, somebody);
        const locked = why !== undefined && reason(before, application, somebody) === undefined;
        return locked ? [{ ...somebody, why }] : [];
      });
      const [first] = found;
      if (first === undefined) return [];
      const whom = found.some(({ group }) => group === undefined)
        ? 'nobody'
        : `nobody of ${found.map(({ group }) => group).join(', ')}`;
      return [`from ${date} on ${whom} can sign in to ${ids.join(', ')}: ${first.why}`];
    });
  });
}

const byDate = ({ calendar }: Rule): boolean => calendar !== undefined;
