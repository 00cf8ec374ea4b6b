import { z } from 'zod';
import type { Person } from '../../core/directory.ts';
import { profileOf, profileShape } from './profile.ts';
import { text } from './text.ts';

/** What a program did to somebody, until that is in the audit and what ends by it has ended. */
const untold = z.looseObject({
  id: z.string(),
  at: z.int(),
  by: z.string(),
  events: z.array(z.object({ event: z.string() })),
  detail: z.record(z.string(), z.string()),
  revoke: z.boolean(),
  /** The record itself goes then. */
  remove: z.boolean().optional(),
});
export type Untold = z.infer<typeof untold>;

/** A person as their record keeps them, JSON. Times are epoch milliseconds. What a later version adds is kept. */
export const stored = z.looseObject({
  username: z.string(),
  name: z.string(),
  email: z.string().optional(),
  groups: z.array(z.string()),
  status: z.enum(['active', 'disabled']),
  /** An operator switched them off: a program that provisions people doesn't switch them on again. */
  barred: z.boolean().optional(),
  /** PHC string. */
  passwordHash: z.string().optional(),
  createdAt: z.int(),
  passwordChangedAt: z.int().optional(),
  /** Somebody else set it, and it is to be changed at the first sign-in. */
  passwordInitial: z.boolean().optional(),
  /** Those that it may not become again, PHC strings, the last one first. */
  formerHashes: z.array(z.string()).optional(),
  /** When what is said of them changed, but for password and status. */
  updatedAt: z.int().optional(),
  givenName: z.string().optional(),
  familyName: z.string().optional(),
  emailVerified: z.boolean().optional(),
  phone: z.string().optional(),
  phoneVerified: z.boolean().optional(),
  address: z.string().optional(),
  streetAddress: z.string().optional(),
  locality: z.string().optional(),
  region: z.string().optional(),
  postalCode: z.string().optional(),
  country: z.string().optional(),
  department: z.string().optional(),
  locale: z.string().optional(),
  /** The program that added them. */
  addedBy: z.string().optional(),
  /** What programs call them. */
  externalIds: z.array(z.object({ client: z.string(), id: z.string() })).optional(),
  untold: z.array(untold).optional(),
});
export type Stored = z.infer<typeof stored>;

export function personOf(key: string, person: Stored): Person {
  const { username, name, email, groups, status, passwordChangedAt, passwordInitial } = person;
  const profile = profileOf(person);
  const password = passwordInitial ? 'must-change' : undefined;
  return {
    key,
    username,
    name,
    ...(email !== undefined && { email }),
    groups,
    status,
    ...(password !== undefined && { password }),
    ...(passwordChangedAt !== undefined && { passwordChangedAt }),
    ...(Object.keys(profile).length > 0 && { profile }),
  };
}

/** What may be changed of a person; what is named and undefined is cleared. */
export type Change = Partial<
  Omit<Details, 'username'> & Pick<Stored, 'status' | 'barred' | 'passwordHash' | 'passwordInitial'>
>;

/** What isn't said of a person: how they stand, and how their password does. */
const UNSAID = { status: 'active', passwordChangedAt: undefined, passwordInitial: undefined } as const;

/** A person after a change, at `now`; of their former passwords `history` are remembered. */
export function changed(person: Stored, change: Change, now: number, history = 0): Stored {
  const next: Stored = { ...person, ...change };
  // What was verified was the other address, the other number.
  if (next.email !== person.email && change.emailVerified === undefined) next.emailVerified = undefined;
  if (next.phone !== person.phone && change.phoneVerified === undefined) next.phoneVerified = undefined;
  if (change.passwordHash !== undefined) {
    const { passwordHash, formerHashes = [] } = person;
    const former = [...(passwordHash === undefined ? [] : [passwordHash]), ...formerHashes].slice(0, history);
    next.formerHashes = former.length > 0 ? former : undefined;
    next.passwordInitial = change.passwordInitial || undefined;
    next.passwordChangedAt = now;
  }
  const said = (it: Stored) => JSON.stringify(personOf('', { ...it, ...UNSAID }));
  if (said(next) !== said(person)) next.updatedAt = now;
  return next;
}

const CONTROL = /[\p{C}\p{Zl}\p{Zp}]/u;

/** What an administrator enters about a person. */
export const details = z.strictObject({
  /** Kept as entered, but for compatibility characters; no white space and nothing invisible. */
  username: z
    .string()
    .transform((text) => text.normalize('NFKC'))
    .pipe(text(128, /[\p{C}\p{Z}]/u, 'the user name')),
  name: text(256, CONTROL, 'the name'),
  email: z
    .string()
    .trim()
    .max(254, { error: 'the mail address is longer than 254 characters' })
    .refine((text) => /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(text), { error: 'the mail address has no valid form' })
    .optional(),
  groups: z
    .array(text(128, /[\p{C}\p{Zl}\p{Zp},;|]/u, 'a group'))
    .max(500, { error: 'more than 500 groups' })
    .transform((groups) => [...new Set(groups)]),
  ...profileShape,
});
export type Details = z.infer<typeof details>;
