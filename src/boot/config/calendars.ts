import type { FactorPeriod, Rule } from '../../core/policy.ts';
import type { Parsed } from './schema.ts';

type Written = Parsed['policy']['rules'][number];
type WrittenPeriod = Exclude<NonNullable<Written['factors']>[number], string>;

/** A date begins as the day does in this zone, or the server's own; a time says its zone. Epoch milliseconds. */
export function momentIn(text: string, timeZone: string | undefined): number {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return Date.parse(text);
  // Not always at midnight: where summer time begins then, there is none.
  return Temporal.PlainDate.from(text).toZonedDateTime(timeZone ?? Temporal.Now.timeZoneId()).epochMilliseconds;
}

/** A moment as it is written: the date where a day begins, or else the time with its zone. */
export function dateWords(at: number, timeZone: string | undefined): string {
  const moment = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone ?? Temporal.Now.timeZoneId());
  const begins = moment.equals(moment.startOfDay());
  return begins ? moment.toPlainDate().toString() : moment.toString({ timeZoneName: 'never' });
}

/** Rules as policy reads them: `factors` that are said by date are a calendar. */
export function rulesOf(rules: readonly Written[], timeZone: string | undefined): Rule[] {
  return rules.map(({ factors = [], ...rest }) => {
    const names = factors.filter((one) => typeof one === 'string');
    const calendar = factors.filter((one) => typeof one !== 'string').map((one) => periodOf(one, timeZone));
    return { ...rest, ...(names.length > 0 ? { factors: names } : {}), ...(calendar.length > 0 ? { calendar } : {}) };
  });
}

function periodOf({ from, until, use }: WrittenPeriod, timeZone: string | undefined): FactorPeriod {
  return {
    ...(from === undefined ? {} : { from: momentIn(from, timeZone) }),
    ...(until === undefined ? {} : { until: momentIn(until, timeZone) }),
    use,
  };
}
