import { FilterParser } from 'ldapts';
import { z } from 'zod';
import { isCertificate } from '../../core/certificate.ts';
import { parseDuration } from '../../core/duration.ts';
import { PRESETS } from './presets.ts';
import { isBelow } from './values.ts';

/** Milliseconds, between bounds. */
function duration(least: number, most: number) {
  return z.string().transform((typed, { addIssue }) => {
    const value = parseDuration(typed);
    if (value !== undefined && value >= least && value <= most) return value;
    addIssue(`must be a duration from ${least / 1000}s to ${most / 1000}s`);
    return z.NEVER;
  });
}

const server = z.string().refine(isServer, { error: 'must be ldaps://host or ldap://host, with a port or without' });

function isServer(typed: string): boolean {
  const url = URL.parse(typed);
  if (url === null || (url.protocol !== 'ldaps:' && url.protocol !== 'ldap:')) return false;
  return url.hostname !== '' && url.username === '' && ['', '/'].includes(url.pathname) && url.search + url.hash === '';
}

const name = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, { error: 'must be the name of an attribute' });
const names = z.array(name).min(1).max(10);
const dn = z.string().min(1).max(1024);

/** RFC 4515. */
const filter = z
  .string()
  .max(4096)
  .refine(isFilter, { error: 'must be a filter as (memberOf=cn=staff,ou=groups,dc=example)' });

function isFilter(typed: string): boolean {
  try {
    FilterParser.parseString(typed);
    return typed.startsWith('(');
  } catch {
    return false;
  }
}

const attributes = z
  .strictObject({
    key: name.optional().describe('Names a person for good, and is never given to another'),
    username: names
      .optional()
      .describe('What people type: the first is what they are called, the others are further names'),
    name: names.optional().describe('The first that there is'),
    givenName: name.optional(),
    familyName: name.optional(),
    email: names.optional().describe('Mail addresses, the first of the first one first'),
    phone: names.optional().describe('The first that begins with +'),
    department: name.optional(),
    locale: name.optional(),
  })
  .prefault({})
  .describe('In the place of the preset’s');

const groups = z
  .strictObject({
    from: z
      .enum(['memberOf', 'members', 'tokenGroups', 'nowhere'])
      .optional()
      .describe('The person’s memberOf; the groups that name the person; Active Directory’s own reckoning; not known'),
    base: dn
      .optional()
      .describe(
        'Where groups are looked for, and none elsewhere; by default the base’s domain for tokenGroups, or else the base',
      ),
    member: name.default('member').describe('Attribute of a group that names people, for members'),
    name: z
      .union([z.literal('dn'), name])
      .optional()
      .describe('What a group is called: this attribute of it, or its whole name'),
    nested: z.boolean().default(true).describe('Groups within groups count as well'),
  })
  .prefault({});

/** A catalog has ports of its own. */
const CATALOG_PORTS: Readonly<Record<string, string>> = { 'ldap:': '3268', 'ldaps:': '3269' };

const catalogServer = server.transform((typed) => {
  const url = new URL(typed);
  if (url.port === '') url.port = CATALOG_PORTS[url.protocol] ?? '';
  return url.href;
});

const globalCatalog = z
  .strictObject({
    servers: z.array(catalogServer).min(1).max(10).describe('Its own; ports 3269 and 3268 where none is given'),
    domains: z
      .array(
        z.strictObject({
          base: dn.describe('People of this domain are below this entry'),
          servers: z.array(server).min(1).max(10).describe('Domain controllers of this domain'),
          bindDn: dn.optional().describe('By default the directory’s'),
          bindPassword: z.string().min(1).max(1024).optional(),
        }),
      )
      .max(50)
      .default([])
      .describe('Further domains of the forest, beside that of base and servers'),
  })
  .describe('Active Directory with several domains: people are found here, and all else is asked at their own domain');
export type Catalog = z.output<typeof globalCatalog>;

export const settings = z
  .strictObject({
    preset: z.enum(PRESETS).describe('What kind of server it is'),
    servers: z.array(server).min(1).max(10).describe('Tried in this order'),
    tls: z
      .enum(['required', 'dangerouslyNone'])
      .default('required')
      .describe('required: ldap:// is upgraded by StartTLS. With dangerouslyNone passwords can be read on the way'),
    ca: z
      .string()
      .trim()
      .refine(isCertificate, { error: 'must be a certificate in PEM' })
      .optional()
      .describe('Certificate that signed theirs, PEM; by default the public authorities'),
    bindDn: dn.describe('Who reads the directory: a service account, as its whole name'),
    bindPassword: z.string().min(1).max(1024).describe(`Usually \${file:…}`),
    base: dn.describe('People are below this entry, and nobody else'),
    globalCatalog: globalCatalog.optional(),
    filter: filter.optional().describe('Further, what they must match: (memberOf=…)'),
    attributes,
    groups,
    emailVerified: z.boolean().optional().describe('Whether the institution makes sure whose mail addresses these are'),
    changePassword: z.boolean().default(true).describe('People may change their passwords here'),
    lockoutThreshold: z
      .int()
      .min(2)
      .max(100)
      .optional()
      .describe('Wrong passwords after which the directory locks an account; by default read from it'),
    lockoutWindow: duration(60_000, 30 * 86_400_000)
      .prefault('30m')
      .describe(
        'How long it counts one, where lockoutThreshold is set, and how long an OpenLDAP or FreeIPA locks by them',
      ),
    connectWithin: duration(100, 30_000).prefault('3s'),
    answerWithin: duration(100, 60_000).prefault('5s'),
    connections: z.int().min(1).max(64).default(4).describe('For searches, at most'),
    passwordChecks: z.int().min(1).max(256).default(16).describe('At once; each has a connection of its own'),
  })
  .refine(
    (given) =>
      given.tls === 'required' ||
      placesOf(given).every(({ servers }) => servers.every((url) => url.startsWith('ldap://'))),
    { path: ['tls'], error: 'dangerouslyNone goes with ldap:// alone' },
  )
  .refine(({ globalCatalog: catalog, preset }) => catalog === undefined || preset === 'active-directory', {
    path: ['globalCatalog'],
    error: 'is for the preset active-directory alone',
  })
  .refine(
    (given) => {
      const bases = domainsOf(given).map(({ base }) => base);
      return bases.every(
        (base, at) => !bases.some((other, index) => index > at && isBelow(base, other) && isBelow(other, base)),
      );
    },
    { path: ['globalCatalog', 'domains'], error: 'names a base twice' },
  );
export type Settings = z.output<typeof settings>;

/** Where to ask, and as whom. */
interface Place {
  base: string;
  servers: string[];
  bindDn: string;
  bindPassword: string;
}

interface Asked extends Place {
  globalCatalog?: { servers: string[]; domains: (Pick<Place, 'base' | 'servers'> & Partial<Place>)[] } | undefined;
}

/** The settings of each domain: the directory's own is the first. */
export function domainsOf<S extends Asked>(settings: S): S[] {
  const further = settings.globalCatalog?.domains ?? [];
  const own = ({
    base,
    servers,
    bindDn = settings.bindDn,
    bindPassword = settings.bindPassword,
  }: (typeof further)[0]) => ({
    ...{ base, servers, bindDn, bindPassword },
  });
  return [settings, ...further.map((it) => ({ ...settings, ...own(it) }))];
}

/** And of its catalog. */
export function placesOf<S extends Asked>(settings: S): S[] {
  const servers = settings.globalCatalog?.servers;
  return [...domainsOf(settings), ...(servers ? [{ ...settings, servers }] : [])];
}
