import type { ParsedQs } from 'qs';
import { SallyportError } from '../../../core/errors.ts';
import type { WebDeps } from '../../context.ts';
import type { ReportNarrowing } from '../../report-models.ts';
import { applicationsIn } from './filters.ts';
import type { Asked, ReportKind } from './kind.ts';

const FIELDS = ['department', 'application'] as const;
type Field = (typeof FIELDS)[number];
export type Narrowed = Pick<Asked, Field>;

const LONGEST = 200;

/** What a report's address narrows it to. @throws SallyportError ERR_NOT_FOUND for what nobody's link says */
export function narrowedBy(
  given: ParsedQs,
  { narrows }: Pick<ReportKind, 'narrows'>,
  { applications }: Pick<WebDeps, 'applications'>,
): Narrowed {
  const narrowed: Narrowed = {};
  if (!narrows) return narrowed;
  for (const field of FIELDS) {
    const value = given[field];
    if (value === undefined || value === '') continue;
    if (typeof value !== 'string' || value.length > LONGEST)
      throw new SallyportError('ERR_NOT_FOUND', `a report of no ${field}`);
    narrowed[field] = value;
  }
  const { application } = narrowed;
  if (application !== undefined && !applicationsIn(applications).some(({ id }) => id === application))
    throw new SallyportError('ERR_NOT_FOUND', 'a report of no application');
  return narrowed;
}

/** Of what is asked for, what narrows it. */
export const narrowing = ({ department, application }: Narrowed): Narrowed => ({
  ...(department !== undefined && { department }),
  ...(application !== undefined && { application }),
});

/** The same narrowing in an address, with changes; empty where there is none. */
export function queryOf({ department, application }: Narrowed): string {
  const chosen = Object.entries({ department, application }).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(chosen as [string, string][]).toString();
  return text === '' ? '' : `?${text}`;
}

/** What is shown of it: each with the address of the report without it. */
export function shownOf(
  here: string,
  narrowed: Narrowed,
  { applications }: Pick<WebDeps, 'applications'>,
): ReportNarrowing[] {
  const all = narrowing(narrowed);
  return FIELDS.flatMap((field) => {
    const value = all[field];
    if (value === undefined) return [];
    const { [field]: _, ...rest } = all;
    const name = field === 'application' ? (applications.get(value)?.name ?? value) : value;
    return [{ what: { key: `reports.column.${field}` }, name, href: `${here}${queryOf(rest)}` }];
  });
}
