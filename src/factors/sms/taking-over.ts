import type { TakesOver } from '../../core/factor-powers.ts';
import { readNumber } from './numbers.ts';
import type { Data } from './schemas.ts';
import type { Settings } from './settings.ts';
import { defaultName } from './texts.ts';

const FAULTS = {
  malformed: 'not a telephone number, or one without its country',
  country: 'in a country that factors.sms.countries doesn’t name',
  'not-mobile': 'a number that gets no text messages',
} as const;

/** Numbers that another product says are somebody's: each shows that itself when it is used. */
export const createTakingOver = ({ countries }: Settings): TakesOver<Data> => ({
  async take(account, existing, thing) {
    if (thing.kind !== 'phone') return undefined;
    const read = readNumber(thing.number, countries);
    if ('fault' in read) return { outcome: 'refused', reason: FAULTS[read.fault] };
    const { number } = read;
    if (existing.some(({ data }) => data.number === number)) return { outcome: 'had' };
    const names = existing.map(({ name }) => name);
    return {
      outcome: 'taken',
      name: defaultName(account.locale, number, names),
      data: { number, unproven: true },
    };
  },
});
