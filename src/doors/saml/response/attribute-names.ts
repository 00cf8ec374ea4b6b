import type { ServiceProvider } from '../../../saml/index.ts';
import type { AttributeTable } from './attribute-table.ts';

/** An attribute as a service provider's metadata requests it. */
type Wish = ServiceProvider['attributeConsumingServices'][number]['attributes'][number];

/** Claim types of Microsoft's products, which others have taken over. */
const CLAIMS = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
/** Names of SAML 1, by FriendlyName (MACE-Dir). */
const MACE = 'urn:mace:dir:attribute-def:';

/**
 * What products ask for by names of no standard, by our FriendlyName. Compared without case, dashes, dots, blanks and
 * underscores: `first_name`, `firstName` and `First Name` are one.
 */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  uid: ['username', 'user', 'userid', 'login', 'loginname', 'accountname', 'samaccountname', 'nickname'],
  cn: ['commonname'],
  displayName: ['name', 'fullname', 'realname', 'displayedname'],
  givenName: ['firstname', 'forename', `${CLAIMS}givenname`],
  sn: ['surname', 'lastname', 'familyname', `${CLAIMS}surname`],
  mail: ['email', 'emailaddress', 'useremail', 'primaryemail', 'mailaddress', `${CLAIMS}emailaddress`],
  telephoneNumber: ['phone', 'phonenumber', 'telephone', 'tel', `${CLAIMS}homephone`, `${CLAIMS}mobilephone`],
  eduPersonPrincipalName: ['eppn', 'upn', 'userprincipalname', 'principalname', `${CLAIMS}upn`],
  eduPersonAffiliation: ['affiliation', 'affiliations', 'unscopedaffiliation'],
  eduPersonScopedAffiliation: ['scopedaffiliation'],
  eduPersonEntitlement: ['entitlement', 'entitlements'],
  isMemberOf: ['groups', 'group', 'memberof', 'http://schemas.xmlsoap.org/claims/Group'],
  schacHomeOrganization: ['homeorganization', 'organization', 'o'],
  'subject-id': ['subjectid'],
  'pairwise-id': ['pairwiseid'],
};

const isAddress = (name: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(name);

const folded = (name: string): string =>
  isAddress(name) ? name.toLowerCase() : name.toLowerCase().replace(/[-_.\s]/g, '');

const BY_ALIAS: ReadonlyMap<string, string> = new Map(
  Object.entries(ALIASES).flatMap(([friendlyName, names]) => names.map((name) => [folded(name), friendlyName])),
);

/**
 * FriendlyName of the attribute that is meant: of this very name, or known by it to many products. Undefined where
 * there is none in the table.
 */
export function meantBy({ name }: Pick<Wish, 'name'>, table: AttributeTable): string | undefined {
  for (const [friendlyName, definition] of table) if (definition.name === name) return friendlyName;
  const short = name.startsWith(MACE) ? name.slice(MACE.length) : name;
  const plain = folded(short);
  for (const friendlyName of table.keys()) if (folded(friendlyName) === plain) return friendlyName;
  const known = BY_ALIAS.get(plain);
  return known !== undefined && table.has(known) ? known : undefined;
}
