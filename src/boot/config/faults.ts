import type { z } from 'zod';
import { propertiesOf, schemasAt } from './schema-tree.ts';
import { suggestion } from './suggest.ts';
import type { Path } from './tree.ts';

/** A fault before it is known which file and line it stands in. */
export interface Fault {
  path: Path;
  message: string;
}

type Issue = z.core.$ZodIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** What zod found in a section. `schema`: the JSON Schema of the whole. */
export function faultsOf(issues: readonly Issue[], section: string, schema: unknown): Fault[] {
  return issues.flatMap((issue) => {
    const path = [section, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, schema));
    if (issue.code === 'invalid_key') return [{ path, message: issue.issues.map((inner) => inner.message).join('; ') }];
    return [{ path, message: issue.message }];
  });
}

/** A key that isn't known at a place, with the one that was probably meant. */
export function unknownKey(path: Path, key: string, schema: unknown): Fault {
  const known = [...new Set(schemasAt(schema, path).flatMap((here) => [...propertiesOf(here).keys()]))];
  const meant = suggestion(key, known);
  return { path: [...path, key], message: `is unknown${meant || `; known here: ${known.join(', ') || 'nothing'}`}` };
}

/** Words for what a schema has none of its own for: what to do, and never the value, which may be a secret. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const due = KINDS[issue.expected] ?? issue.expected;
      return issue.input === undefined ? `is missing: give ${due}` : `must be ${due}`;
    }
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ');
      return issue.values.length > 1 ? `must be one of: ${values}` : `must be ${values}`;
    }
    case 'too_small':
      return `must ${bound(issue.origin, 'least', Number(issue.minimum))}`;
    case 'too_big':
      return `must ${bound(issue.origin, 'most', Number(issue.maximum))}`;
    case 'invalid_format':
      return issue.format === 'regex' ? `must match ${issue.pattern}` : `must be a valid ${issue.format}`;
    default:
      return undefined;
  }
}

function bound(origin: string, side: 'least' | 'most', limit: number): string {
  if (origin === 'string') return `have at ${side} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `have at ${side} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `be at ${side} ${limit}`;
}
