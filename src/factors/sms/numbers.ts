import { type CountryCode, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { asciiDigits } from '../../core/typed.ts';

/** Characters of a number as people write it, at most. */
const LONGEST = 40;
/** Invisible characters, which come along when a number is copied out of a page. */
const INVISIBLE = /\p{Cf}/gu;
/** Digits shown of a number. */
const SHOWN = 3;

/** Premium rate, shared cost, pagers and land lines can't or mustn't be sent a code. */
const KINDS: ReadonlySet<string> = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE']);

export type Reading = { number: string; country: CountryCode } | { fault: 'malformed' | 'country' | 'not-mobile' };

function read(text: string, usual?: CountryCode): PhoneNumber | undefined {
  return parsePhoneNumberFromString(text, { extract: false, ...(usual ? { defaultCountry: usual } : {}) });
}

/** A number as typed, with or without its country's prefix, in full width too; as E.164 if messages may go there. */
export function readNumber(typed: string, countries: readonly CountryCode[]): Reading {
  if (typed.length > LONGEST) return { fault: 'malformed' };
  const text = asciiDigits(typed).replace(INVISIBLE, '').trim();
  // RFC 3966's extension and the like would be dialled, not sent to.
  if (/[a-z;,#*]/i.test(text)) return { fault: 'malformed' };
  const found = read(text, countries[0]);
  if (found === undefined || !found.isValid()) return { fault: 'malformed' };
  const { country } = found;
  if (country === undefined || !countries.includes(country)) return { fault: 'country' };
  return KINDS.has(found.getType() ?? '') ? { number: found.number, country } : { fault: 'not-mobile' };
}

/** The country of a number that is kept, if messages may still go there. */
export function countryOf(number: string, countries: readonly CountryCode[]): CountryCode | undefined {
  const country = read(number)?.country;
  return country !== undefined && countries.includes(country) ? country : undefined;
}

/** Never at the end of one line and the beginning of the next. */
const SPACE = '\u00a0';

/** `+852 ••••• 678`: its owner knows it, others learn nothing that they could call. */
export function masked(number: string): string {
  const prefix = read(number)?.countryCallingCode ?? '';
  const hidden = '•'.repeat(Math.max(0, number.length - 1 - prefix.length - SHOWN));
  return [`+${prefix}`, hidden, number.slice(-SHOWN)].join(SPACE);
}

/** As it is written internationally. */
export function written(number: string): string {
  return (read(number)?.formatInternational() ?? number).replaceAll(' ', SPACE);
}
