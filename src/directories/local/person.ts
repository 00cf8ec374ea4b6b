import { z } from 'zod';
import type { Person } from '../../core/directory.ts';

/** A person as their record keeps them, JSON. Times are epoch milliseconds. */
export const stored = z.strictObject({
  username: z.string(),
  name: z.string(),
  email: z.string().optional(),
  groups: z.array(z.string()),
  status: z.enum(['active', 'disabled']),
  /** PHC string. */
  passwordHash: z.string().optional(),
  createdAt: z.int(),
  passwordChangedAt: z.int().optional(),
});
export type Stored = z.infer<typeof stored>;

export function personOf(key: string, { username, name, email, groups, status }: Stored): Person {
  return { key, username, name, ...(email !== undefined && { email }), groups, status };
}

const CONTROL = /[\p{C}\p{Zl}\p{Zp}]/u;

function refine(most: number, forbidden: RegExp, what: string) {
  return z
    .string()
    .transform((text) => text.normalize('NFC').trim())
    .refine((text) => text !== '', { error: `${what} is empty` })
    .refine((text) => text.length <= most, { error: `${what} is longer than ${most} characters` })
    .refine((text) => !forbidden.test(text), { error: `${what} contains characters that it may not` });
}

/** What an administrator enters about a person. */
export const details = z.strictObject({
  /** Kept as entered, but for compatibility characters; no white space and nothing invisible. */
  username: z
    .string()
    .transform((text) => text.normalize('NFKC'))
    .pipe(refine(128, /[\p{C}\p{Z}]/u, 'the user name')),
  name: refine(256, CONTROL, 'the name'),
  email: z
    .string()
    .trim()
    .max(254, { error: 'the mail address is longer than 254 characters' })
    .refine((text) => /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(text), { error: 'the mail address has no valid form' })
    .optional(),
  groups: z
    .array(refine(128, /[\p{C}\p{Zl}\p{Zp},;|]/u, 'a group'))
    .max(500, { error: 'more than 500 groups' })
    .transform((groups) => [...new Set(groups)]),
});
export type Details = z.infer<typeof details>;
