import { type Answer, type Ask, only } from './call.ts';
import { ScimError } from './errors.ts';
import { attributeOf, type Filter, parseFilter } from './filter.ts';
import { matches, sortKey } from './matching.ts';
import { projected, projectionOf } from './projection.ts';
import { type Json, LIST, LONGEST_PAGE } from './terms.ts';

const PAGE = 100;

/** What of a list is asked for, RFC 7644 section 3.4.2. */
export interface Listing {
  filter: Filter | undefined;
  sortBy: ReturnType<typeof attributeOf>;
  descending: boolean;
  /** From 1. */
  startIndex: number;
  count: number;
}

function whole(ask: Ask, name: string, otherwise: number): number {
  const typed = only(ask, name);
  if (typed === undefined || typed === '') return otherwise;
  if (!/^[+-]?\d{1,9}$/.test(typed)) throw new ScimError(400, `${name} must be a whole number.`, 'invalidValue');
  return Number(typed);
}

export function listingOf(ask: Ask): Listing {
  const filter = only(ask, 'filter');
  const sortBy = only(ask, 'sortBy');
  const by = sortBy ? attributeOf(sortBy) : undefined;
  if (sortBy && by === undefined) throw new ScimError(400, 'sortBy is no name of an attribute.', 'invalidPath');
  return {
    filter: filter ? parseFilter(filter) : undefined,
    sortBy: by,
    descending: only(ask, 'sortOrder')?.toLowerCase() === 'descending',
    startIndex: Math.max(1, whole(ask, 'startIndex', 1)),
    count: Math.min(LONGEST_PAGE, Math.max(0, whole(ask, 'count', PAGE))),
  };
}

/** What is listed: `found` in order of ids, each made a resource to be looked at; `whole`, to be shown. */
export interface Source<T extends { key: string }> {
  found: AsyncIterable<T> | Iterable<T>;
  resource(one: T): Json;
  get(key: string): Promise<T | undefined>;
  /** Undefined where the page is full without it. */
  whole(one: T): Promise<Json | undefined>;
}

/** Of all that match only keys are held, and what they are sorted by. */
async function keysOf<T extends { key: string }>({ filter, sortBy }: Listing, { found, resource }: Source<T>) {
  const keys: { key: string; by: string | undefined }[] = [];
  for await (const one of found) {
    const seen = resource(one);
    if (filter && !matches(seen, filter)) continue;
    keys.push({ key: one.key, by: sortBy && sortKey(seen, sortBy) });
  }
  return keys;
}

function order(descending: boolean) {
  return (a: { key: string; by: string | undefined }, b: { key: string; by: string | undefined }): number => {
    if (a.by !== b.by) {
      if (a.by === undefined) return 1;
      if (b.by === undefined) return -1;
      return a.by < b.by !== descending ? -1 : 1;
    }
    return a.key < b.key ? -1 : 1;
  };
}

/** One page, always in the same order. */
export async function listed<T extends { key: string }>(
  ask: Ask,
  listing: Listing,
  source: Source<T>,
): Promise<Answer> {
  const projection = projectionOf(only(ask, 'attributes'), only(ask, 'excludedAttributes'));
  const { startIndex, count, descending } = listing;
  const keys = await keysOf(listing, source);
  keys.sort(order(descending && listing.sortBy !== undefined));
  const resources: Json[] = [];
  for (const { key } of keys.slice(startIndex - 1, startIndex - 1 + count)) {
    const one = await source.get(key);
    const resource = one && (await source.whole(one));
    if (one && resource === undefined) break;
    if (resource) resources.push(projected(resource, projection));
  }
  return {
    status: 200,
    json: {
      schemas: [LIST],
      totalResults: keys.length,
      startIndex,
      itemsPerPage: resources.length,
      Resources: resources,
    },
  };
}
