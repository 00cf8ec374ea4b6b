import { z } from 'zod';
import { parseDuration } from '../../../core/duration.ts';
import { text } from '../text.ts';

const group = text(128, /[\p{C}\p{Zl}\p{Zp},;|]/u, 'a group');
const groups = z.array(group).min(1, { error: 'is empty: name at least one group' }).max(1000);

const secret = z
  .string()
  .min(32, { error: 'must be at least 32 characters: sallyport config secret' })
  .max(1024)
  .regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII without spaces' });

const client = z.strictObject({
  name: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, {
      error: 'must be lower-case letters and digits, in words joined by single hyphens',
    })
    .describe('Said in the audit; unique. What it added stays its own under this name'),
  secrets: z
    .array(secret)
    .min(1, { error: 'is empty: name one secret, and two while one takes the place of the other' })
    .max(2, { error: 'are more than two: one, and another while it takes its place' })
    .describe('What it shows as a bearer token; from a file'),
  over: z
    .strictObject({
      groups: groups.describe('People in any of these'),
      notGroups: z.array(group).max(1000).default([]).describe('But nobody in any of these'),
    })
    .describe('Whom it sees and changes, beside those whom it added'),
  gives: groups
    .optional()
    .describe('Groups that it sees, and puts people in and takes them out of; by default over.groups'),
});

const per = z
  .string()
  .refine((typed) => parseDuration(typed) !== undefined, { error: 'must be a duration such as 1m' })
  .transform((typed) => parseDuration(typed) ?? Number.NaN)
  .refine((it) => it >= 1000 && it <= 86_400_000, { error: 'must be between 1s and 1d' });

/** Programs that keep people here as they are elsewhere, by SCIM 2.0. */
export const scimSettings = z
  .strictObject({
    path: z
      .string()
      .regex(/^(\/[a-z0-9-]+){1,4}\/v2$/, { error: 'must be a path that ends in /v2, as /scim/v2' })
      .default('/scim/v2')
      .describe('Where it is, at the issuer'),
    clients: z
      .array(client)
      .min(1, { error: 'is empty: name at least one client' })
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, { error: 'have the same name twice' })
      .refine((all) => new Set(all.flatMap(({ secrets }) => secrets)).size === all.flatMap((it) => it.secrets).length, {
        error: 'have the same secret twice',
      })
      .describe('Programs that may call it'),
    budget: z
      .strictObject({
        calls: z.int().min(1).max(1_000_000).default(3000).describe('Calls of one client'),
        per: per.prefault('1m').describe('In how long'),
      })
      .prefault({}),
    leaving: z
      .array(group)
      .max(1000)
      .default([])
      .describe('Groups whose loss ends a person’s sessions, tokens and remembered devices at once'),
  })
  .describe('SCIM 2.0 for other systems that keep people: docs/reference/scim.md');
export type ScimSettings = z.infer<typeof scimSettings>;
