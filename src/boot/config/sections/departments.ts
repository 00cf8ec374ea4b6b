import { z } from 'zod';
import { duration } from '../fields.ts';

const department = z.strictObject({
  name: z.string().min(1).max(200).describe('Said in the mail and in the audit; unique'),
  groups: z
    .array(z.string().min(1))
    .min(1, { error: 'is empty: name at least one group' })
    .describe('Its people: those in any of these'),
  heads: z
    .array(z.string().min(1).max(256))
    .min(1, { error: 'is empty: name at least one, as they sign in' })
    .max(20)
    .describe('Who gets the list: names that they sign in by'),
  olderThan: duration('1d', '3650d').optional().describe('Age from which a password is listed; absent: as its profile'),
});

export const departments = z
  .array(department)
  .max(1_000)
  .default([])
  .describe('Whose heads get a monthly list, by mail, of colleagues whose password is older than it may be');
