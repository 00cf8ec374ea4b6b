import { z } from 'zod';
import type { Credential } from '../../core/account.ts';

export const settings = z.strictObject({});
export type Settings = z.infer<typeof settings>;

/** `unused`: hashes of the codes that are left, base64url. */
export const credential = z.strictObject({ salt: z.string(), unused: z.array(z.string()) });
export type Data = z.infer<typeof credential>;
export type Sheet = Credential<Data>;

/** Nothing has to be kept: each code is good once, whichever sign-in it is shown in. */
export const pending = z.strictObject({});
export type Pending = z.infer<typeof pending>;
