import { z } from 'zod';
import { isCertificate } from '../../core/certificate.ts';
import { parseDuration } from '../../core/duration.ts';

const certificate = z.string().trim().refine(isCertificate, { error: 'must be a certificate in PEM' });

/** Between 100 milliseconds and 10 minutes; milliseconds. */
const duration = z
  .string()
  .regex(/^[0-9]{1,6}(ms|s|m)$/, { error: 'must be a duration such as 500ms, 5s or 1m' })
  .transform((text) => parseDuration(text) ?? Number.NaN)
  .refine((value) => value >= 100 && value <= 600_000, { error: 'must be between 100ms and 10m' });

const tls = z.strictObject({
  ca: certificate
    .optional()
    .describe(`Certificate that signed the server's, PEM, usually \${file:…}; by default the public authorities`),
  serverName: z.string().min(1).max(253).optional().describe("Name in the server's certificate; by default host"),
  cert: certificate.optional().describe('Own certificate, where the server asks for one'),
  key: z.string().trim().min(1).optional().describe('And its key, PEM'),
  dangerouslyOff: z.boolean().default(false).describe('Passwords and all data can be read on the way'),
});

export const settings = z
  .strictObject({
    url: z
      .string()
      .refine((text) => urlFault(text) === undefined, { error: ({ input }) => urlFault(String(input)) ?? '' })
      .optional()
      .describe(`postgresql://user:password@host:port/database, usually \${file:…}; or one by one:`),
    host: z.string().min(1).max(253).optional().describe('Name, address, or the folder of a Unix socket'),
    port: z.int().min(1).max(65_535).optional(),
    database: z.string().min(1).max(63).optional(),
    user: z.string().min(1).max(63).optional(),
    password: z.string().min(1).max(1024).optional().describe(`Usually \${file:…}`),
    tls: tls.optional().describe('On, and the certificate checked, unless the server is on this machine'),
    pool: z
      .strictObject({ max: z.int().min(2).max(200).default(10).describe('Connections of each node at most') })
      .prefault({}),
    timeouts: z
      .strictObject({
        connect: duration.prefault('3s').describe('For a connection, one of the pool’s included'),
        statement: duration.prefault('5s').describe('For one statement'),
      })
      .prefault({}),
    migrate: z
      .boolean()
      .default(true)
      .describe('false: a node brings no tables up to date at its start; sallyport db migrate does'),
  })
  .superRefine(({ url, host, tls: secured, ...given }, context) => {
    const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const parts = (['port', 'database', 'user', 'password'] as const).filter((name) => given[name] !== undefined);
    if (url === undefined && host === undefined) fault(['url'], 'is missing: give url, or host and database');
    if (url !== undefined && (host !== undefined || parts.length > 0)) {
      fault([host === undefined ? (parts[0] ?? '') : 'host'], 'is in the url already: give one or the other');
    }
    if ((secured?.cert === undefined) !== (secured?.key === undefined)) fault(['tls'], 'needs both cert and key');
    if (url === undefined && host !== undefined && given.database === undefined) fault(['database'], 'is missing');
  });

export type Settings = z.output<typeof settings>;

/** Where the server is, and as whom. */
export interface Address {
  host: string;
  port: number;
  database: string;
  user?: string;
  password?: string;
}

const PORT = 5432;

/** What is wrong with an address. Parameters are refused: what other clients read there is a setting here. */
function urlFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '') {
    return 'must be postgresql://user:password@host:port/database, with special characters percent-encoded';
  }
  if (url.search !== '' || url.hash !== '') return 'takes no parameters: TLS and the rest are settings beside it';
  const [, database = '', ...more] = url.pathname.split('/');
  if (database === '' || more.length > 0) return 'must end in the name of the database';
  try {
    for (const part of [url.username, url.password, database]) decodeURIComponent(part);
  } catch {
    return 'has a % that encodes nothing: write it as %25';
  }
  return undefined;
}

export function addressOf(given: Settings): Address {
  if (given.url === undefined) {
    const { host = '', port = PORT, database = '', user, password } = given;
    return { host, port, database, ...(user ? { user } : {}), ...(password ? { password } : {}) };
  }
  const url = new URL(given.url);
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? PORT : Number(url.port),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
  };
}

/** By whichever user, over whichever connections. A server's other name may be another server. */
export function isSameDatabase(one: Settings, other: Settings): boolean {
  const [a, b] = [addressOf(one), addressOf(other)];
  return a.host === b.host && a.port === b.port && a.database === b.database;
}

/** Whether it can only be this machine: a socket, or loopback (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3). */
export function isHere(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(host);
}
