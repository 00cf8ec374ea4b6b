import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isCertificate } from '../../core/certificate.ts';
import { parseDuration } from '../../core/duration.ts';
import { LEVELS } from './mds/levels.ts';

const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const isOne = (text: string): boolean => text.split('-----BEGIN ').length === 2 && isCertificate(text);

const pem = z
  .string()
  .trim()
  .refine(isOne, { error: 'must be one certificate in PEM; a file is named as in other texts' });

const duration = (least: string, most: string, usual: string) =>
  z
    .string()
    .default(usual)
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .refine((value) => value >= (parseDuration(least) ?? 0) && value <= (parseDuration(most) ?? 0), {
      error: `must be a duration between ${least} and ${most}`,
    });

const aaguid = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, {
    error: 'must be an AAGUID such as a25342c0-3cdc-4414-8e46-f4807fca511c',
  });

/** `5.7.0`, as in Yubico's certificate extension: major, minor, patch. */
const firmware = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){2}$/, {
    error: 'must be a version of three numbers, in quotes: "5.7.0"',
  })
  .refine((text) => text.split('.').every((part) => Number(part) < 256), { error: 'has a number above 255' });

/** A FIDO MDS3 blob: where from, and whose signature on it counts. */
export const metadata = z
  .strictObject({
    file: z
      .string()
      .refine(isAbsolute, { error: 'must be an absolute path' })
      .optional()
      .describe('File that holds the blob; read again at each refresh'),
    url: z
      .url({ protocol: /^https$/, error: 'must be an https address' })
      .optional()
      .describe('Where to get it: https://mds3.fidoalliance.org/. With a file as well, that one serves when it fails'),
    root: pem.describe('Root certificate of the signature on the blob, PEM'),
    signer: z
      .string()
      .regex(DOMAIN)
      .default('mds.fidoalliance.org')
      .describe('Name that the signing certificate must be for: its root is also the root of many others'),
    refresh: duration('1h', '20d', '1d').describe('How often it is loaded again'),
    grace: duration('0s', '90d', '30d').describe('How long after its nextUpdate it still counts'),
  })
  .refine(({ file, url }) => file !== undefined || url !== undefined, { error: 'needs a file or a url' });
export type Metadata = z.infer<typeof metadata>;

const trust = z
  .strictObject({
    mds: metadata.optional(),
    roots: z.array(pem).max(100).default([]).describe('Root certificates of models, PEM'),
  })
  .prefault({});

const profile = z
  .strictObject({
    name: z.string().trim().min(1).max(64),
    groups: z.array(z.string().min(1)).min(1).optional().describe('People it is for; by default all'),
    applications: z.array(z.string().min(1)).min(1).optional().describe('Applications it is for; by default all'),
    attestation: z.enum(['required', 'preferred', 'none']).default('none'),
    trust,
    aaguids: z
      .strictObject({
        allow: z.array(aaguid).default([]).describe('Models accepted; none listed: all that are not refused'),
        refuse: z.array(aaguid).default([]),
      })
      .prefault({}),
    minimumLevel: z.enum(LEVELS).optional().describe('Least FIDO certification level, from the MDS'),
    minimumFirmware: z.record(aaguid, firmware).default({}).describe('Least firmware by AAGUID (YubiKeys)'),
    syncedPasskeys: z.enum(['allowed', 'refused']).default('allowed'),
    requestUrl: z
      .url({ protocol: /^https$/ })
      .optional()
      .describe('Where to ask for another model'),
  })
  .superRefine((it, context) => {
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message, input: it });
    const vouched = it.trust.mds !== undefined || it.trust.roots.length > 0;
    if (it.attestation === 'required' && !vouched) fault('attestation', 'trusts nobody: give trust.mds or trust.roots');
    if (it.minimumLevel !== undefined && it.trust.mds === undefined) fault('minimumLevel', 'needs trust.mds');
    if (it.attestation !== 'none') return;
    const claimed = 'needs attestation: required or preferred: what a key only claims to be counts for nothing';
    if (it.minimumLevel !== undefined) fault('minimumLevel', claimed);
    if (Object.keys(it.minimumFirmware).length > 0) fault('minimumFirmware', claimed);
  });
export type Profile = z.infer<typeof profile>;

/** https, or http on this machine, as browsers have it. */
const origin = z.string().refine(
  (text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, origin: same, hostname } = new URL(text);
    return same === text && (protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost'));
  },
  { error: 'must be an origin such as https://login.university.example, without a path' },
);

export const settings = z.strictObject({
  rpId: z
    .string()
    .regex(DOMAIN, { error: 'must be a domain in lower case' })
    .optional()
    .describe("The issuer's host, or a domain above it; credentials are bound to it for good"),
  rpName: z.string().trim().min(1).max(64).optional().describe('Shown by some browsers; by default the name'),
  origins: z
    .array(origin)
    .max(5)
    .default([])
    .describe('Further origins where credentials may be used (related origins); the rpId must publish them'),
  maximum: z.int().min(1).max(10).default(10).describe('Credentials of one account'),
  profiles: z.array(profile).max(50).default([]).describe('All that match a person and an application apply'),
});
export type Settings = z.infer<typeof settings>;
