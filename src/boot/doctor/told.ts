import type { Finding } from '../../core/finding.ts';

/** A finding, and about what: a path of the configuration's, or a word. */
export interface Told extends Finding {
  about: string;
}

export const good = (text: string): Finding => ({ level: 'good', text });
export const notice = (text: string, todo?: string): Finding => ({ level: 'notice', text, ...(todo ? { todo } : {}) });
export const fault = (text: string, todo?: string): Finding => ({ level: 'fault', text, ...(todo ? { todo } : {}) });

export const about = (name: string, findings: readonly Finding[]): Told[] =>
  findings.map((finding) => ({ about: name, ...finding }));

const DAY = 86_400_000;

export const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Something that ends: a fault in its last days, or over. */
export function ending(
  what: string,
  end: number,
  now: number,
  todo: string,
  { notices = 30, faults = 3 } = {},
): Finding {
  const days = Math.floor((end - now) / DAY);
  if (end <= now) return fault(`${what} ended on ${dateOf(end)}`, todo);
  const text = `${what} ends on ${dateOf(end)}, in ${days} days`;
  if (days < faults) return fault(text, todo);
  return days < notices ? notice(text, todo) : good(text);
}

/** How far a clock is from this machine's. */
export function clock(whose: string, there: number, here: number, exact = 0): Finding {
  const apart = Math.max(0, Math.abs(there - here) - exact);
  const text = `the clock of ${whose} is ${Math.round(apart / 100) / 10} s from this machine's`;
  const todo = 'Keep the time of every machine by NTP: codes, tokens and signatures are judged by it.';
  if (apart > 30_000) return fault(text, todo);
  return apart > 2_000 ? notice(text, todo) : good(text);
}

const MARKS = { good: '✓', notice: '!', fault: '✗' } as const;

/** A line each, with what to do below it; what is wrong comes last, where it is seen. */
export function linesOf(found: readonly Told[]): string[] {
  const order = ['good', 'notice', 'fault'] as const;
  const sorted = found.toSorted((one, other) => order.indexOf(one.level) - order.indexOf(other.level));
  const lines = sorted.flatMap(({ level, about: name, text, todo }) => [
    `${MARKS[level]} ${name}: ${text}`,
    ...(todo === undefined || level === 'good' ? [] : [`    ${todo}`]),
  ]);
  const count = (level: Finding['level']) => found.filter((one) => one.level === level).length;
  return [...lines, `${count('good')} good, ${count('notice')} to look at, ${count('fault')} wrong`];
}
