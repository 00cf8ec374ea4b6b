import { z } from 'zod';

/** A code that went out; `at`, epoch milliseconds. */
const sent = z.strictObject({ code: z.string(), at: z.int() });
export type Sent = z.output<typeof sent>;

/** Between prompt and answer. It holds the code: it must be sealed at rest. `sent` is absent where nothing could be. */
export const pending = z.strictObject({ account: z.string(), mailbox: z.string(), sent: sent.optional() });
export type Pending = z.output<typeof pending>;
