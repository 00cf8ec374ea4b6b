import type { Command } from '../core/directory.ts';
import { ENCODING } from '../core/encoding.ts';
import type { AccountsTarget } from './account-commands.ts';
import type { AuditTarget } from './audit-commands.ts';
import type { Keyrings } from './keyring.ts';
import type { LinkTarget } from './link-commands.ts';
import type { MethodTarget } from './method-commands.ts';
import type { MigrateTarget } from './migrate/run.ts';
import type { Offer } from './offers.ts';
import type { ReportTarget } from './report-commands.ts';
import type { ResealTarget } from './sealing/command.ts';
import type { WatchTarget } from './watch-commands.ts';

/*
 * The gateway's own commands on data, as the command line shows them: what they do is loaded where it is done.
 */

export const groups = {
  account: 'unlock accounts',
  audit: 'check the audit chains',
  directory: 'see how directories are watched, and answer what that asks',
  keys: 'list and roll over signing keys, and seal anew',
  links: 'see, make and end links to accounts at other houses',
  migrate: 'take over what people used elsewhere, from another product’s export',
  report: 'read what was counted',
  methods: 'see, confirm and remove what people sign in with',
};

export const accountCommands: readonly Command<AccountsTarget>[] = [
  {
    name: 'account unlock',
    summary: 'let a person try again who was locked or stopped after wrong answers',
    arguments: [{ name: '<username>', description: 'user name or mail address' }],
    options: [{ flags: '--reason <text>', description: 'why: for the audit, and for the person' }],
    run: async (...given) => (await import('./account-commands.ts')).unlock(...given),
  },
];

export const auditCommands: readonly Command<AuditTarget>[] = [
  {
    name: 'audit verify',
    summary: 'check the audit chains for altered and missing entries; exit code 0 or 1',
    options: [{ flags: '--node <name>', description: 'whose chain (default: all of them)' }],
    run: async (...given) => (await import('./audit-commands.ts')).verify(...given),
  },
];

const ofKeys = () => import('./key-commands.ts');

export const keyCommands: readonly Command<Keyrings>[] = [
  {
    name: 'keys list',
    summary: 'list the signing keys, tab-separated',
    run: async (keyrings) => (await ofKeys()).list(keyrings),
  },
  {
    name: 'keys rotate',
    summary: 'publish the next signing key, which takes over later',
    arguments: [{ name: '<purpose>', description: 'what it signs: the first column of keys list' }],
    options: [
      { flags: '--algorithm <name>', description: 'of one algorithm (default: of each)' },
      { flags: '--ahead <duration>', description: 'publish it so long before it signs: 30d, 24h; 0s signs at once' },
    ],
    run: async (...given) => (await ofKeys()).rotate(...given),
  },
  {
    name: 'keys retire',
    summary: 'take a key out at once, as when somebody else has it',
    arguments: [{ name: '<id>', description: 'its id, or at least 8 characters of its beginning' }],
    run: async (...given) => (await ofKeys()).retire(...given),
  },
];

export const sealingCommands: readonly Command<ResealTarget>[] = [
  {
    name: 'keys reseal',
    summary: 'seal anew what earlier sealing keys sealed, and say what is left; exit code 0 or 1',
    options: [{ flags: '--dry-run', description: 'count alone' }],
    run: async (...given) => (await import('./sealing/command.ts')).resealAll(...given),
  },
];

const ofMethods = () => import('./method-commands.ts');
const USERNAME = { name: '<username>', description: 'whose, as they type it' };
const ID = { name: '<id>', description: 'the first column of methods list' };

export const methodCommands: readonly Command<MethodTarget>[] = [
  {
    name: 'methods list',
    summary: 'list what a person has set up or was given, tab-separated',
    arguments: [USERNAME],
    run: async (...given) => (await ofMethods()).list(...given),
  },
  {
    name: 'methods confirm',
    summary: 'say that a method which a report suspended is the person’s own; exit code 1 if it isn’t suspended',
    arguments: [USERNAME, ID],
    run: async (...given) => (await ofMethods()).confirm(...given),
  },
  {
    name: 'methods remove',
    summary: 'take a method away, and end what rests on it',
    arguments: [USERNAME, ID],
    run: async (...given) => (await ofMethods()).remove(...given),
  },
];

const ofLinks = () => import('./link-commands.ts');
const HOUSE = { name: '<directory>', description: 'the other house’s name in the configuration' };

export const linkCommands: readonly Command<LinkTarget>[] = [
  {
    name: 'links list',
    summary: 'list the accounts at other houses that open a person’s account, tab-separated',
    arguments: [USERNAME],
    run: async (...given) => (await ofLinks()).list(...given),
  },
  {
    name: 'links add',
    summary: 'let somebody known at another house open a person’s account',
    arguments: [
      USERNAME,
      HOUSE,
      { name: '<subject>', description: 'who, as that house names them for good: sub, oid, or the value of key' },
    ],
    options: [
      {
        flags: '--instead',
        description: 'also where they have an account of their own by it: what is open of that ends',
      },
    ],
    run: async (...given) => (await ofLinks()).add(...given),
  },
  {
    name: 'links remove',
    summary: 'end a link, and what rests on it',
    arguments: [USERNAME, HOUSE],
    run: async (...given) => (await ofLinks()).remove(...given),
  },
];

const ofReports = () => import('./report-commands.ts');
const PERIOD = [
  { flags: '--from <moment>', description: '2027-02-01, or 2027-02-01T08:00:00Z (default: 30 days before the end)' },
  { flags: '--until <moment>', description: 'the first moment that is no part of it (default: now)' },
  { flags: '--csv', description: 'as CSV (default: tab-separated)' },
];

export const reportCommands: readonly Command<ReportTarget>[] = [
  {
    name: 'report sign-ins',
    summary: 'count sign-ins by day or hour (UTC), outcome, method, application and directory',
    options: [
      {
        flags: '--by <columns>',
        description: 'some of hour, day, outcome, method, application, directory; with commas',
      },
      ...PERIOD,
    ],
    run: async (...given) => (await ofReports()).signIns(...given),
  },
  {
    name: 'report messages',
    summary: 'count text messages and mails by day or hour (UTC), channel, outcome, method, sender and country',
    options: [
      {
        flags: '--by <columns>',
        description: 'some of hour, day, channel, outcome, method, sender, country; with commas',
      },
      ...PERIOD,
    ],
    run: async (...given) => (await ofReports()).messages(...given),
  },
];

const ofMigration = () => import('./migrate/commands.ts');
const EXPORT = {
  arguments: [{ name: '[file]', description: 'the export; standard input by default' }],
  options: [
    ENCODING,
    { flags: '--dry-run', description: 'say what would come over and what can’t, and change nothing' },
  ],
};

export const migrateCommands: readonly Command<MigrateTarget>[] = [
  {
    name: 'migrate duo',
    summary: 'take over phones and tokens of people from Duo’s export of users (CSV)',
    ...EXPORT,
    run: async (...given) => (await ofMigration()).duo(...given),
  },
  {
    name: 'migrate entra',
    summary: 'take over phones and tokens of people from exports of Entra (CSV)',
    ...EXPORT,
    run: async (...given) => (await ofMigration()).entra(...given),
  },
  {
    name: 'migrate privacyidea',
    summary: 'take over tokens with their secrets from privacyIDEA (YAML, CSV), or who holds those of its PSKC',
    arguments: EXPORT.arguments,
    options: [...EXPORT.options, { flags: '--realm <name>', description: 'take over people of this realm alone' }],
    run: async (...given) => (await ofMigration()).privacyIdea(...given),
  },
];

const ofWatch = () => import('./watch-commands.ts');

export const watchCommands: readonly Command<WatchTarget>[] = [
  {
    name: 'directory list',
    summary: 'list when each directory was looked at, and what keeps it from being watched; exit code 0 or 1',
    run: async (target) => (await ofWatch()).list(target),
  },
  {
    name: 'directory confirm',
    summary: 'say that far fewer people than before are right: all that those who are missing have is ended',
    arguments: [{ name: '<name>', description: 'the directory’s, as configured' }],
    run: async (...given) => (await ofWatch()).confirm(...given),
  },
];

/** All of them. */
export const commands: readonly Offer[] = [
  ...accountCommands,
  ...auditCommands,
  ...keyCommands,
  ...linkCommands,
  ...methodCommands,
  ...migrateCommands,
  ...reportCommands,
  ...sealingCommands,
  ...watchCommands,
];
