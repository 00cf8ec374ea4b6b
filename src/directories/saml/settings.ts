import { z } from 'zod';
import { KINDS } from '../../core/assurance.ts';
import { LINKING } from '../../core/upstream.ts';
import {
  ALGORITHMS,
  duration,
  entityId,
  metadataSource,
  NAME_ID_FORMATS,
  type NameIdFormat,
} from '../../saml/index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const text = z.string().min(1).max(200);
const texts = z.array(text).min(1).max(20);
const localized = z.union([text, z.record(z.string().min(2).max(35), text)]);

/** What a person is known by: the closed list of identifiers that are neither reused nor changed, never a name or an address. */
export const KEYS = ['subject-id', 'pairwise-id', 'objectidentifier', 'persistent'] as const;

const row = z
  .strictObject({
    class: texts.optional().describe('AuthnContextClassRef'),
    methods: texts.optional().describe('Values of authnmethodsreferences, as Entra and AD FS send them'),
    kinds: z.array(z.enum(KINDS)).min(1),
    phishingResistant: z.boolean().optional(),
    attested: z.boolean().optional(),
  })
  .refine((it) => it.class !== undefined || it.methods !== undefined, {
    error: 'names nothing that the provider says: add class or methods',
  })
  .refine((it) => (it.class?.length ?? 1) === 1, { error: 'an answer has one class: write a line for each' });

const names = (what: string) =>
  texts.optional().describe(`Attributes that hold ${what}, by their names; the first that is sent counts`);
const NAME_IDS = Object.keys(NAME_ID_FORMATS) as [NameIdFormat, ...NameIdFormat[]];

const ENTRA = 'https://sts.windows.net/';

const fields = z.strictObject({
  name: localized.describe('As people know the provider: it stands on the button'),
  metadata: metadataSource.describe('Where its metadata comes from'),
  entityId: entityId.optional().describe('Its entityID, to the character'),
  federation: z
    .strictObject({
      only: z
        .array(entityId)
        .min(1)
        .max(1_000)
        .optional()
        .describe('EntityIDs of the providers that people may come from; by default all that the metadata describes'),
    })
    .optional()
    .describe('The metadata is a federation’s, and each identity provider in it a house of its own'),
  ownEntityId: entityId
    .optional()
    .describe('EntityID of ours, by default the address of our metadata for it: <issuer>/directories/<id>/metadata'),
  key: z.enum(KEYS).default('subject-id').describe('What people are known by; another one makes other people of them'),
  scopes: z
    .array(z.string().regex(/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/))
    .max(50)
    .default([])
    .describe('Scopes of its values beside those of its metadata'),
  asks: z
    .strictObject({ twoKinds: texts.optional(), resistant: texts.optional() })
    .prefault({})
    .describe('Classes that it is asked for, exactly: only what it understands, and nothing for Entra'),
  assurance: z
    .array(row)
    .max(50)
    .default([])
    .describe('What counts of what it says was shown; what no line names is one proof of knowledge'),
  repeatsUs: z
    .boolean()
    .default(false)
    .describe('It passes on what this gateway said, as its external method: nothing of that counts a second time'),
  attributes: z
    .strictObject({
      username: names('the user name'),
      name: names('the name that is shown'),
      givenName: names('the given name'),
      familyName: names('the family name'),
      email: names('mail addresses'),
      phone: names('the telephone number'),
      department: names('the department'),
    })
    .prefault({})
    .describe('Names of attributes in the place of the built-in ones'),
  groups: z
    .strictObject({
      always: z.array(text).max(20).default([]).describe('Groups of everybody who comes by it'),
      attributes: texts.optional().describe('Attributes that hold them; by default the usual ones'),
      map: z.record(text, text).optional().describe('Its groups, each with the group that it stands for here'),
    })
    .prefault({}),
  freshness: duration
    .refine((length) => length >= 60_000 && length <= 30 * DAY, 'must be a duration from 1m to 30d')
    .default(12 * HOUR)
    .describe('How long ago it may have shown more than who it is; longer ago that is all that counts'),
  linking: z
    .enum(LINKING)
    .optional()
    .describe(
      'Who may sign in to an account that they have here by it as well: nobody, whom an operator links, or (the default, but not with federation) also who links it',
    ),
  askAgain: duration
    .refine((length) => length >= HOUR && length <= 90 * DAY, 'must be a duration from 1h to 90d')
    .default(DAY)
    .describe('How long somebody is taken to be still there since they came by it last'),
  nameId: z.enum(NAME_IDS).optional().describe('Asked for; by default persistent with key: persistent, else none'),
  binding: z.enum(['redirect', 'post']).default('redirect').describe('How requests are sent where both are offered'),
  algorithm: z.enum(ALGORITHMS).default('RSA-SHA256'),
  allowCbc: z
    .boolean()
    .default(false)
    .describe('Read assertions encrypted with AES-CBC, where the Response itself is signed'),
  skew: duration.default(180_000).describe('How far its clock may be off'),
  publish: z
    .strictObject({
      lifetime: duration.default(7 * DAY).describe('validUntil of what we publish for it'),
      cache: duration.default(DAY / 4).describe('cacheDuration of what we publish for it'),
    })
    .prefault({}),
});

/** `directories.<id>` of the type saml: an identity provider elsewhere, or all of a federation's. */
export const settings = fields.superRefine((given, { addIssue }) => {
  const { entityId: one, federation, metadata, scopes, asks, linking } = given;
  const fault = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
  if (one?.startsWith(ENTRA) && (asks.twoKinds ?? asks.resistant) !== undefined)
    fault('asks', 'must be left out for Entra, which knows none: people would be stranded at a page of its own');
  if (one === undefined && federation === undefined)
    fault('entityId', 'is missing: name the provider, or add federation');
  if (federation === undefined) return;
  if (one !== undefined) fault('entityId', 'names one provider of a federation: leave it out, or name it in only');
  if ('mdq' in metadata) fault('metadata', 'is a query server, which lists no houses to choose from: use url or file');
  if (linking === 'owner') fault('linking', 'can’t be owner with federation: operators link people to its houses');
  if (scopes.length > 0) fault('scopes', 'would be every house’s of the federation: leave them out');
});
export type Settings = z.infer<typeof settings>;
