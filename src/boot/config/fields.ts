import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { parseDuration } from '../../core/duration.ts';

/** Ids of applications and networks. No two hyphens together: `SALLYPORT_…` names write one as `_`, and `__` ends an id. */
export const ID_PATTERN = /^[a-z0-9]+(-[a-z0-9]+)*$/;

export const id = z
  .string()
  .max(63)
  .regex(ID_PATTERN, { error: 'must be lower-case letters and digits, in words joined by single hyphens' });

const DURATION_FAULT = 'must be a duration such as 90s, 30m, 12h or 30d';

/** A duration such as `90s`, `30m`, `12h`, `30d`, within bounds given the same way; milliseconds. */
export function duration(least: string, most: string) {
  const min = parseDuration(least) ?? 0;
  const max = parseDuration(most) ?? 0;
  return z
    .string({ error: DURATION_FAULT })
    .regex(/^[0-9]{1,9}(ms|s|m|h|d)$/, { error: DURATION_FAULT })
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .refine((value) => value >= min && value <= max, { error: `must be between ${least} and ${most}` });
}

const DATE_FAULT = 'must be a date such as 2027-02-01, or a time with its zone such as 2027-02-01T08:00:00+08:00';

/** An ISO 8601 date, which begins as the institution's days do (`momentIn`), or a date and time with its zone. */
export const date = z.union([z.iso.date(), z.iso.datetime({ offset: true })], { error: DATE_FAULT });

/** An ISO 8601 date (midnight UTC) or a date and time with its zone; epoch milliseconds. */
export const moment = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], { error: DATE_FAULT })
  .transform((text) => Date.parse(text));

/** A zone of the IANA database, as `Asia/Hong_Kong`. */
export const timeZone = z.string().refine(isTimeZone, { error: 'must be a time zone such as Asia/Hong_Kong' });

function isTimeZone(name: string): boolean {
  // An offset is no zone: it doesn't know of summer time.
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** An address range in CIDR notation; a single address stands for itself. */
export const range = z.string().superRefine((text, context) => {
  const fault = rangeFault(text);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, input: text });
});

const RANGE_FAULT = 'must be an address or a range such as 192.0.2.0/24 or 2001:db8::/32';

function rangeFault(text: string): string | undefined {
  const [address = '', prefix] = text.split('/', 2);
  // isIP first: ipaddr.js also reads 127.1 and octal parts, which other software reads otherwise.
  if (isIP(address) === 0 || address.includes('%')) return RANGE_FAULT;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress())
    return 'must be written as an IPv4 address or range';
  if (prefix === undefined) return undefined;
  if (!/^(0|[1-9][0-9]{0,2})$/.test(prefix) || !ipaddr.isValidCIDR(text)) return RANGE_FAULT;
  const family = parsed.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  const network = family.networkAddressFromCIDR(text).toString();
  // 10.1.2.3/8 is more often a slip of the prefix than a way to say 10.0.0.0/8.
  return parsed.toString() === network ? undefined : `has bits beyond its prefix: write ${network}/${prefix}`;
}

/** Plain text, or text by language. */
export const localized = z.union(
  [
    z.string().min(1),
    z
      .record(z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/), z.string().min(1))
      .refine((texts) => Object.keys(texts).length > 0),
  ],
  { error: 'must be text, or texts by language: { en: …, zh-Hant: …, zh-Hans: … }' },
);

export const port = z.int().min(0).max(65_535);

/** Room in a store. */
export const kibibytes = z.int().min(256).max(16_777_216);

export const webAddress = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });

const LOOPBACK_V4 = /^127(\.[0-9]{1,3}){3}$/;

/** Whether a host name or address can only be this machine (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3). */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return name === 'localhost' || name === '::1' || LOOPBACK_V4.test(name);
}

/** The issuer: an origin, https unless it is this very machine (OpenID Connect Discovery section 3). */
export const issuer = z.string().superRefine((text, context) => {
  const fault = issuerFault(text);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, input: text });
});

function issuerFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'must be an address such as https://login.example.org';
  if (url.origin !== text) return `must be an origin alone, with no path and no slash at its end: write ${url.origin}`;
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) return 'must be https: http is for localhost only';
  return undefined;
}
