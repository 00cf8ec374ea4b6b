/** Parameters of one query or form at most. An authorization request has about twenty, a form of ours a dozen. */
export const MOST_PARAMETERS = 64;

/** How many parameters a query or form has at most: counted by what stands between them, before it is read. */
export function countParameters(text: string): number {
  let count = 1;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) count += 1;
  return count;
}

/** A query or form (application/x-www-form-urlencoded): one that comes more than once has all its values. */
export type Parameters = Record<string, string | string[]>;

/**
 * Reads one in time linear to its length, for every door alike: two readers that differ would let one check what the
 * other doesn't use. Whoever needs one value takes text alone, so that none is picked of several.
 */
export function parametersOf(text: string): Parameters {
  const found = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const before = found.get(name);
    if (before === undefined) found.set(name, value);
    else if (Array.isArray(before)) before.push(value);
    else found.set(name, [before, value]);
  }
  return Object.fromEntries(found);
}
