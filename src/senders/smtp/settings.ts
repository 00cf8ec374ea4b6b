import { z } from 'zod';
import { isCertificate } from '../../core/certificate.ts';
import { isAddress } from './address.ts';

const address = z.string().refine(isAddress, { error: 'must be one mail address, without a name' });

export const settings = z
  .strictObject({
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65_535).optional().describe('By default 587, and 465 with implicit TLS'),
    tls: z
      .enum(['starttls', 'implicit', 'dangerouslyNone'])
      .default('starttls')
      .describe('starttls is insisted on; with dangerouslyNone codes and password can be read on the way'),
    ca: z
      .string()
      .trim()
      .refine(isCertificate, { error: 'must be a certificate in PEM' })
      .optional()
      .describe('Certificate that signed theirs, PEM; by default the public authorities'),
    serverName: z.string().min(1).max(253).optional().describe('Name in their certificate; by default host'),
    user: z.string().min(1).max(256).optional().describe('Signs in with a secret'),
    secret: z.string().min(1).max(1024).optional().describe(`Usually \${file:…}`),
    from: z
      .strictObject({
        address: address.describe('Mails come from here, and what can not be delivered goes back there'),
        name: z.string().min(1).max(100).optional().describe('What mail programs show beside it'),
      })
      .describe('Whom mails come from'),
    replyTo: address.optional().describe('Where answers go; by default to from'),
  })
  .refine(({ user, secret }) => (user === undefined) === (secret === undefined), {
    error: 'needs both user and secret, or neither',
  });
export type Settings = z.output<typeof settings>;
