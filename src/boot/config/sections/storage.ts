import { z } from 'zod';
import type { Modules } from '../../modules.ts';
import { storeOf } from '../plug-ins.ts';

const sealingKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}=?$/, {
    error: 'must be 32 random bytes in base64url: openssl rand 32 | basenc --base64url',
  })
  .transform((text) => text.slice(0, 43));

const secrets = z
  .strictObject({
    sealingKey: sealingKey.optional().describe(`Encrypts credentials at rest: 32 bytes, base64url. Usually \${file:…}`),
    previousSealingKeys: z
      .array(sealingKey)
      .max(8)
      .default([])
      .describe(
        'Keys that open what they sealed and seal nothing: earlier ones, and the next one while nodes change over',
      ),
  })
  .prefault({})
  .describe('Without a sealing key one is made in the data folder, if all data is kept there');

/** Where data is kept, and what seals it. */
export function storageOf(found: Modules['stores']) {
  return {
    data: z.string().min(1).describe('Folder for what this node keeps, relative to this file'),
    stores: z
      .strictObject({
        durable: storeOf(found.durable).describe('Accounts, credentials, consent, audit, keys'),
        ephemeral: storeOf(found.ephemeral).describe('Sessions, codes, remembered devices'),
      })
      .describe('Where data is kept'),
    secrets,
  };
}
