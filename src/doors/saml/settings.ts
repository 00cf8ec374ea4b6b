import { z } from 'zod';
import { LEVELS } from '../../core/assurance.ts';
import {
  ALGORITHMS,
  DEPARTURES,
  type Departure,
  duration,
  entityId,
  metadataSource,
  NAME_ID_FORMATS,
  type NameIdFormat,
  webUri,
} from '../../saml/index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const algorithm = z.enum(ALGORITHMS);
const signed = z.enum(['assertion', 'response', 'both']);
/** Where a response bears signatures. */
export type Place = z.output<typeof signed>;
const NAME_IDS = Object.keys(NAME_ID_FORMATS) as [NameIdFormat, ...NameIdFormat[]];

/** `applications.<id>.saml`: a service provider, or with `federation` all those that a source describes. */
export const samlApplication = z.strictObject({
  metadata: metadataSource,
  entityId: entityId.optional().describe('Which entity of the metadata it is; needed where there are several'),
  federation: z
    .boolean()
    .default(false)
    .describe('Every service provider of this metadata may sign in, each an application of its own: <id>:<entityID>'),
  idpInitiated: z.boolean().default(false).describe('May be opened from here, without a request of its own'),
  requireSignedRequests: z
    .boolean()
    .default(false)
    .describe('Refuse unsigned AuthnRequests even if its metadata does not promise signed ones'),
  allow: z
    .array(z.enum(Object.keys(DEPARTURES) as [Departure, ...Departure[]]))
    .default([])
    .describe('What its messages may have that the bindings haven’t: a closed list'),
  sign: signed.optional().describe('What is signed; doors.saml.sign by default'),
  algorithm: algorithm.optional(),
  encrypt: z
    .enum(['offered', 'required', 'never'])
    .default('offered')
    .describe('Encrypt assertions: where its metadata offers a key, always, or never'),
  nameId: z
    .enum([...NAME_IDS, 'unspecified'])
    .optional()
    .describe('Sent where the request asks for none; else the first of its metadata'),
  nameIdFrom: z
    .string()
    .optional()
    .describe('With nameId: unspecified, the attribute that is the name; uid, the user name, by default'),
  attributes: z
    .array(z.string())
    .optional()
    .describe('Released: names of doors.saml.attributes or of the built-in ones'),
  entityCategories: z
    .array(z.enum(['research-and-scholarship', 'code-of-conduct', 'anonymous', 'pseudonymous', 'personalized']))
    .default([])
    .describe('Entity categories of its metadata by which attributes are released (REFEDS)'),
});
export type SamlApplication = z.output<typeof samlApplication>;

/** `doors.saml`: what concerns all service providers. */
export const samlSettings = z.strictObject({
  entityId: entityId.optional().describe('By default the address of the metadata: <issuer>/saml/metadata'),
  scope: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/)
    .optional()
    .describe('Scope of scoped attributes, published as shibmd:Scope; by default the domain of the issuer'),
  classes: z
    .record(z.string().min(1), z.enum([...LEVELS, 'never']))
    .default({})
    .describe('Levels of AuthnContext classes beside the built-in ones, or in their place; never: not answered'),
  sign: signed.default('both'),
  algorithm: algorithm.default('RSA-SHA256'),
  skew: duration.default(90_000).describe('How far the clocks of service providers may be off'),
  assertionLifetime: duration.default(300_000),
  warnBefore: duration
    .default(14 * DAY)
    .describe('How long before metadata of others ends, or a certificate in it, that is told'),
  attributes: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/),
      z.strictObject({
        name: z.string().min(1).describe('URI of the attribute, as urn:oid:…'),
        from: z
          .enum(['username', 'name', 'givenName', 'familyName', 'email', 'phone', 'locale', 'groups', 'id'])
          .optional()
          .describe('Property of the account that holds its values'),
        scoped: z.boolean().default(false).describe('Append @ and the scope to each value'),
        values: z
          .record(z.string(), z.string())
          .optional()
          .describe('Value to send by value held; others are left out'),
        always: z.array(z.string().min(1)).default([]).describe('Sent for everybody'),
      }),
    )
    .default({})
    .describe('Attributes beside the built-in ones, or in their place'),
  metadata: z
    .strictObject({
      lifetime: duration.default(7 * DAY).describe('validUntil of what is published'),
      cache: duration.default(6 * HOUR).describe('cacheDuration of what is published'),
      organization: z.strictObject({ name: z.string().min(1), displayName: z.string().min(1), url: webUri }).optional(),
      contacts: z
        .array(
          z.strictObject({
            type: z.enum(['technical', 'support', 'administrative', 'security']),
            name: z.string().min(1),
            email: z.email(),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
export type SamlSettings = z.output<typeof samlSettings>;
