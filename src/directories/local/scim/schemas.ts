import { GROUP, USER } from './terms.ts';

/** RFC 7643 section 7. */
interface SchemaAttribute {
  name: string;
  type: 'string' | 'boolean' | 'complex' | 'reference';
  multiValued: boolean;
  description: string;
  required: boolean;
  caseExact: boolean;
  mutability: 'readWrite' | 'readOnly' | 'immutable';
  returned: 'default';
  uniqueness: 'none' | 'server';
  subAttributes?: SchemaAttribute[];
}

function attribute(name: string, description: string, more: Partial<SchemaAttribute> = {}): SchemaAttribute {
  return {
    ...{ name, type: 'string', multiValued: false, description, required: false, caseExact: false },
    ...{ mutability: 'readWrite', returned: 'default', uniqueness: 'none' },
    ...more,
  };
}

const complex = (name: string, description: string, subAttributes: SchemaAttribute[]) =>
  attribute(name, description, { type: 'complex', subAttributes });

/** A list of which one entry is kept. */
const kept = (name: string, description: string, parts: SchemaAttribute[]) =>
  attribute(name, `${description} One is kept: the primary one, else that of work, else the first`, {
    type: 'complex',
    multiValued: true,
    subAttributes: [
      ...parts,
      attribute('type', 'work'),
      attribute('primary', 'Whether it is the first to use', { type: 'boolean' }),
    ],
  });

const membership = (name: string, description: string, mutability: 'readOnly' | 'immutable') => [
  attribute('value', description, { caseExact: true, mutability }),
  attribute('display', 'What it is called', { mutability: 'readOnly' }),
  attribute('$ref', 'Its address', { type: 'reference', caseExact: true, mutability: 'readOnly' }),
  attribute('type', name, { mutability: 'readOnly' }),
];

const user = [
  attribute('userName', 'What the person types to sign in', { required: true, uniqueness: 'server' }),
  complex('name', 'The parts of the name', [
    attribute('formatted', 'All of it; the same as displayName'),
    attribute('givenName', 'Given name'),
    attribute('familyName', 'Family name'),
  ]),
  attribute('displayName', 'What is shown'),
  attribute('active', 'Whether the person may sign in', { type: 'boolean' }),
  attribute('locale', 'Language (BCP 47)'),
  attribute('preferredLanguage', 'The same'),
  kept('emails', 'Mail addresses.', [attribute('value', 'The address')]),
  kept('phoneNumbers', 'Phone numbers.', [attribute('value', 'With its country: +886 2 1234 5678')]),
  kept('addresses', 'Postal addresses.', [
    attribute('formatted', 'All of it'),
    attribute('streetAddress', 'Street and number'),
    attribute('locality', 'Town'),
    attribute('region', 'State or province'),
    attribute('postalCode', 'Postal code'),
    attribute('country', 'Country'),
  ]),
  attribute('groups', 'Groups that the person is in; changed at the groups', {
    type: 'complex',
    multiValued: true,
    mutability: 'readOnly',
    subAttributes: membership('direct', 'The id of the group', 'readOnly'),
  }),
];

const group = [
  attribute('displayName', 'What policy and applications call it', { required: true, uniqueness: 'server' }),
  attribute('members', 'People in it', {
    type: 'complex',
    multiValued: true,
    subAttributes: membership('User', 'The id of the person', 'immutable'),
  }),
];

/** What is kept of people and groups: nothing else is. */
export const SCHEMAS = [
  { id: USER, name: 'User', description: 'People', attributes: user },
  { id: GROUP, name: 'Group', description: 'Groups of people', attributes: group },
];
