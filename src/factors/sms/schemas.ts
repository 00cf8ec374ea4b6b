import { z } from 'zod';
import type { Credential } from '../../core/account.ts';

const number = z.string().regex(/^\+[1-9][0-9]{6,14}$/);

/** `used`: id of the last message whose code was accepted. `unproven`: it came from elsewhere, and no code from there did. */
export const credential = z.strictObject({
  number,
  used: z.string().optional(),
  unproven: z.literal(true).optional(),
});
export type Data = z.output<typeof credential>;
export type Enrolled = Credential<Data>;

/** A message that went out; `at`, epoch milliseconds. */
const message = z.strictObject({ id: z.string(), code: z.string(), at: z.int(), country: z.string() });
export type Message = z.output<typeof message>;

const locale = z.string().optional();

/** Between prompt and answer. It holds the code: it must be sealed at rest. `sent` is absent where nothing could be. */
export const pending = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('number'),
    account: z.string(),
    locale,
    /** Numbers and names that the account has already. */
    numbers: z.array(z.string()),
    names: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('enrol'),
    account: z.string(),
    locale,
    number,
    name: z.string(),
    sent: message.optional(),
  }),
  z.strictObject({ kind: z.literal('challenge'), credential: z.string(), number, sent: message.optional() }),
]);
export type Pending = z.output<typeof pending>;
export type Enrolling = Extract<Pending, { kind: 'enrol' }>;
