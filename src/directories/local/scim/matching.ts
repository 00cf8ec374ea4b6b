import type { Attribute, Comparison, Filter, Literal } from './filter.ts';
import { isObject, type Json, own } from './terms.ts';

/** Compared with their case; everything else without (RFC 7643 section 7, caseExact). */
const EXACT: ReadonlySet<string> = new Set(['id', 'externalid', 'version', 'location', '$ref']);

const list = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

/** What stands at an attribute, of its elements those for which `within` holds. */
function elementsAt(resource: Json, { schema, name }: Attribute, within?: Filter): unknown[] {
  if (schema !== undefined) return [];
  return list(own(resource, name)).filter((one) => !within || (isObject(one) && matches(one, within)));
}

/** The values there: without a sub-attribute it is `value` of objects. */
function valuesAt(resource: Json, attribute: Attribute, within?: Filter): unknown[] {
  const { sub } = attribute;
  return elementsAt(resource, attribute, within).flatMap((one) =>
    isObject(one) ? list(own(one, sub ?? 'value')) : sub === undefined ? [one] : [],
  );
}

function compare(found: unknown, by: Comparison, value: Literal, exact: boolean): boolean {
  if (typeof found === 'string' && typeof value === 'string') {
    const [one, other] = exact ? [found, value] : [fold(found), fold(value)];
    if (by === 'co') return one.includes(other);
    if (by === 'sw') return one.startsWith(other);
    if (by === 'ew') return one.endsWith(other);
    return inOrder(one < other ? -1 : one > other ? 1 : 0, by);
  }
  // Entra asks for `active eq "False"`.
  const meant = typeof found === 'boolean' && typeof value === 'string' ? fold(value) === 'true' : value;
  return by === 'ne' ? found !== meant : by === 'eq' && found === meant;
}

function inOrder(order: number, by: Comparison): boolean {
  if (by === 'eq') return order === 0;
  if (by === 'ne') return order !== 0;
  if (by === 'gt') return order > 0;
  if (by === 'ge') return order >= 0;
  return by === 'lt' ? order < 0 : order <= 0;
}

/** Whether a resource of ours, or one element of it, is what a filter asks for. What it doesn't have doesn't match. */
export function matches(resource: Json, filter: Filter): boolean {
  switch (filter.is) {
    case 'and':
      return matches(resource, filter.left) && matches(resource, filter.right);
    case 'or':
      return matches(resource, filter.left) || matches(resource, filter.right);
    case 'not':
      return !matches(resource, filter.of);
    case 'element':
      return list(own(resource, filter.attribute.name)).some((one) => isObject(one) && matches(one, filter.within));
    case 'present':
      return elementsAt(resource, filter.attribute, filter.within).some((one) =>
        filter.attribute.sub === undefined
          ? one !== ''
          : isObject(one) && list(own(one, filter.attribute.sub)).length > 0,
      );
    case 'compare': {
      const { attribute, within, by, value } = filter;
      const exact = EXACT.has(attribute.sub ?? attribute.name);
      const found = valuesAt(resource, attribute, within);
      // Not equal to any of them, and also where there is none.
      if (by === 'ne') return found.every((one) => compare(one, by, value, exact));
      if (value === null) return by === 'eq' && found.length === 0;
      return found.some((one) => compare(one, by, value, exact));
    }
  }
}

/** What a resource is sorted by: its first value, without case; undefined where it has none, which comes last. */
export function sortKey(resource: Json, attribute: Attribute): string | undefined {
  const [first] = valuesAt(resource, attribute);
  if (first === undefined) return undefined;
  return EXACT.has(attribute.sub ?? attribute.name) ? String(first) : fold(String(first));
}

/** What must be equal for the filter to hold, whatever else must. */
export function equalities(filter: Filter | undefined): { path: string; value: string }[] {
  if (filter?.is === 'and') return [...equalities(filter.left), ...equalities(filter.right)];
  if (filter?.is !== 'compare' || filter.by !== 'eq' || typeof filter.value !== 'string') return [];
  const { schema, name, sub } = filter.attribute;
  return schema === undefined ? [{ path: sub === undefined ? name : `${name}.${sub}`, value: filter.value }] : [];
}
