import { z } from 'zod';
import { LEVELS } from '../../core/assurance.ts';
import { parseDuration } from '../../core/duration.ts';
import { DEPARTURES, type Departure } from './gate/departures.ts';
import { NAME_ID_FORMATS, type NameIdFormat } from './model.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const duration = z.string().transform((text, context) => {
  const value = parseDuration(text);
  if (value === undefined || value === 0) {
    context.addIssue({ code: 'custom', message: 'write a duration as 90s, 30m, 8h or 30d' });
    return z.NEVER;
  }
  return value;
});

const pem = z.string().regex(/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, {
  error: `must be one certificate in PEM: name its file as \${file:…}`,
});

const webUri = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });

/** Entity ids are URIs of at most 1024 characters (saml-metadata section 2.2.1). */
const entityId = z.string().min(1).max(1024);

/** What signs a message; the digest goes with it. */
export const ALGORITHMS = ['RSA-SHA256', 'RSA-SHA384', 'ECDSA-SHA256'] as const;
const algorithm = z.enum(ALGORITHMS);
const signed = z.enum(['assertion', 'response', 'both']);
const NAME_IDS = Object.keys(NAME_ID_FORMATS) as [NameIdFormat, ...NameIdFormat[]];

const maxValidity = duration
  .default(30 * DAY)
  .describe('The furthest that its validUntil may lie ahead; without one it is refused');

/** Where metadata comes from. Whatever comes over the network is signed by a certificate that is named here. */
const source = z.union(
  [
    z.strictObject({
      file: z.string().min(1).describe('A metadata file, relative to this file; read again when it changes'),
      certificate: pem.optional().describe('Its signature is checked with this where given'),
    }),
    z.strictObject({
      url: webUri.describe('Fetched on a schedule; the last good copy is kept'),
      certificate: pem.describe('Whose signature the metadata must bear'),
      refresh: duration.default(6 * HOUR),
      maxValidity,
    }),
    z.strictObject({
      mdq: webUri.describe('Base address of a metadata query server (draft-young-md-query): entities one at a time'),
      certificate: pem.describe('Whose signature each answer must bear'),
      refresh: duration.default(6 * HOUR),
      maxValidity,
    }),
  ],
  { error: 'needs a file, or a url and a certificate, or an mdq address and a certificate' },
);
export type MetadataSource = z.output<typeof source>;

/** `applications.<id>.saml`: a service provider, or with `federation` all those that a source describes. */
export const samlApplication = z.strictObject({
  metadata: source,
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
