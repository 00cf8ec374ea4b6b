import { z } from 'zod';

/** Text that an administrator enters: composed, trimmed, not empty, bounded in UTF-16 code units, without `forbidden`. */
export function text(most: number, forbidden: RegExp, what: string) {
  return z
    .string()
    .transform((typed) => typed.normalize('NFC').replace(/\r\n?/g, '\n').trim())
    .refine((it) => it !== '', { error: `${what} is empty` })
    .refine((it) => it.length <= most, { error: `${what} is longer than ${most} characters` })
    .refine((it) => !forbidden.test(it), { error: `${what} contains characters that it may not` });
}
