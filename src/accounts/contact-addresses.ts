import type { CountryCode } from 'libphonenumber-js/max';
import { z } from 'zod';
import { asciiDigits } from '../core/typed.ts';
import type { Contact, ContactKind } from './contacts.ts';

/** What may be registered. */
export interface ContactRules {
  /** Mail domains whose mailboxes are opened by this very sign-in, those below them included. */
  ownDomains: readonly string[];
  /** The issuer's host: mailboxes of the domains above it are this institution's as well. */
  host: string;
  /** Where numbers may be, ISO 3166-1 letters. */
  countries: readonly string[];
  /** At how many addresses an owner is to be told before one of them serves, itself counted. */
  addresses: number;
}

export type ContactFault = 'malformed' | 'own' | 'country' | 'not-mobile';
export type ReadContact = Pick<Contact, 'kind' | 'to' | 'country'> | { fault: ContactFault };

/** Characters of an address (RFC 5321 section 4.5.3.1.3), and of a number as people write it. */
const LONGEST = { mail: 254, text: 40 } as const;
const address = z.email();

/** Premium rate, shared cost and land lines can't or mustn't be sent a code. */
const MOBILE: ReadonlySet<string> = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE']);

/**
 * Whether whoever can't sign in here can't read this mailbox either. Of the domains above the issuer's host each counts
 * by itself alone: `university.example` for `login.university.example`, and not its neighbours below `example`.
 */
export function isBehindSignIn(
  domain: string,
  { ownDomains, host }: Pick<ContactRules, 'ownDomains' | 'host'>,
): boolean {
  const name = domain.toLowerCase();
  const below = (parent: string) => name === parent.toLowerCase() || name.endsWith(`.${parent.toLowerCase()}`);
  const labels = host.toLowerCase().split('.');
  const above = labels.map((_, at) => labels.slice(at).join('.')).filter((one) => one.includes('.'));
  return [...ownDomains, host].some(below) || above.includes(name);
}

const domainOf = (mailbox: string): string => mailbox.slice(mailbox.lastIndexOf('@') + 1);

function readMailbox(typed: string, rules: ContactRules): ReadContact {
  const text = typed.normalize('NFC').trim();
  if (text.length > LONGEST.mail || !address.safeParse(text).success) return { fault: 'malformed' };
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1).toLowerCase();
  if (isBehindSignIn(domain, rules)) return { fault: 'own' };
  return { kind: 'mail', to: `${text.slice(0, at)}@${domain}` };
}

async function readNumber(typed: string, { countries }: ContactRules): Promise<ReadContact> {
  const text = asciiDigits(typed)
    .replace(/\p{Cf}/gu, '')
    .trim();
  // RFC 3966's extension and the like would be dialled, not sent to.
  if (typed.length > LONGEST.text || /[a-z;,#*]/i.test(text)) return { fault: 'malformed' };
  const [usual] = countries as readonly CountryCode[];
  // The numbering plans of all countries: nothing that a gateway without telephones should carry.
  const { parsePhoneNumberFromString } = await import('libphonenumber-js/max');
  const found = parsePhoneNumberFromString(text, { extract: false, ...(usual ? { defaultCountry: usual } : {}) });
  if (found === undefined || !found.isValid()) return { fault: 'malformed' };
  const { country } = found;
  if (country === undefined || !countries.includes(country)) return { fault: 'country' };
  if (!MOBILE.has(found.getType() ?? '')) return { fault: 'not-mobile' };
  return { kind: 'text', to: found.number, country };
}

/** A mailbox or number as typed, if it may serve. */
export const readContact = async (kind: ContactKind, typed: string, rules: ContactRules): Promise<ReadContact> =>
  kind === 'mail' ? readMailbox(typed, rules) : readNumber(typed, rules);

/**
 * At how many addresses somebody hears of what this one opens: itself, and mailboxes besides. Whoever reads the only
 * one there is would be told alone of what they did (NIST SP 800-63B-4 section 4.6).
 */
export function addressesBeside(
  { kind, to }: Pick<Contact, 'kind' | 'to'>,
  all: readonly Pick<Contact, 'kind' | 'to'>[],
  email?: string,
): number {
  const registered = all.filter((one) => one.kind === 'mail').map((one) => one.to);
  const mailboxes = new Set([...(email ? [email] : []), ...registered].map((one) => one.toLowerCase()));
  if (kind === 'mail') mailboxes.delete(to.toLowerCase());
  return 1 + mailboxes.size;
}

/**
 * Why no code goes to one, however long it has been there: `unfit` it couldn't be registered as the rules are by now,
 * `alone` its owner is told nowhere else.
 */
export function contactTrouble(
  contact: Pick<Contact, 'kind' | 'to' | 'country'>,
  all: readonly Contact[],
  email: string | undefined,
  rules: ContactRules,
): 'unfit' | 'alone' | undefined {
  const { kind, to, country = '' } = contact;
  const fits = kind === 'mail' ? !isBehindSignIn(domainOf(to), rules) : rules.countries.includes(country);
  if (!fits) return 'unfit';
  return addressesBeside(contact, all, email) < rules.addresses ? 'alone' : undefined;
}

/** Its owner knows it by that; whoever looks over their shoulder learns nothing to write or call to. */
export function maskedContact({ kind, to }: Pick<Contact, 'kind' | 'to'>): string {
  if (kind === 'text') return `${to.slice(0, 3)}•••${to.slice(-3)}`;
  return `${to.slice(0, 1)}•••${to.slice(to.lastIndexOf('@'))}`;
}
