import { z } from 'zod';

/** Where browsers' push services are, as host patterns: `*.` stands for one or more labels. */
const SERVICES = [
  'fcm.googleapis.com',
  'updates.push.services.mozilla.com',
  '*.push.apple.com',
  '*.notify.windows.com',
] as const;

const HOST = /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost)(:\d{1,5})?$/;

const service = z.string().refine((text) => HOST.test(text) || LOOPBACK.test(text), {
  error: 'must be a host as push.example.org or *.push.example.org, or for tests an origin as http://127.0.0.1:4000',
});

/** An origin and nothing more; without TLS on this machine alone. */
const origin = z
  .string()
  .refine((text) => URL.parse(text)?.origin === text && (text.startsWith('https:') || LOOPBACK.test(text)), {
    error: 'must be an origin as https://app.example.org, without a path',
  });

const subject = z.string().refine((text) => /^(mailto:\S+@\S+|https:\/\/\S+)$/.test(text), {
  error: 'must be mailto: and an address, or an https: address',
});

export const settings = z.strictObject({
  subject: subject
    .optional()
    .describe('Whom push services may write to about this sender (RFC 8292): mailto: or https:. By default the issuer'),
  services: z
    .array(service)
    .min(1)
    .max(50)
    .default([...SERVICES])
    .describe('Hosts of push services that messages may go to, by https alone; *. stands for any labels before'),
  app: origin
    .optional()
    .describe(
      "An origin of the app's own, served by this gateway where it is asked by that name; by default <issuer>/authenticator/",
    ),
  wait: z
    .int()
    .min(10)
    .max(300)
    .default(20)
    .describe(
      'Seconds until the next request after one that nobody approved; doubled with each further one, up to an hour',
    ),
});
export type Settings = z.output<typeof settings>;
