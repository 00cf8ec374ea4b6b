import type { Found } from '../people.ts';
import type { Stored } from '../person.ts';
import type { Draft } from './draft.ts';
import { type Json, USER } from './terms.ts';

/** A group as people's resources name it. */
export interface GroupName {
  id: string;
  displayName: string;
}

/** Weak: it says that nobody has changed it, not that the bytes are the same (RFC 7644 section 3.14). */
export const versionOf = ({ version }: { version: number }): string => `W/"${version}"`;

/** Without what isn't there. */
function known(values: Json): Json {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function addressesOf({ address, streetAddress, locality, region, postalCode, country }: Stored): Json[] | undefined {
  const parts = known({ formatted: address, streetAddress, locality, region, postalCode, country });
  return Object.keys(parts).length > 0 ? [{ type: 'work', primary: true, ...parts }] : undefined;
}

export function externalIdOf(client: string, { externalIds = [] }: Pick<Stored, 'externalIds'>): string | undefined {
  return externalIds.find((one) => one.client === client)?.id;
}

const entries = (value: string | undefined) =>
  value === undefined ? undefined : [{ value, type: 'work', primary: true }];

/** A person as a client sees them; never with a password, nor with groups that it doesn't know. */
export function userOf(found: Found, client: string, url: string, groups: ReadonlyMap<string, GroupName>): Json {
  const { key, person } = found;
  const theirs = person.groups.flatMap((name) => groups.get(name) ?? []);
  const location = `${url}/Users/${key}`;
  return known({
    schemas: [USER],
    id: key,
    externalId: externalIdOf(client, person),
    userName: person.username,
    name: known({ formatted: person.name, givenName: person.givenName, familyName: person.familyName }),
    displayName: person.name,
    active: person.status === 'active',
    emails: entries(person.email),
    phoneNumbers: entries(person.phone),
    addresses: addressesOf(person),
    locale: person.locale,
    preferredLanguage: person.locale,
    groups: theirs.map(({ id, displayName }) => ({
      value: id,
      display: displayName,
      type: 'direct',
      $ref: `${url}/Groups/${id}`,
    })),
    meta: {
      resourceType: 'User',
      created: new Date(person.createdAt).toISOString(),
      lastModified: new Date(person.updatedAt ?? person.createdAt).toISOString(),
      location,
      version: versionOf(found),
    },
  });
}

/** What a PATCH changes: the person as a draft has them. */
export function draftFrom(person: Stored, client: string): Draft {
  const { username, name, status, ...same } = person;
  const { email, phone, address, streetAddress, locality, region, postalCode, country, locale } = same;
  return {
    ...{ userName: username, externalId: externalIdOf(client, person), active: status === 'active' },
    ...{ displayName: name, formatted: name, givenName: person.givenName, familyName: person.familyName },
    ...{ email, phone, address, streetAddress, locality, region, postalCode, country, locale },
  };
}
