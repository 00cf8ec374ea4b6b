import { X509Certificate } from 'node:crypto';
import { z } from 'zod';

/** The port is written out: 6379 for servers and 26379 for sentinels are easily mixed up. */
const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:@/[\]]+)):([0-9]{1,5})$/;

const addresses = z
  .array(
    z
      .string()
      .refine((text) => portOf(text) >= 1 && portOf(text) <= 65_535, { error: 'must be host:port (IPv6: [::1]:port)' }),
  )
  .min(1)
  .max(50);

const certificate = z.string().trim().refine(isPem, { error: 'must be a certificate in PEM' });

const tls = z.strictObject({
  ca: certificate
    .optional()
    .describe(`Certificate that signed the servers', PEM, usually \${file:…}; by default the public authorities`),
  serverName: z.string().min(1).max(253).optional().describe("Name in the servers' certificates; by default the host"),
  cert: certificate.optional().describe('Own certificate, where the servers ask for one'),
  key: z.string().trim().min(1).optional().describe('And its key, PEM'),
});

const user = z.string().min(1).max(256);
const password = z.string().min(1).max(1024);

export const settings = z
  .strictObject({
    url: z
      .string()
      .regex(/^(rediss?:\/\/|\/)./, 'must be redis://host:port, rediss://host:port or the path of a Unix socket')
      .refine((text) => text.startsWith('/') || URL.canParse(text), {
        error: 'is no address: special characters of the password must be percent-encoded',
      })
      .optional()
      .describe('redis:// or rediss:// (TLS) address with user, password and database, or the path of a Unix socket.'),
    sentinels: addresses.optional().describe('In the place of url: host:port of each Sentinel.'),
    name: z.string().min(1).max(256).optional().describe('What the Sentinels call the primary.'),
    cluster: addresses.optional().describe('In the place of url: host:port of some nodes of a Redis Cluster.'),
    user: user.optional().describe('ACL user; without it, the one that is called default.'),
    password: password.optional().describe(`Usually \${file:…}`),
    sentinelUser: user.optional().describe('ACL user at the Sentinels, where they ask for one.'),
    sentinelPassword: password.optional().describe(`Usually \${file:…}`),
    database: z.int().min(0).max(100_000).optional().describe('With sentinels; 0 where it is left out.'),
    tls: tls.optional().describe('With sentinels or cluster, {} turns it on; with a url, that is rediss://.'),
    prefix: z
      .string()
      .regex(/^[^{}]*$/, "must not contain braces: they mark a cluster's hash tag")
      .default('sallyport:')
      .describe('Begins every key, so that several installations can share one Redis.'),
    confirmReplicas: z
      .int()
      .min(0)
      .max(20)
      .default(0)
      .describe(
        'At least so many replicas must have an end or a single-use mark before it counts; fewer is a refusal, and where none is left it is recorded in the durable store. With sentinels or a cluster at least 1.',
      ),
  })
  .superRefine((given, context) => {
    for (const [path, message] of faults(given)) context.addIssue({ code: 'custom', path, message });
  });

export type Settings = z.output<typeof settings>;

function* faults(given: Settings): Generator<[string[], string]> {
  const forms = (['url', 'sentinels', 'cluster'] as const).filter((name) => given[name] !== undefined);
  if (forms.length === 0) yield [['url'], 'is missing: give url, sentinels or cluster'];
  for (const more of forms.slice(1)) yield [[more], `is one too many: ${forms[0]} says already where Redis is`];
  const [form] = forms;
  if (form === 'sentinels' && given.name === undefined)
    yield [['name'], 'is missing: what the Sentinels call the primary'];
  for (const name of ['name', 'sentinelUser', 'sentinelPassword', 'database'] as const) {
    if (form !== 'sentinels' && given[name] !== undefined) yield [[name], 'belongs to sentinels'];
  }
  if (given.user !== undefined && given.password === undefined) yield [['password'], 'is missing: user has one'];
  if (given.sentinelUser !== undefined && given.sentinelPassword === undefined) {
    yield [['sentinelPassword'], 'is missing: sentinelUser has one'];
  }
  if ((given.tls?.cert === undefined) !== (given.tls?.key === undefined)) yield [['tls'], 'needs both cert and key'];
  if (given.url === undefined) return;
  if (given.tls !== undefined && !given.url.startsWith('rediss:')) yield [['tls'], 'needs a url that is rediss://'];
  const { username, password: known } = addressOf(given.url);
  if ((username !== '' || known !== '') && (given.user !== undefined || given.password !== undefined)) {
    yield [[given.user === undefined ? 'password' : 'user'], 'is in the url already: give one or the other'];
  }
}

function addressOf(url: string): { username: string; password: string } {
  return URL.parse(url) ?? { username: '', password: '' };
}

function isPem(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}

function portOf(text: string): number {
  return Number(ADDRESS.exec(text)?.[3] ?? 0);
}

export interface Address {
  host: string;
  port: number;
}

/** Of `host:port`, as the settings let it through. */
export function nodeAt(text: string): Address {
  const [, six, name = ''] = ADDRESS.exec(text) ?? [];
  return { host: six ?? name, port: portOf(text) };
}

/** A url alone may have no replica to fail over to; the other two fail over by themselves. */
export function leastReplicas({ url, confirmReplicas }: Settings): number {
  return url === undefined ? Math.max(1, confirmReplicas) : confirmReplicas;
}

/** By whichever user, and of Sentinels or a cluster by whichever of them, if one of those named before still is. */
export function isSameRedis(one: Settings, other: Settings): boolean {
  const same = (name: 'prefix' | 'name' | 'database') => one[name] === other[name];
  if (!same('prefix') || !same('name') || !same('database')) return false;
  if (one.url !== undefined && other.url !== undefined) return placeOf(one.url) === placeOf(other.url);
  const shared = (name: 'sentinels' | 'cluster') => one[name]?.some((address) => other[name]?.includes(address));
  return Boolean(shared('sentinels') ?? shared('cluster'));
}

/** An address without who asks there. A Unix socket has no such part. */
const placeOf = (url: string): string => url.replace(/^(rediss?:\/\/)[^/@]*@/, '$1');
