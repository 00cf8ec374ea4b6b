import { z } from 'zod';
import type { Application } from '../../core/application.ts';
import { parseDuration } from '../../core/duration.ts';
import type { Trouble } from '../../core/trouble.ts';
import { ATTRIBUTE_NAMES, longestValue } from './attributes.ts';
import { meet, rangeOf, spelled } from './networks.ts';
import { radsecClient, radsecDoor } from './radsec.ts';

/** A duration within bounds; milliseconds. */
function duration(least: string, most: string) {
  const [min = 0, max = 0] = [parseDuration(least), parseDuration(most)];
  const error = `must be a duration between ${least} and ${most}, such as ${least}`;
  return z
    .string({ error })
    .transform((value) => parseDuration(value) ?? Number.NaN)
    .refine((value) => value >= min && value <= max, { error });
}

const range = z.string().refine((value) => rangeOf(value) !== undefined, {
  error: 'must be an address or a range such as 192.0.2.0/24 or 2001:db8::/32, without bits beyond its prefix',
});

/** What is in the table of attributes. */
const attribute = z
  .strictObject({
    name: z.enum(ATTRIBUTE_NAMES).describe('Which attribute, by its name in the dictionaries'),
    value: z.string().min(1).optional().describe('Sent to whoever is in none of the groups'),
    groups: z.record(z.string(), z.string().min(1)).default({}).describe('Value to send by group of the person'),
    several: z
      .enum(['first', 'each', 'joined'])
      .default('first')
      .describe(
        'For a person in several of the groups: the value of the first, an attribute for each, or all joined by ;',
      ),
    prefix: z.string().default('').describe('Written before the value, as OU='),
  })
  .superRefine(({ name, value, groups, several, prefix }, { addIssue }) => {
    const all = [...Object.values(groups), ...(value === undefined ? [] : [value])];
    if (all.length === 0) addIssue({ code: 'custom', message: 'sends nothing: give value, groups or both' });
    const longest = several === 'joined' ? all.join(';') : (all.toSorted((a, b) => b.length - a.length)[0] ?? '');
    if (Buffer.byteLength(prefix + longest) > longestValue(name)) {
      addIssue({
        code: 'custom',
        message: `can have more octets than an attribute holds, which are ${longestValue(name)}`,
      });
    }
  });

/** `applications.<id>.radius`: a concentrator, jump host or switch, or several that are alike. */
export const radiusApplication = z.strictObject({
  clients: z
    .array(range)
    .min(1)
    .max(1_000)
    .describe('Addresses and ranges that its packets come from: over UDP it is known by nothing else'),
  secret: z
    .string()
    .regex(/^[\x21-\x7e]{16,64}$/, {
      error: 'must be 16 to 64 printable characters without spaces: make 32 letters and digits',
    })
    .optional()
    .describe('Shared with it, by a file; 32 random letters and digits. Without it nothing is taken over UDP'),
  radsec: radsecClient.optional().describe('It comes over TLS (RFC 6614), and is known by its certificate as well'),
  requireMessageAuthenticator: z
    .boolean()
    .default(true)
    .describe('Drop requests without Message-Authenticator: anybody on the way could have written them'),
  limitProxyState: z
    .boolean()
    .default(true)
    .describe('Drop requests that have Proxy-State and no Message-Authenticator'),
  userName: z
    .enum(['whole', 'bare'])
    .default('whole')
    .describe('How the User-Name is taken: as it comes, or without DOMAIN\\ and @realm'),
  charset: z
    .enum(['utf-8', 'latin1', 'big5', 'gb18030'])
    .default('utf-8')
    .describe('How names and passwords are written that aren’t UTF-8; with utf-8 they are refused'),
  challenge: z.boolean().default(true).describe('Its people are shown the text of a challenge, and can answer it'),
  oneField: z
    .literal('password,code')
    .optional()
    .describe('The code of the second step comes with the password, behind the last comma'),
  locale: z.string().default('en').describe('Language of the texts that it shows'),
  textLength: z.int().min(40).max(253).default(79).describe('Octets of a challenge’s text that it shows'),
  attributes: z.array(attribute).max(32).default([]).describe('What an Access-Accept says of a person, by group'),
  disconnect: z
    .strictObject({ port: z.int().min(1).max(65_535).default(3799).describe('UDP port there') })
    .optional()
    .describe('It ends a session when it is asked to (RFC 5176), at the address that its accounting comes from'),
  pool: z
    .array(range)
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Addresses that it gives to people and to nobody else: where a rule says so, its second factor counts there',
    ),
  interim: duration('1m', '1h')
    .prefault('10m')
    .describe('How often its accounting tells of a session; sent as Acct-Interim-Interval where there is a pool'),
  sessionTimeout: duration('1m', '30d').optional().describe('Session-Timeout of an Access-Accept, at most'),
});
export type RadiusApplication = z.output<typeof radiusApplication>;

const port = z.int().min(0).max(65_535);

/** `doors.radius`: where it listens. */
export const radiusSettings = z
  .strictObject({
    listen: z
      .strictObject({
        host: z
          .string()
          .min(1)
          .default('127.0.0.1')
          .describe('Address to listen on; :: is every IPv4 and IPv6 address'),
        port: port.default(1812).describe('UDP port for Access-Request and Status-Server'),
        accountingPort: port.default(1813).describe('UDP port for Accounting-Request and Status-Server'),
        radsecPort: port.optional().describe('TCP port for all of them over TLS (RadSec), usually 2083'),
      })
      .prefault({}),
    radsec: radsecDoor.optional().describe('Certificates of the port over TLS'),
    rate: z
      .int()
      .min(10)
      .max(100_000)
      .default(500)
      .describe('Packets of one application that each process looks at in a second'),
  })
  .superRefine(({ listen, radsec }, { addIssue }) => {
    if ((listen.radsecPort === undefined) === (radsec === undefined)) return;
    const path = radsec ? ['listen', 'radsecPort'] : ['radsec'];
    addIssue({ code: 'custom', path, message: 'is needed: the port over TLS has certificates, and they have a port' });
  });
export type RadiusSettings = z.output<typeof radiusSettings>;

export type RadiusClient = Application & { settings: RadiusApplication };
/** One whose packets are taken over UDP. */
export type SecretClient = RadiusClient & { settings: { secret: string } };
export const hasSecret = (client: RadiusClient): client is SecretClient => client.settings.secret !== undefined;

/** Whether nobody on the way can have written what comes from it. */
export const isProtected = (client: RadiusClient): boolean =>
  client.settings.requireMessageAuthenticator || !hasSecret(client);

/** What is allowed, and better otherwise. */
export async function reviewApplications(applications: readonly RadiusClient[]): Promise<Trouble[]> {
  const open = applications.filter(hasSecret).filter(({ settings }) => !settings.requireMessageAuthenticator);
  const reason =
    'its requests are taken without Message-Authenticator, so that anybody on the way can change them; turn requireMessageAuthenticator on once it sends one (the metric counts those without as unprotected-taken)';
  const idle = open.filter(({ settings }) => settings.pool !== undefined);
  const unused =
    'its pool counts for nothing: anybody on the way can write what it sends, without Message-Authenticator';
  return [
    ...open.map(({ id }): Trouble => ({ application: id, state: 'incomplete', about: 'requests', reason })),
    ...idle.map(({ id }): Trouble => ({ application: id, state: 'incomplete', about: 'requests', reason: unused })),
  ];
}

/** What its people come from, once they are connected. */
export const poolsOf = (applications: readonly RadiusClient[]) =>
  applications.flatMap(({ id, settings: { pool } }) => (pool ? [{ application: id, ranges: pool }] : []));

interface Fault {
  application: string;
  path: string;
  message: string;
}

/** An address tells whose it is: of two pools none holds an address of the other's. */
function poolFaults(applications: readonly RadiusClient[]): Fault[] {
  const all = applications.flatMap(({ id, settings: { pool = [] } }) =>
    pool.flatMap((text, at) => {
      const range = rangeOf(text);
      return range === undefined ? [] : [{ id, at, range }];
    }),
  );
  return all.flatMap(({ id, at, range }) => {
    const other = all.find((it) => it.id !== id && meet(it.range, range));
    const message = `overlaps the pool of ${other?.id}: an address must tell whose it is`;
    return other === undefined ? [] : [{ application: id, path: `pool.${at}`, message }];
  });
}

/** What a schema can't see: two that a packet's address can't tell apart, and a client whose packets nothing protects. */
export function checkApplications(applications: readonly RadiusClient[]): Fault[] {
  const owners = new Map<string, string>();
  const ofClients = applications.flatMap(({ id, settings }): Fault[] => {
    const unprotected = !settings.requireMessageAuthenticator && !settings.limitProxyState;
    const message =
      'must be true where requireMessageAuthenticator is false: otherwise answers can be forged (Blast-RADIUS)';
    const faults: Fault[] = unprotected ? [{ application: id, path: 'limitProxyState', message }] : [];
    // Over TLS certificates tell them apart.
    for (const [at, client] of settings.secret === undefined ? [] : settings.clients.entries()) {
      const parsed = rangeOf(client);
      const key = parsed ? spelled(parsed) : client;
      const owner = owners.get(key);
      if (owner !== undefined) {
        const twice = `is ${owner}’s already: a packet’s address must tell whose it is`;
        faults.push({ application: id, path: `clients.${at}`, message: twice });
      }
      owners.set(key, id);
    }
    return faults;
  });
  return [...ofClients, ...poolFaults(applications)];
}
