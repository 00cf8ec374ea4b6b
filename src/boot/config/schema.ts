import { z } from 'zod';
import { LEVELS } from '../../core/assurance.ts';
import type { Modules } from '../modules.ts';
import { duration, id, issuer, localized, port, range, timeZone, webAddress } from './fields.ts';
import { api, helpDesk } from './help-desk.ts';
import { MANAGEMENT } from './management-address.ts';
import { anyOf, applicationsOf, optionsOf, storeOf } from './plug-ins.ts';
import { rule, suggestion } from './rule.ts';

const listen = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 is every IPv4 interface'),
    port: port.default(3000),
    tls: z
      .strictObject({
        cert: z.string().min(1).describe('PEM file: certificate and chain'),
        key: z.string().min(1).describe('PEM file: private key'),
      })
      .optional()
      .describe('Serve https here; otherwise a trusted proxy ends TLS'),
  })
  .prefault({})
  .describe('Where people and applications reach the gateway');

const management = z
  .strictObject({
    host: z.string().min(1).default(MANAGEMENT.host),
    port: port.default(MANAGEMENT.port),
    dangerouslyPublic: z
      .boolean()
      .default(false)
      .describe('Allows a host that others can reach. It asks nobody who they are'),
  })
  .prefault({})
  .describe('Health and metrics, for this machine alone');

const lockout = z
  .strictObject({
    // NIST SP 800-63B-4 section 3.2.2: at most 100 consecutive failures.
    failures: z.int().min(1).max(100).default(8).describe('Failures after which an account is locked'),
    duration: duration('1m', '1d').prefault('30m').describe('How long it stays locked'),
    inARow: z.int().min(1).max(100).default(100).describe('Failures in a row after which only a release ends it'),
    perAddress: z
      .strictObject({
        failures: z.int().min(1).max(100_000).default(100).describe('Failures from one address, over all accounts'),
        window: duration('1m', '1d').prefault('10m').describe('How long an address waits after that'),
      })
      .prefault({}),
  })
  .prefault({})
  .describe('Brute force: budgets of failed attempts');

const kibibytes = z.int().min(256).max(16_777_216);

const strangers = z
  .strictObject({
    perAddress: kibibytes.default(4_096).describe('KiB that sign-ins begun from one address may take up at once'),
    total: kibibytes.default(65_536).describe('KiB for all addresses together'),
  })
  .prefault({})
  .describe('What people may have kept before they are known');

const affixes = z.array(z.string().min(1).max(253)).max(20).default([]);

const signInWith = z
  .strictObject({
    names: z
      .array(z.enum(['username', 'email']))
      .min(1, { error: 'is empty: name username, email, or both' })
      .default(['username'])
      .describe('What people may type'),
    domains: affixes.describe('Windows domains that may stand before a user name: DOMAIN\\name'),
    realms: affixes.describe('Realms that may stand after a user name: name@realm'),
    label: localized.optional().describe('What the institution calls it'),
    hint: localized.optional().describe('A sentence below the label'),
  })
  .prefault({})
  .describe('By what people sign in');

const network = z.union(
  [
    z.array(range).min(1),
    z.strictObject({
      ranges: z.array(range).min(1),
      shared: z.boolean().default(false).describe('Shared machines: no browser is remembered here'),
      strangers: kibibytes.optional().describe('In the place of strangers.perAddress, for each address of it'),
    }),
  ],
  { error: 'must be a list of ranges, or { ranges: [ … ], shared: true }' },
);

const sealingKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}=?$/, {
    error: 'must be 32 random bytes in base64url: openssl rand 32 | basenc --base64url',
  })
  .transform((text) => text.slice(0, 43));

const demo = z
  .strictObject({
    accounts: z
      .array(
        z.strictObject({
          username: z.string().min(1).max(256),
          name: z.string().min(1),
          groups: z.array(z.string().min(1)).default([]),
          email: z.email().optional(),
        }),
      )
      .default([])
      .describe('Made at the first start; their generated passwords are printed once'),
    relyingParty: z.strictObject({ port: port.default(3001) }).prefault({}),
    serviceProvider: z.strictObject({ port: port.default(3002) }).prefault({}),
  })
  .optional()
  .describe('Demonstration only: refused unless the issuer is on this machine');

const language = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, { error: 'must be a language tag: en, zh-Hant' });

/**
 * The sections of a configuration, each with its own schema; what plug-ins bring is composed from
 * the modules found. They are checked one by one, so that one fault doesn't hide those of other sections.
 */
export function sectionsOf(modules: Modules) {
  return {
    issuer: issuer.describe('Public origin of the gateway: https://login.example.org'),
    name: localized.describe('What the institution calls this service'),
    listen,
    management,
    trustedProxies: z.array(range).default([]).describe('Whose forwarded headers count'),
    data: z.string().min(1).describe('Folder for what this node keeps, relative to this file'),
    stores: z
      .strictObject({
        durable: storeOf(modules.stores.durable).describe('Accounts, credentials, consent, audit, keys'),
        ephemeral: storeOf(modules.stores.ephemeral).describe('Sessions, codes, remembered devices'),
      })
      .describe('Where data is kept'),
    secrets: z
      .strictObject({
        sealingKey: sealingKey
          .optional()
          .describe(`Encrypts credentials at rest: 32 bytes, base64url. Usually \${file:…}`),
        previousSealingKeys: z
          .array(sealingKey)
          .max(8)
          .default([])
          .describe(
            'Keys that open what they sealed and seal nothing: earlier ones, and the next one while nodes change over',
          ),
      })
      .prefault({})
      .describe('Without a sealing key one is made in the data folder, if all data is kept there'),
    sessions: z
      .strictObject({
        lifetime: duration('5m', '30d').prefault('8h').describe('Absolute life of a single sign-on session'),
        idle: duration('1m', '30d').prefault('1h').describe('It ends after this long without use'),
      })
      .prefault({}),
    trustedDevices: z
      .strictObject({ lifetime: duration('1h', '365d').prefault('30d') })
      .prefault({})
      .describe('How long a remembered browser can stand in for a second factor, at most'),
    directories: optionsOf(modules.directories).describe('Where people come from'),
    factors: optionsOf(modules.factors).describe('Factors that are enabled; others are off'),
    senders: anyOf(modules.senders)
      .prefault({})
      .describe('What carries messages; of several for one kind the first that takes it'),
    doors: optionsOf(modules.doors).describe('Protocols that are served'),
    signInWith,
    lockout,
    passwordPolicy: z
      .strictObject({
        minimum: z.int().min(8).max(64).default(12).describe('Fewest characters of a new password'),
      })
      .prefault({})
      .describe('What people’s new passwords must be, where they choose them here'),
    strangers,
    networks: z.record(id, network).default({}).describe('Named address ranges, for rules'),
    geoip: z
      .strictObject({ database: z.string().min(1).describe('MMDB file of cities or countries, relative to this file') })
      .optional()
      .describe('Says roughly where sign-ins came from, on people’s own pages. Nothing is decided by it'),
    allowedPrivateNetworks: z
      .array(range)
      .default([])
      .describe('Private ranges that back-channel calls may go to; all others are refused'),
    applications: applicationsOf(modules.doors).describe('Who may ask for a sign-in, by id'),
    policy: z
      .strictObject({
        rules: z.array(rule).default([]),
        suggestions: z.array(suggestion).default([]).describe('Enrolments suggested after a sign-in'),
      })
      .prefault({})
      .describe('All rules that match join; where none does, mfa is required'),
    helpDesk,
    api,
    assurance: z
      .strictObject({ acr: z.record(z.string().min(1), z.enum(LEVELS)).default({}) })
      .prefault({})
      .describe('Further acr values and the level that each stands for'),
    timeZone: timeZone
      .optional()
      .describe(
        'Zone of the times in mails, and on pages where no script runs: Asia/Hong_Kong. The server’s own by default',
      ),
    locales: z.array(language).min(1).default(['en', 'zh-Hant', 'zh-Hans']).describe('Languages offered'),
    defaultLocale: language.default('en').describe('Where the browser asks for none of them'),
    support: z
      .strictObject({
        url: webAddress.optional(),
        email: z.email().optional(),
        phone: z.string().min(1).optional(),
        pass: localized.optional().describe('How to get a pass: whom to ask, and what to bring. Line breaks are kept'),
        hours: localized.optional().describe('When somebody is there'),
        address: localized.optional().describe('Where that is'),
      })
      .prefault({})
      .describe('Shown where people need help'),
    log: z
      .strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info') })
      .prefault({}),
    demo,
  };
}

export type Sections = ReturnType<typeof sectionsOf>;
/** What validation makes of the sections; one with faults is absent. */
export type Parsed = { [Key in keyof Sections]: z.output<Sections[Key]> };

/** The configuration as JSON Schema (draft 2020-12), as it is written rather than as it is read. */
export function jsonSchemaOf(modules: Modules): Record<string, unknown> {
  const whole = z.strictObject(sectionsOf(modules)).describe('Configuration of Sallyport');
  return z.toJSONSchema(whole, { io: 'input', unrepresentable: 'any' });
}
