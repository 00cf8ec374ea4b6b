import { Cron } from 'croner';

/**
 * When a pattern was due last, at this moment included; epoch milliseconds. `pattern`: minutes, hours, days, months,
 * days of the week (POSIX crontab). A time that summer time skips is due as it ends.
 */
export function lastDue(pattern: string, timeZone: string | undefined, now: number): number {
  // What is due in the second of `now` is over by the next one: the reference itself is excluded.
  const cron = new Cron(pattern, { paused: true, ...(timeZone ? { timezone: timeZone } : {}) });
  const [last] = cron.previousRuns(1, new Date(now + 1_000));
  if (last === undefined) throw new TypeError(`${pattern} was never due`);
  return last.getTime();
}
