import { createHash } from 'node:crypto';
import { SallyportError } from '../../core/errors.ts';
import { NAME_ID_FORMATS, type NameId, type Said, SamlFault } from '../../saml/index.ts';
import { scopeOf } from './attributes.ts';
import type { Own } from './own.ts';
import type { KEYS, Settings } from './settings.ts';

type Key = (typeof KEYS)[number];

/** Whose value it is, and what makes it one. */
interface Place {
  /** EntityID of ours. */
  audience: string;
  scopes: ReadonlySet<string>;
}

/**
 * What a person is known by: the provider, which identifier, and its value. Nobody else's, whatever another provider
 * says, and never a name or an address, which change and are given anew.
 * Throws `subject` where it isn't there once, and `scope` where it is another house's.
 */
export const keyOf = (said: Said, kind: Key, place: Place): string =>
  hashOf(said.issuer, kind, READERS[kind](said, place));

const hashOf = (issuer: string, kind: Key, value: string): string =>
  createHash('sha256')
    .update(JSON.stringify(['saml', issuer, kind, value]))
    .digest('base64url');

/** Whom a name identifier of the provider's means by itself, as in a LogoutRequest; undefined where it doesn't say. */
export function keyOfName(
  nameId: NameId,
  issuer: string,
  { key }: Pick<Settings, 'key'>,
  { entityId: audience }: Pick<Own, 'entityId'>,
): string | undefined {
  if (key !== 'persistent') return undefined;
  try {
    return hashOf(issuer, key, persistent({ nameId, issuer }, { audience }));
  } catch {
    return undefined;
  }
}

/**
 * Whom an operator means by the bare value of the identifier; of a federation by the house's entityID, a blank and the
 * value. Throws ERR_INPUT where it can't be one.
 */
export function keyOfSubject(subject: string, { entityId, key }: Pick<Settings, 'entityId' | 'key'>): string {
  const [, house = '', text = ''] =
    entityId === undefined ? (/^(\S+)\s+(.+)$/s.exec(subject.trim()) ?? []) : ['', entityId, subject.trim()];
  const isScoped = key === 'subject-id' || key === 'pairwise-id';
  const value = isScoped ? text.toLowerCase() : text;
  if (value !== '' && value.length <= 256 && (!isScoped || SUBJECT_ID.test(value))) return hashOf(house, key, value);
  const form = entityId === undefined ? `an entityID, a blank and a ${key}` : `a ${key}`;
  throw new SallyportError('ERR_INPUT', `${JSON.stringify(subject)} isn’t written as ${form}`);
}

const READERS: Readonly<Record<Key, (said: Said, place: Place) => string>> = {
  'subject-id': (said, { scopes }) => scoped(said, 'urn:oasis:names:tc:SAML:attribute:subject-id', scopes),
  'pairwise-id': (said, { scopes }) => scoped(said, 'urn:oasis:names:tc:SAML:attribute:pairwise-id', scopes),
  objectidentifier,
  persistent,
};

/** The only value of an attribute: of two nobody could say which. */
function only({ attributes }: Said, name: string): string {
  const values = attributes.filter((it) => it.name === name).flatMap((it) => it.values.map((value) => value.trim()));
  const [value, ...more] = values;
  if (value === undefined || value === '' || value.length > 256)
    throw new SamlFault('subject', `no ${name}, or an impossible one`);
  if (more.length > 0) throw new SamlFault('subject', `${values.length} values of ${name}`);
  return value;
}

const ENTRA = 'http://schemas.microsoft.com/identity/claims/';

/** Within a tenant: the issuer's, `https://sts.windows.net/<tenant>/`. One that says that it is of another is another's. */
function objectidentifier(said: Said): string {
  const tenants = said.attributes.filter(({ name }) => name === `${ENTRA}tenantid`).flatMap(({ values }) => values);
  if (tenants.some((tenant) => !said.issuer.toLowerCase().includes(tenant.trim().toLowerCase())))
    throw new SamlFault('subject', 'an object of another tenant');
  return only(said, `${ENTRA}objectidentifier`);
}

/** SAML subject identifier attributes, section 3.3.1: both parts are compared without case. */
const SUBJECT_ID = /^[a-z0-9][a-z0-9=-]{0,126}@[a-z0-9][a-z0-9.-]{0,126}$/;

function scoped(said: Said, name: string, scopes: ReadonlySet<string>): string {
  const value = only(said, name).toLowerCase();
  if (!SUBJECT_ID.test(value)) throw new SamlFault('subject', `${name} isn't written as one`);
  if (scopes.has(scopeOf(value) ?? '')) return value;
  throw new SamlFault('scope', `${name} of the scope ${scopeOf(value)}, which isn't this provider's`);
}

/** saml-core section 8.3.7: qualified by who made it and for whom, who are these two where nothing is said. */
function persistent(
  { nameId, issuer }: Pick<Said, 'nameId' | 'issuer'>,
  { audience }: Pick<Place, 'audience'>,
): string {
  if (nameId?.format !== NAME_ID_FORMATS.persistent || nameId.value === '' || nameId.value.length > 256)
    throw new SamlFault('subject', 'no persistent NameID');
  const { nameQualifier = issuer, spNameQualifier = audience } = nameId;
  if (nameQualifier !== issuer || spNameQualifier !== audience)
    throw new SamlFault('subject', 'a NameID that another provider made, or for somebody else');
  return nameId.value;
}
