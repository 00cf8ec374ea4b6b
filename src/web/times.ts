/** Steps of "ago", in milliseconds, the greatest first. */
const STEPS = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** Times as a page shows them, from epoch milliseconds. */
export interface Times {
  /** Day and time. */
  date(ms: number): string;
  day(ms: number): string;
  /** A day as it is counted, whatever zone is shown elsewhere: `Mon, 30 Nov`, with the year where it isn't this one. */
  utcDay(ms: number): string;
  /** A month as it is counted: `November 2026`. */
  utcMonth(ms: number): string;
  /** `3 hours ago`, `yesterday`; also of times to come. */
  ago(ms: number): string;
  /** For `<time datetime>`. */
  iso(ms: number): string;
  /** What people call the zone of these times: `Hong Kong Standard Time`. */
  zone(): string;
}

export function times(locale: string, timeZone: string | undefined, now: () => number): Times {
  // Day before month, and the month as a word: nobody reads 03/04 two ways.
  const tag = locale === 'en' ? 'en-GB' : locale;
  const date = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23', timeZone });
  const day = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone });
  const counted = { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' } as const;
  const utcDay = new Intl.DateTimeFormat(tag, counted);
  const utcDayOfYear = new Intl.DateTimeFormat(tag, { ...counted, year: 'numeric' });
  const utcMonth = new Intl.DateTimeFormat(tag, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  const yearOf = (ms: number) => new Date(ms).getUTCFullYear();
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' });
  return {
    date: (ms) => date.format(ms),
    day: (ms) => day.format(ms),
    utcDay: (ms) => (yearOf(ms) === yearOf(now()) ? utcDay : utcDayOfYear).format(ms),
    utcMonth: (ms) => utcMonth.format(ms),
    ago(ms) {
      const distance = ms - now();
      const step = STEPS.find(([, size]) => Math.abs(distance) >= size);
      return step ? relative.format(Math.trunc(distance / step[1]), step[0]) : relative.format(0, 'second');
    },
    iso: (ms) => new Date(ms).toISOString(),
    zone: () => zoneName(tag, timeZone, now()),
  };
}

/** What people call a zone at a time of the year. */
function zoneName(tag: string, timeZone: string | undefined, at: number): string {
  const parts = new Intl.DateTimeFormat(tag, { timeZone, timeZoneName: 'long' }).formatToParts(at);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC';
}

/** The zone whose times are shown where the configuration names none. */
export const ownZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;
