import type { Entry } from 'ldapts';
import type { MailAddress, PostalAddress, Profile } from '../../core/account.ts';
import type { Person } from '../../core/directory.ts';
import type { Preset } from './presets.ts';
import type { Settings } from './settings.ts';
import type { Locking } from './states.ts';
import { firstOf, guidOf, octetsOf, textOf, textsOf, timeOf } from './values.ts';

/** Where an address lies: RFC 4519, and Active Directory's `co`. */
const ADDRESS = {
  street: 'street',
  streetAddress: 'streetAddress',
  locality: 'l',
  region: 'st',
  postalCode: 'postalCode',
  country: 'co',
};

/** Without what isn't known. */
function known<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof known<T>
  >;
}

/** Reads people from entries. */
export function personReader(
  { attributes, emailVerified, ...locking }: Pick<Settings, 'attributes' | 'emailVerified' | keyof Locking>,
  preset: Preset,
) {
  const keyName = attributes.key ?? preset.key;
  const usernames = attributes.username ?? preset.username;
  const names = attributes.name ?? preset.name;
  const emails = attributes.email ?? preset.email;
  const phones = attributes.phone ?? preset.phone;
  const givenName = attributes.givenName ?? preset.givenName;
  const familyName = attributes.familyName ?? preset.familyName;
  const department = attributes.department ?? preset.department;
  const locale = attributes.locale ?? preset.locale;

  function keyOf(entry: Entry): string | undefined {
    return preset.keySyntax === 'guid' ? guidOf(octetsOf(entry, keyName)[0]) : textOf(entry, keyName);
  }

  function profileOf(entry: Entry, addresses: readonly string[]): Profile {
    const all: MailAddress[] = addresses.map((address) => known({ address, verified: emailVerified }) as MailAddress);
    const postal = addressOf(entry);
    return known({
      givenName: textOf(entry, givenName),
      familyName: textOf(entry, familyName),
      emailVerified: addresses.length > 0 ? emailVerified : undefined,
      emails: all.length > 1 ? all : undefined,
      phone: phoneOf(entry, phones),
      address: Object.keys(postal).length > 0 ? postal : undefined,
      department: textOf(entry, department),
      locale: localeOf(textOf(entry, locale)),
      updatedAt: timeOf(textOf(entry, preset.changedAt)),
    });
  }

  return {
    attributes: [
      ...new Set([keyName, ...usernames, ...names, ...emails, ...phones, givenName, familyName, department, locale]),
      ...[preset.changedAt, 'postalAddress', ...Object.values(ADDRESS), ...preset.state.attributes],
    ],

    /** Undefined where nobody could know the entry again, or call it by a name. */
    read(entry: Entry, now: number): Person | undefined {
      const key = keyOf(entry);
      const [username, ...aliases] = usernames.flatMap((attribute) => textsOf(entry, attribute));
      if (key === undefined || username === undefined) return undefined;
      const addresses = addressesOf(entry, emails);
      const { status, reason, password } = preset.state.read(entry, now, locking);
      const passwordChangedAt = preset.state.passwordChangedAt(entry);
      const profile = profileOf(entry, addresses);
      return {
        ...{ key, username, status, name: firstOf(entry, names) ?? username },
        ...(aliases.length > 0 && { aliases }),
        ...(addresses[0] !== undefined && { email: addresses[0] }),
        ...(reason !== undefined && { statusReason: reason }),
        ...(password !== undefined && { password }),
        ...(passwordChangedAt !== undefined && { passwordChangedAt }),
        ...(Object.keys(profile).length > 0 && { profile }),
      };
    },
  };
}

/** In the order of the attributes, each once; of others, as `SIP:`, none. */
function addressesOf(entry: Entry, attributes: readonly string[]): string[] {
  const all = attributes.flatMap((attribute) =>
    textsOf(entry, attribute).flatMap((value) => {
      const [, kind, rest = ''] = /^([A-Za-z0-9]+):(.+)$/.exec(value) ?? [];
      const address = kind === undefined ? value : kind.toLowerCase() === 'smtp' ? rest : '';
      return /^[^\s@]+@[^\s@]+$/.test(address) ? [address] : [];
    }),
  );
  return [...new Map(all.map((address) => [address.toLowerCase(), address])).values()].slice(0, 20);
}

/** E.164, as far as the country is written: without it a number could be anybody's. */
function phoneOf(entry: Entry, attributes: readonly string[]): string | undefined {
  const numbers = attributes.flatMap((attribute) => textsOf(entry, attribute));
  return numbers.map((number) => number.replace(/[\s().\-/]/g, '')).find((number) => /^\+[1-9]\d{6,14}$/.test(number));
}

/** The first of what may be a list with weights (RFC 2798 section 2.7). */
function localeOf(text: string | undefined): string | undefined {
  const tag = text?.split(/[,;]/)[0]?.trim();
  try {
    return tag ? Intl.getCanonicalLocales(tag)[0] : undefined;
  } catch {
    return undefined;
  }
}

/** Lines of a postal address stand between dollar signs (RFC 4517 section 3.3.28). */
function addressOf(entry: Entry): PostalAddress {
  const formatted = textOf(entry, 'postalAddress')
    ?.split('$')
    .map((line) => line.trim().replaceAll('\\24', '$').replaceAll('\\5C', '\\'))
    .join('\n');
  return known({
    formatted,
    streetAddress: textOf(entry, ADDRESS.streetAddress) ?? textOf(entry, ADDRESS.street),
    locality: textOf(entry, ADDRESS.locality),
    region: textOf(entry, ADDRESS.region),
    postalCode: textOf(entry, ADDRESS.postalCode),
    country: textOf(entry, ADDRESS.country),
  });
}
