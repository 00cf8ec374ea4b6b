import type { Account } from '../../../core/account.ts';
import type { SamlSettings } from '../settings.ts';

/** What values are made of, besides the account. */
export interface ValueContext {
  /** EntityID of the service provider. */
  provider: string;
  /** Domain of scoped values. */
  scope: string;
  /** Whoever named the account may name people in that scope. */
  isOurs: boolean;
  /** Unique part of subject-id, or of a provider's pairwise-id. */
  uniqueId(account: string, provider?: string): string;
}

export interface Definition {
  /** URI. */
  name: string;
  values(account: Account, context: ValueContext): readonly string[];
}

const EDU_PERSON = 'urn:oid:1.3.6.1.4.1.5923.1.1.1';
const SUBJECT_IDS = 'urn:oasis:names:tc:SAML:attribute:';

/** eduPerson section 2.2.1: the only values there are. Groups of these names are read as such. */
const AFFILIATIONS = ['faculty', 'student', 'staff', 'alum', 'member', 'affiliate', 'employee', 'library-walk-in'];
/** Whoever is one of these is a member as well. */
const MEMBERS = ['faculty', 'student', 'staff', 'employee'];

function affiliations({ groups = [] }: Account): string[] {
  const held = AFFILIATIONS.filter((affiliation) => groups.includes(affiliation));
  const member = held.some((affiliation) => MEMBERS.includes(affiliation));
  return [...new Set([...held, ...(member ? ['member'] : [])])];
}

/** What a scoped value stands before must hold no scope of its own, or it could name another's people. */
function scoped(values: readonly string[], scope: string): string[] {
  return values.filter((value) => !value.includes('@')).map((value) => `${value}@${scope}`);
}

/** A user name that is an address already is one of ours only within our scope; one that another house chose never is. */
function principalName({ username }: Account, { scope, isOurs }: ValueContext): string[] {
  if (!isOurs || username === '') return [];
  const suffix = `@${scope}`;
  return scoped([username.endsWith(suffix) ? username.slice(0, -suffix.length) : username], scope);
}

const some = (value: string | undefined): string[] => (value ? [value] : []);

/** Attributes that are there without being configured, by FriendlyName: inetOrgPerson, eduPerson, SCHAC, SAML subject ids. */
const BUILT_IN: Readonly<Record<string, Definition>> = {
  uid: { name: 'urn:oid:0.9.2342.19200300.100.1.1', values: ({ username }) => some(username) },
  cn: { name: 'urn:oid:2.5.4.3', values: ({ name }) => some(name) },
  displayName: { name: 'urn:oid:2.16.840.1.113730.3.1.241', values: ({ name }) => some(name) },
  givenName: { name: 'urn:oid:2.5.4.42', values: ({ profile }) => some(profile?.givenName) },
  sn: { name: 'urn:oid:2.5.4.4', values: ({ profile }) => some(profile?.familyName) },
  telephoneNumber: { name: 'urn:oid:2.5.4.20', values: ({ profile }) => some(profile?.phone) },
  mail: { name: 'urn:oid:0.9.2342.19200300.100.1.3', values: ({ email }) => some(email) },
  eduPersonPrincipalName: { name: `${EDU_PERSON}.6`, values: principalName },
  eduPersonAffiliation: { name: `${EDU_PERSON}.1`, values: affiliations },
  eduPersonScopedAffiliation: {
    name: `${EDU_PERSON}.9`,
    values: (account, { scope }) => scoped(affiliations(account), scope),
  },
  /** Groups that are URIs: others would be no entitlements. */
  eduPersonEntitlement: {
    name: `${EDU_PERSON}.7`,
    values: ({ groups = [] }) => groups.filter((group) => /^(?:urn:|https?:\/\/)/i.test(group)),
  },
  /** Which assurance an institution gives is its own to declare: without configuration there is none. */
  eduPersonAssurance: { name: `${EDU_PERSON}.11`, values: () => [] },
  isMemberOf: { name: 'urn:oid:1.3.6.1.4.1.5923.1.5.1.1', values: ({ groups = [] }) => groups },
  schacHomeOrganization: { name: 'urn:oid:1.3.6.1.4.1.25178.1.2.9', values: (_, { scope }) => [scope] },
  'subject-id': {
    name: `${SUBJECT_IDS}subject-id`,
    values: ({ id }, { scope, uniqueId }) => [`${uniqueId(id)}@${scope}`],
  },
  'pairwise-id': {
    name: `${SUBJECT_IDS}pairwise-id`,
    values: ({ id }, { provider, scope, uniqueId }) => [`${uniqueId(id, provider)}@${scope}`],
  },
};

/** All attributes by FriendlyName: the configured ones beside the built-in ones, or in their place. */
export type AttributeTable = ReadonlyMap<string, Definition>;

export function attributeTable(configured: SamlSettings['attributes']): AttributeTable {
  const table = new Map(Object.entries(BUILT_IN));
  for (const [friendlyName, attribute] of Object.entries(configured)) table.set(friendlyName, definitionOf(attribute));
  // Who says what affiliations are says it once.
  const affiliation = configured.eduPersonAffiliation;
  if (affiliation && !configured.eduPersonScopedAffiliation) {
    table.set('eduPersonScopedAffiliation', definitionOf({ ...affiliation, name: `${EDU_PERSON}.9`, scoped: true }));
  }
  return table;
}

/** Of an account that another house describes, what it has from us: groups are those that the operator maps. */
const FROM_US: readonly string[] = ['id', 'groups'];

function heldBy(account: Account, from: NonNullable<SamlSettings['attributes'][string]['from']>) {
  const { profile = {} } = account;
  switch (from) {
    case 'givenName':
    case 'familyName':
    case 'phone':
      return profile[from];
    case 'locale':
      return account.locale ?? profile.locale;
    default:
      return account[from];
  }
}

function definitionOf(attribute: SamlSettings['attributes'][string]): Definition {
  const { always, from, name, values: map } = attribute;
  return {
    name,
    values(account, { scope, isOurs }) {
      const isTold = from !== undefined && (!attribute.scoped || isOurs || FROM_US.includes(from));
      const held = isTold ? [heldBy(account, from) ?? []].flat() : [];
      const mapped =
        map === undefined ? held : held.flatMap((value) => (Object.hasOwn(map, value) ? (map[value] ?? []) : []));
      const values = [...mapped, ...always].filter((value) => value !== '');
      return [...new Set(attribute.scoped ? scoped(values, scope) : values)];
    },
  };
}
