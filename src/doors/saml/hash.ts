import { createHash } from 'node:crypto';

/** What is random stands in keys of the store by its hash alone. */
export const hashOf = (value: string): string => createHash('sha256').update(value).digest('base64url');
