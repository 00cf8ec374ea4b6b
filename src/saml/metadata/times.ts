const INSTANT = /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/;
const DURATION = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$/;
/** Milliseconds of year, month, day, hour, minute and second: a cache needs no calendar. */
const UNITS = [365 * 86_400_000, 30 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000];

/** Epoch milliseconds of an xs:dateTime, in UTC where it names no zone (saml-core section 1.3.3); NaN for anything else. */
export function parseInstant(text: string): number {
  const match = INSTANT.exec(text.trim());
  if (match === null) return Number.NaN;
  return Date.parse(match[2] === undefined ? `${match[0]}Z` : match[0]);
}

/** xs:dateTime of a moment, in UTC, to the second. */
export function instantOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds of an xs:duration that isn't negative; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  if (match === null || !/\d/.test(match[0]) || match[0].endsWith('T')) return undefined;
  const total = UNITS.reduce((sum, unit, at) => sum + unit * Number(match[at + 1] ?? 0), 0);
  return Number.isSafeInteger(total) ? total : undefined;
}

/** xs:duration of milliseconds, to the second. */
export function durationOf(milliseconds: number): string {
  return `PT${Math.round(milliseconds / 1000)}S`;
}
