import { z } from 'zod';
import { parseDuration } from '../../core/duration.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Milliseconds, written as 90s, 30m, 8h or 30d. */
export const duration = z.string().transform((text, context) => {
  const value = parseDuration(text);
  if (value === undefined || value === 0) {
    context.addIssue({ code: 'custom', message: 'write a duration as 90s, 30m, 8h or 30d' });
    return z.NEVER;
  }
  return value;
});

const pem = z.string().regex(/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, {
  error: `must be one certificate in PEM: name its file as \${file:…}`,
});

export const webUri = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });

/** Entity ids are URIs of at most 1024 characters (saml-metadata section 2.2.1). */
export const entityId = z.string().min(1).max(1024);

const maxValidity = duration
  .default(30 * DAY)
  .describe('The furthest that its validUntil may lie ahead; without one it is refused');

/** Where metadata comes from. Whatever comes over the network is signed by a certificate that is named here. */
export const metadataSource = z.union(
  [
    z.strictObject({
      file: z.string().min(1).describe('A metadata file, relative to this file; read again when it changes'),
      certificate: pem.optional().describe('Its signature is checked with this where given'),
    }),
    z.strictObject({
      url: webUri.describe('Fetched on a schedule; the last good copy is kept'),
      certificate: pem.describe('Whose signature the metadata must bear'),
      refresh: duration.default(6 * HOUR),
      maxValidity,
    }),
    z.strictObject({
      mdq: webUri.describe('Base address of a metadata query server (draft-young-md-query): entities one at a time'),
      certificate: pem.describe('Whose signature each answer must bear'),
      refresh: duration.default(6 * HOUR),
      maxValidity,
    }),
  ],
  { error: 'needs a file, or a url and a certificate, or an mdq address and a certificate' },
);
export type MetadataSource = z.output<typeof metadataSource>;
