import { z } from 'zod';
import { KINDS } from '../../core/assurance.ts';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

const text = z.string().min(1).max(200);
const texts = z.array(text).min(1).max(20);
const localized = z.union([text, z.record(z.string().min(2).max(35), text)]);

/** An issuer identifier (OpenID Connect Core section 2): compared by its characters, so a slash at the end counts. */
const issuer = z
  .string()
  .max(255)
  .refine((value) => {
    const url = URL.parse(value);
    if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') return false;
    return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
  }, 'must be an https address without query, as the provider’s own document says it')
  .refine((value) => !value.includes('{'), 'must name one tenant, by its id');

const row = z
  .strictObject({
    acr: texts.optional(),
    amr: texts.optional(),
    acrs: texts.optional(),
    kinds: z.array(z.enum(KINDS)).min(1),
    phishingResistant: z.boolean().optional(),
    attested: z.boolean().optional(),
  })
  .refine(({ acr, amr, acrs }) => acr !== undefined || amr !== undefined || acrs !== undefined, {
    error: 'names nothing that the provider says: add acr, amr or acrs',
  })
  .refine(({ acrs, amr }) => acrs === undefined || amr?.includes('mfa') === true, {
    error: 'counts acrs alone: it is also issued where nothing was shown, so add amr: [mfa]',
  });

/** How a provider is asked for more than who it is. */
const asking = z
  .strictObject({
    acrValues: texts.optional().describe('Parameter acr_values'),
    essentialAcr: texts.optional().describe('The claim acr, essential, with these values'),
    acrs: texts.optional().describe('The claim acrs, essential, with the first of these'),
  })
  .optional();

export const settings = z.strictObject({
  name: localized.describe('As people know the provider: it stands on the button'),
  issuer: issuer.describe('Its issuer identifier, to the character'),
  clientId: text,
  clientSecret: z.string().min(16).max(512),
  scopes: z.array(text).max(20).default(['profile', 'email']).describe('Beside openid'),
  asks: z
    .strictObject({ twoKinds: asking, resistant: asking })
    .prefault({})
    .describe('How it is asked for two kinds of proof, and for one that can’t be phished'),
  assurance: z
    .array(row)
    .max(50)
    .default([])
    .describe('What counts of what it says was shown; what no line names is one proof of knowledge'),
  requires: z
    .record(text, texts)
    .default({})
    .describe('Claims of which each must have one of these values, as hd or tid'),
});

export type Settings = z.infer<typeof settings>;
