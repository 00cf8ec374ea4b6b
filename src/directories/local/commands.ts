import type { Command, Directory } from '../../core/directory.ts';
import { ENCODING } from '../../core/encoding.ts';

const operate = () => import('./operate.ts');
/** What is kept of a person besides: the fields of `profile.ts`. */
const PROFILE_OPTIONS = [
  { flags: '--given-name <name>', description: 'given name' },
  { flags: '--family-name <name>', description: 'family name' },
  { flags: '--email-verified', description: 'the mail address is known to be theirs' },
  { flags: '--phone <number>', description: 'phone number with its country: +886 2 1234 5678' },
  { flags: '--phone-verified', description: 'the phone number is known to be theirs' },
  { flags: '--address <text>', description: 'postal address, all of it' },
  { flags: '--street-address <text>', description: 'street and number' },
  { flags: '--locality <name>', description: 'town' },
  { flags: '--region <name>', description: 'state or province' },
  { flags: '--postal-code <code>', description: 'postal code' },
  { flags: '--country <name>', description: 'country' },
  { flags: '--department <name>', description: 'department, for reports' },
  { flags: '--locale <tag>', description: 'language: en, zh-Hant' },
];

const KEEP = { flags: '--keep', description: 'the password stays: it needn’t be changed at the first sign-in' };

const USERNAME = [{ name: '<username>', description: 'as the person types it' }];

export const groups = { user: 'manage people, and set their passwords' };

/** Commands on people; `user add` and `user passwd` read the password from the first line of standard input. */
export const commands: readonly Command<Directory>[] = [
  {
    name: 'user add',
    summary: 'add a person; without a password on standard input one is made and shown once',
    arguments: USERNAME,
    options: [
      { flags: '--name <name>', description: 'full name' },
      { flags: '--email <address>', description: 'mail address' },
      { flags: '--groups <a,b>', description: 'groups, separated by commas' },
      ...PROFILE_OPTIONS,
      KEEP,
    ],
    stdin: 'password',
    run: async (...given) => (await operate()).add(...given),
  },
  {
    name: 'user passwd',
    summary: 'set a password and sign the person out everywhere; without one on standard input one is made',
    arguments: USERNAME,
    options: [KEEP],
    stdin: 'password',
    run: async (...given) => (await operate()).passwd(...given),
  },
  {
    name: 'user import',
    summary: 'import people from CSV: username,name,email,groups,password or passwordHash, phone …; all or nothing',
    arguments: [{ name: '[file]', description: 'CSV file with a header; standard input by default' }],
    options: [ENCODING, { flags: '--update', description: 'change people who exist already' }, KEEP],
    run: async (...given) => (await operate()).importPeople(...given),
  },
  {
    name: 'user disable',
    summary: 'keep a person from signing in, and sign them out everywhere',
    arguments: USERNAME,
    run: async (...given) => (await operate()).disable(...given),
  },
  {
    name: 'user enable',
    summary: 'let a disabled person sign in again',
    arguments: USERNAME,
    run: async (...given) => (await operate()).enable(...given),
  },
  {
    name: 'user list',
    summary: 'list people, tab-separated',
    run: async (...given) => (await operate()).list(...given),
  },
];
