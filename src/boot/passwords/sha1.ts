import { createHash } from 'node:crypto';

/** As Have I Been Pwned writes it: of UTF-8, upper-case hex. It is a name there, and protects nothing. */
export const sha1Of = (password: string): string => createHash('sha1').update(password).digest('hex').toUpperCase();
