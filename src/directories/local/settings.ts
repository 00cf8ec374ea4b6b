import { z } from 'zod';
import { scimSettings } from './scim/settings.ts';

/**
 * OWASP's equal settings (47104/1, 19456/2, 12288/3, 9216/4, 7168/5) all lie above this product of
 * KiB and passes; less would be cheaper to attack than any of them.
 */
const LEAST_WORK = 35_840;

const hash = z
  .strictObject({
    /** KiB. */
    memory: z.int().min(7168).max(1_048_576).default(19_456),
    passes: z.int().min(1).max(32).default(2),
    parallelism: z.int().min(1).max(16).default(1),
  })
  .refine(({ memory, passes }) => memory * passes >= LEAST_WORK, {
    error: `too weak: memory (KiB) times passes must be at least ${LEAST_WORK}`,
  });

export const settings = z.strictObject({
  /** argon2id, RFC 9106. A rise is applied to each password when its owner signs in. */
  hash: hash.prefault({}),
  /** Hashes at once, each in a thread that comes after everything else. */
  concurrency: z.int().min(1).max(64).default(2),
  /** Hashes waiting; what exceeds this is told to come back. */
  queue: z.int().min(0).max(10_000).default(200),
  /** Milliseconds that one waits; it is told to come back then, too. */
  patience: z.int().min(100).max(60_000).default(5_000),
  scim: scimSettings.optional(),
});
export type Settings = z.infer<typeof settings>;
export type HashSettings = Settings['hash'];
