import { z } from 'zod';
import type { Profile } from '../../core/account.ts';
import type { Columns } from '../../core/table.ts';
import { typedCode } from '../../core/typed.ts';
import { text } from './text.ts';

/** One line, and for addresses several: nothing else that can't be seen. */
const LINE = /[\p{C}\p{Zl}\p{Zp}]/u;
const LINES = /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u;

const YES = ['yes', 'true', '1'];
const NO = ['no', 'false', '0'];

const answer = (what: string) =>
  z
    .union([z.boolean(), z.string().transform((typed) => typed.trim().toLowerCase())])
    .refine((said) => typeof said === 'boolean' || [...YES, ...NO].includes(said), { error: `${what} is yes or no` })
    .transform((said) => said === true || YES.includes(String(said)))
    .optional();

/** E.164, however it is grouped; without its country it could be anybody's. */
const phone = z
  .string()
  .transform((typed) => typedCode(typed)?.replace(/[()./]/g, '') ?? '')
  .refine((number) => /^\+[1-9][0-9]{6,14}$/.test(number), {
    error: 'the phone number has no valid form: write it with its country, as +886 2 1234 5678',
  })
  .optional();

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

const locale = z
  .string()
  .trim()
  .refine(isLanguage, { error: 'the locale is no language tag (BCP 47), as en or zh-Hant' })
  .transform((tag) => Intl.getCanonicalLocales(tag)[0] ?? tag)
  .optional();

const line = (most: number, what: string) => text(most, LINE, what).optional();
const lines = (what: string) => text(500, LINES, what).optional();

/** What is kept of a person besides, flat, as files and options bring it. */
export const profileShape = {
  givenName: line(128, 'the given name'),
  familyName: line(128, 'the family name'),
  emailVerified: answer('emailVerified'),
  phone,
  phoneVerified: answer('phoneVerified'),
  address: lines('the address'),
  streetAddress: lines('the street address'),
  locality: line(128, 'the locality'),
  region: line(128, 'the region'),
  postalCode: line(32, 'the postal code'),
  country: line(128, 'the country'),
  department: line(128, 'the department'),
  locale,
};
const profileDetails = z.object(profileShape);
type ProfileDetails = z.infer<typeof profileDetails>;
export type ProfileField = keyof ProfileDetails;

/** Their columns in files, and what else files call them. */
export const PROFILE_COLUMNS: Columns<ProfileField> = {
  givenName: ['first name'],
  familyName: ['last name', 'surname', 'sn'],
  emailVerified: ['mail verified'],
  phone: ['phone number', 'telephone', 'telephone number', 'mobile', 'mobile phone'],
  phoneVerified: ['phone number verified'],
  address: ['postal address', 'formatted'],
  streetAddress: ['street'],
  locality: ['city', 'town'],
  region: ['state', 'province'],
  postalCode: ['zip', 'zip code', 'postcode'],
  country: [],
  department: ['organizational unit', 'ou'],
  locale: ['language', 'preferred language'],
};
export const PROFILE_FIELDS = Object.keys(PROFILE_COLUMNS) as ProfileField[];

/** What is said to be verified and isn't there. */
export function unfounded(
  person: Pick<ProfileDetails, 'emailVerified' | 'phone' | 'phoneVerified'> & { email?: string | undefined },
): string[] {
  return [
    ...(person.emailVerified && !person.email ? ['emailVerified speaks of a mail address that isn’t there'] : []),
    ...(person.phoneVerified && !person.phone ? ['phoneVerified speaks of a phone number that isn’t there'] : []),
  ];
}

/** Without what isn't known. */
function known<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof known<T>
  >;
}

/** As the gateway knows it; always in the same order. */
export function profileOf(
  person: ProfileDetails & { email?: string | undefined; updatedAt?: number | undefined },
): Profile {
  const { address: formatted, streetAddress, locality, region, postalCode, country } = person;
  const address = known({ formatted, streetAddress, locality, region, postalCode, country });
  return known({
    givenName: person.givenName,
    familyName: person.familyName,
    emailVerified: person.email === undefined ? undefined : person.emailVerified,
    phone: person.phone,
    phoneVerified: person.phone === undefined ? undefined : person.phoneVerified,
    address: Object.keys(address).length > 0 ? address : undefined,
    department: person.department,
    locale: person.locale,
    updatedAt: person.updatedAt,
  });
}

/** The name of somebody of whom only its parts are known; undefined where none is. */
export function nameFrom({ givenName, familyName }: ProfileDetails): string | undefined {
  const together = familyName !== undefined && /\p{Script=Han}/u.test(familyName);
  const parts = together ? [familyName, givenName] : [givenName, familyName];
  return parts.filter((part) => part !== undefined).join(together ? '' : ' ') || undefined;
}
