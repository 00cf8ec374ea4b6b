import { z } from 'zod';

/** A host of Duo's; this machine, by http, for whoever tries with a double of Duo. */
const HOST = /^api-[a-z0-9]{4,32}\.duo(security|federal)\.com$/;
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1):\d{1,5}$/;

const key = z.string().regex(/^[A-Za-z0-9]{20}$/, { error: 'must be 20 letters and digits, as Duo shows it' });
const secret = z.string().regex(/^[A-Za-z0-9]{40}$/, { error: 'must be 40 letters and digits, as Duo shows it' });

const accept = z
  .strictObject({
    bypassCodes: z
      .boolean()
      .default(false)
      .describe('Whether a bypass code of Duo’s counts, as something that one was given'),
    rememberedDevices: z
      .boolean()
      .default(false)
      .describe('Whether a browser that Duo remembers counts: a thing one has, shown nobody knows when'),
    others: z
      .array(z.string().min(1).max(60))
      .max(20)
      .default([])
      .describe('Further factors of Duo’s, by its own names, that count as a thing one has'),
  })
  .prefault({})
  .describe('What counts besides what Duo asked for in this very sign-in');

export const settings = z
  .strictObject({
    host: z
      .string()
      .refine((text) => HOST.test(text) || LOOPBACK.test(text), {
        error: 'must be the API hostname that Duo shows, such as api-1b2c3d4e.duosecurity.com',
      })
      .describe('API hostname'),
    web: z
      .strictObject({
        clientId: key.describe('Client ID of the application of type Web SDK'),
        clientSecret: secret.describe('Its client secret'),
      })
      .optional()
      .describe('Universal Prompt, for whoever signs in by a browser'),
    api: z
      .strictObject({
        integrationKey: key.describe('Integration key of the application of type Auth API'),
        secretKey: secret.describe('Its secret key'),
      })
      .optional()
      .describe('Auth API, for doors that have no browser'),
    username: z
      .enum(['username', 'email'])
      .default('username')
      .describe('What Duo knows people by: it has to be written there as it is here'),
    push: z
      .enum(['verified', 'plain'])
      .default('verified')
      .describe('By the Auth API: only a push that asks for a number, or also one that is approved by a touch'),
    accept,
  })
  .refine(({ web, api }) => web !== undefined || api !== undefined, {
    error: 'needs web, api, or both: by neither can anybody be asked',
  });
export type Settings = z.output<typeof settings>;

/** Where both interfaces are. */
export const originOf = ({ host }: Settings): string => (host.startsWith('http:') ? host : `https://${host}`);
