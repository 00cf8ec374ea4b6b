import type { FactorPeriod, Rule } from '../core/policy.ts';

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** Milliseconds as the configuration writes them, in the largest unit that fits exactly: `30d`, `12h`, `90m`. */
export function durationWords(milliseconds: number): string {
  for (const [unit, size] of UNITS) {
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return milliseconds === 0 ? '0s' : `${milliseconds}ms`;
}

const windowWords = (said: number | 'never'): string => (said === 'never' ? said : durationWords(said));

const sorted = (ids: readonly string[]): string => `[${[...ids].sort().join(', ')}]`;

/** `[duo] until 2027-08-31T16:00:00.000Z`. */
function periodWords({ from, until, use }: FactorPeriod): string {
  const start = from === undefined ? '' : ` from ${new Date(from).toISOString()}`;
  const end = until === undefined ? '' : ` until ${new Date(until).toISOString()}`;
  return `${sorted(use)}${start}${end}`;
}

/** What a rule demands, in words of the configuration: `level: mfa`, `remember: never`. */
export function demandsOf(rule: Rule): string[] {
  const { level, freshness, factors, calendar, remember, connection, firstEnrolment, deny } = rule;
  const { dangerouslyWithoutDirectory: without } = rule;
  const words: string[] = [];
  if (deny) words.push('deny: true');
  if (level !== undefined) words.push(`level: ${level}`);
  if (freshness !== undefined) words.push(`freshness: ${durationWords(freshness)}`);
  if (factors !== undefined) words.push(`factors: ${sorted(factors)}`);
  if (calendar !== undefined) words.push(`factors: ${calendar.map(periodWords).join(' or ')}`);
  if (remember !== undefined) words.push(`remember: ${windowWords(remember)}`);
  if (connection !== undefined) words.push(`connection: ${windowWords(connection)}`);
  if (firstEnrolment === false) words.push('firstEnrolment: false');
  if (without !== undefined) words.push(`dangerouslyWithoutDirectory: ${windowWords(without)}`);
  return words;
}
