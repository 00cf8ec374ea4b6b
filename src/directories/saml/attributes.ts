import type { Profile } from '../../core/account.ts';
import type { Person } from '../../core/person.ts';
import type { IdentityProvider, Said } from '../../saml/index.ts';
import type { Settings } from './settings.ts';

const LONGEST = 200;
/** With more it is taken for a provider that doesn't send all. */
const MOST_GROUPS = 2000;

/** Claim types of Microsoft's products. */
const CLAIMS = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
const MICROSOFT = 'http://schemas.microsoft.com/';
const EPPN = 'urn:oid:1.3.6.1.4.1.5923.1.1.1.6';

/** By what providers of standard and of Microsoft's products send them (MACE-Dir, eduPerson, claim types). */
const BUILT_IN: Readonly<Record<keyof Settings['attributes'], readonly string[]>> = {
  username: [EPPN, `${CLAIMS}upn`, `${CLAIMS}name`, 'urn:oid:0.9.2342.19200300.100.1.1'],
  name: ['urn:oid:2.16.840.1.113730.3.1.241', `${MICROSOFT}identity/claims/displayname`, 'urn:oid:2.5.4.3'],
  givenName: ['urn:oid:2.5.4.42', `${CLAIMS}givenname`],
  familyName: ['urn:oid:2.5.4.4', `${CLAIMS}surname`],
  email: ['urn:oid:0.9.2342.19200300.100.1.3', `${CLAIMS}emailaddress`],
  phone: ['urn:oid:2.5.4.20'],
  department: ['urn:oid:2.5.4.11'],
};
const GROUPS = [
  'urn:oid:1.3.6.1.4.1.5923.1.5.1.1',
  `${MICROSOFT}ws/2008/06/identity/claims/groups`,
  'http://schemas.xmlsoap.org/claims/Group',
];

/** Attributes whose values are another house's unless their scope is this provider's (eduPerson, SAML subject-id). */
const SCOPED: ReadonlySet<string> = new Set([
  EPPN,
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.9',
  'urn:oasis:names:tc:SAML:attribute:subject-id',
  'urn:oasis:names:tc:SAML:attribute:pairwise-id',
]);

/** The scopes by which a provider may name people: of its metadata, and those that the operator adds. Lower case. */
export function scopesOf(
  { scopes }: Pick<IdentityProvider, 'scopes'>,
  settings: Pick<Settings, 'scopes'>,
): Set<string> {
  return new Set([...scopes, ...settings.scopes].map((scope) => scope.toLowerCase()));
}

/** What stands behind the only `@`, in lower case; undefined where there is none, or several. */
export function scopeOf(value: string): string | undefined {
  const [local, scope, ...more] = value.split('@');
  return local && scope && more.length === 0 ? scope.toLowerCase() : undefined;
}

/** A domain of these scopes, or below one: `mail.partner.example`. */
function isBelow(domain: string | undefined, scopes: ReadonlySet<string>): boolean {
  // Nothing but a host: `ceo@hospital.example,x.partner.example` would be two addresses to whoever reads lists.
  if (domain === undefined || !/^[a-z0-9.-]+$/.test(domain)) return false;
  return [...scopes].some((scope) => domain === scope || domain.endsWith(`.${scope}`));
}

/**
 * Values of the first of these attributes that has some; a scoped one of another's scope isn't there. `isScoped`: which
 * those are.
 */
function valuesOf(
  { attributes }: Pick<Said, 'attributes'>,
  names: readonly string[],
  scopes: ReadonlySet<string>,
  isScoped = (name: string) => SCOPED.has(name),
): string[] {
  for (const name of names) {
    const values = attributes.filter((it) => it.name === name).flatMap((it) => it.values.map((value) => value.trim()));
    const usable = values.filter(
      (value) => value !== '' && value.length <= LONGEST && (!isScoped(name) || scopes.has(scopeOf(value) ?? '')),
    );
    if (usable.length > 0) return usable;
  }
  return [];
}

/**
 * A person as their provider describes them. What it doesn't send is unknown, not empty. Of a federation's houses each
 * names people and their mail within its own scopes alone, or any of them could call somebody as it likes: `uid=ceo`.
 */
export function personOf(said: Said, key: string, settings: Settings, scopes: ReadonlySet<string>): Person {
  const all = (field: keyof Settings['attributes']) =>
    valuesOf(said, settings.attributes[field] ?? BUILT_IN[field], scopes);
  const one = (field: keyof Settings['attributes']) => all(field)[0];
  const isOneOfMany = settings.federation !== undefined;
  const emails = all('email')
    .filter((address) => /^[^\s@]+@[^\s@]+$/.test(address))
    .filter((address) => !isOneOfMany || isBelow(scopeOf(address), scopes));
  const [email] = emails;
  const full = [one('givenName'), one('familyName')].filter((part) => part !== undefined).join(' ');
  const username = isOneOfMany ? (scopedName(said, settings, scopes) ?? key) : (one('username') ?? email ?? key);
  const groups = groupsOf(said, settings, scopes);
  const profile: Profile = {
    ...given('givenName', one('givenName')),
    ...given('familyName', one('familyName')),
    ...given('phone', one('phone')),
    ...given('department', one('department')),
    ...(emails.length > 1 && { emails: emails.map((address) => ({ address })) }),
  };
  return {
    key,
    username,
    name: one('name') ?? (full || username),
    ...given('email', email),
    ...(groups && { groups }),
    status: 'active',
    ...(Object.keys(profile).length > 0 && { profile }),
  };
}

/** A user name that has a scope of the house's, whatever attribute it comes by. */
function scopedName(said: Said, { attributes }: Settings, scopes: ReadonlySet<string>): string | undefined {
  const names = [...(attributes.username ?? BUILT_IN.username), ...(attributes.email ?? BUILT_IN.email)];
  return valuesOf(said, names, scopes, () => true)[0];
}

/**
 * What their groups stand for here: another house names none of ours by itself. Undefined where it sends none at all,
 * as Entra where there are too many: that is unknown, not none. What has another house's scope isn't sent.
 */
function groupsOf(said: Said, { groups }: Pick<Settings, 'groups'>, scopes: ReadonlySet<string>): string[] | undefined {
  const { always, map, attributes = GROUPS } = groups;
  if (map === undefined) return [...always];
  const sent = said.attributes
    .filter(({ name }) => attributes.includes(name))
    .flatMap(({ name, values }) => values.filter((value) => !SCOPED.has(name) || scopes.has(scopeOf(value) ?? '')));
  if (sent.length === 0 || sent.length > MOST_GROUPS) return undefined;
  const mapped = sent.flatMap((value) => (Object.hasOwn(map, value) ? (map[value] ?? []) : []));
  return [...new Set([...always, ...mapped])];
}

const given = <K extends string>(key: K, value: string | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };

const METHODS = `${MICROSOFT}claims/authnmethodsreferences`;
const MOST_VALUES = 20;

/** What it says of how somebody was shown, by the names that tables use. */
export function shownIn({ contextClass, attributes, authnInstant }: Said) {
  const methods = attributes.filter(({ name }) => name === METHODS).flatMap(({ values }) => values);
  const said = { class: contextClass === undefined ? [] : [contextClass], methods };
  const values = Object.entries(said).map(
    ([name, all]) => [name, all.filter((value) => value.length <= LONGEST).slice(0, MOST_VALUES)] as const,
  );
  return { values: Object.fromEntries(values.filter(([, all]) => all.length > 0)), at: authnInstant };
}
