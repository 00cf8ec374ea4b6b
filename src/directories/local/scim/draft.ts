import { quoted, ScimError } from './errors.ts';
import type { Attribute } from './filter.ts';
import { isObject, type Json } from './terms.ts';

const TEXTS = [
  'userName',
  'externalId',
  'displayName',
  'formatted',
  'givenName',
  'familyName',
  'email',
  'phone',
  'address',
  'streetAddress',
  'locality',
  'region',
  'postalCode',
  'country',
  'locale',
] as const;
export type TextField = (typeof TEXTS)[number];

/** All that a request can say of a person: fields that are here, whatever names it uses. `active`: undefined, unsaid. */
export type Draft = { [F in TextField]?: string | undefined } & { active?: boolean | undefined };
type Field = keyof Draft;

/** Of lists one entry is kept, of the type `work`: `subs` are its parts. */
export type Kept =
  | { is: 'one'; field: Field }
  | { is: 'parts'; subs: ReadonlyMap<string, TextField> }
  | { is: 'entry'; subs: ReadonlyMap<string, TextField> }
  | { is: 'fixed' }
  | { is: 'ignored' };

const one = (field: Field): Kept => ({ is: 'one', field });
const ignored: Kept = { is: 'ignored' };

/**
 * Every attribute of a person, by its name in lower case. It is a map, and fields are named here alone: no name out of
 * a request becomes a property of anything.
 */
export const ATTRIBUTES: ReadonlyMap<string, Kept> = new Map<string, Kept>([
  ['username', one('userName')],
  ['externalid', one('externalId')],
  ['displayname', one('displayName')],
  ['active', one('active')],
  ['locale', one('locale')],
  ['preferredlanguage', one('locale')],
  [
    'name',
    {
      is: 'parts',
      subs: new Map<string, TextField>([
        ['formatted', 'formatted'],
        ['givenname', 'givenName'],
        ['familyname', 'familyName'],
      ]),
    },
  ],
  ['emails', { is: 'entry', subs: new Map<string, TextField>([['value', 'email']]) }],
  ['phonenumbers', { is: 'entry', subs: new Map<string, TextField>([['value', 'phone']]) }],
  [
    'addresses',
    {
      is: 'entry',
      subs: new Map<string, TextField>([
        ['formatted', 'address'],
        ['streetaddress', 'streetAddress'],
        ['locality', 'locality'],
        ['region', 'region'],
        ['postalcode', 'postalCode'],
        ['country', 'country'],
      ]),
    },
  ],
  ...['id', 'meta', 'groups'].map((name) => [name, { is: 'fixed' }] as const),
  // A password comes from whoever it belongs to: what provisioning sends in its place is a dummy.
  ...['schemas', 'password', 'nickname', 'profileurl', 'title', 'usertype', 'timezone', 'ims', 'photos'].map(
    (name) => [name, ignored] as const,
  ),
  ...['entitlements', 'roles', 'x509certificates'].map((name) => [name, ignored] as const),
]);

/** The attribute by this name; of other schemas than the core's nothing is kept. */
export function keptBy({ schema, name }: Attribute): Kept | undefined {
  return schema === undefined ? ATTRIBUTES.get(name) : ignored;
}

function textOf(value: unknown, what: string): string | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new ScimError(400, `${what} must be a text.`, 'invalidValue');
}

/** Entra sends `"False"`. */
function answerOf(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const said = typeof value === 'string' ? value.toLowerCase() : '';
  if (said !== 'true' && said !== 'false') throw new ScimError(400, 'active must be true or false.', 'invalidValue');
  return said === 'true';
}

/** Sets one field; null and an empty text clear it. */
export function set(draft: Draft, field: Field, value: unknown): void {
  if (field === 'active') draft.active = answerOf(value);
  else draft[field] = textOf(value, field);
}

/** The parts of an object that are kept, set; others stay as they are. */
export function setParts(draft: Draft, subs: ReadonlyMap<string, TextField>, value: unknown, name: string): void {
  if (!isObject(value)) throw new ScimError(400, `${quoted(name)} must be an object.`, 'invalidValue');
  for (const [key, part] of Object.entries(value)) {
    const field = subs.get(key.toLowerCase());
    if (field !== undefined) set(draft, field, part);
  }
}

export function clear(draft: Draft, subs: ReadonlyMap<string, TextField>): void {
  for (const field of subs.values()) draft[field] = undefined;
}

const says = (entry: Json, key: string, wanted: unknown): boolean =>
  Object.entries(entry).some(
    ([name, value]) =>
      name.toLowerCase() === key && (typeof value === 'string' ? value.toLowerCase() : value) === wanted,
  );

/** Of several entries the one that is kept: the primary one, else that of work, else the first. */
function chosenOf(entries: readonly unknown[], name: string): Json | undefined {
  const objects = entries.map((entry) => {
    if (isObject(entry)) return entry;
    // Some send an address as a mere text.
    if (typeof entry === 'string') return { value: entry };
    throw new ScimError(400, `${quoted(name)} must be a list of objects.`, 'invalidValue');
  });
  return (
    objects.find((entry) => says(entry, 'primary', true) || says(entry, 'primary', 'true')) ??
    objects.find((entry) => says(entry, 'type', 'work')) ??
    objects[0]
  );
}

/** A list in the place of what was there. */
export function setEntry(draft: Draft, subs: ReadonlyMap<string, TextField>, value: unknown, name: string): void {
  const entries = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
  const chosen = chosenOf(entries, name);
  clear(draft, subs);
  if (chosen !== undefined) setParts(draft, subs, chosen, name);
}

/** Sets a whole attribute. */
export function setWhole(draft: Draft, kept: Kept, value: unknown, name: string): void {
  if (kept.is === 'one') set(draft, kept.field, value);
  if (kept.is === 'entry') setEntry(draft, kept.subs, value, name);
  if (kept.is !== 'parts') return;
  if (value === null) clear(draft, kept.subs);
  else setParts(draft, kept.subs, value, name);
}

/** What a whole resource says of a person: what it doesn't name is none, but for `active`. Throws ScimError. */
export function draftOf(body: unknown): Draft {
  if (!isObject(body)) throw new ScimError(400, 'The body must be an object.', 'invalidSyntax');
  const draft: Draft = {};
  for (const [key, value] of Object.entries(body)) {
    const kept = ATTRIBUTES.get(key.toLowerCase());
    if (kept !== undefined) setWhole(draft, kept, value, key);
  }
  return draft;
}
