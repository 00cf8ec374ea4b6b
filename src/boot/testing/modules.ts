import { z } from 'zod';
import type { DirectoryModule } from '../../core/directory.ts';
import type { DoorModule } from '../../core/door.ts';
import { ENCODING } from '../../core/encoding.ts';
import type { FactorModule } from '../../core/factor.ts';
import type { SenderModule } from '../../core/sender.ts';
import type { DurableModule, EphemeralModule } from '../../core/store.ts';
import type { Modules } from '../modules.ts';
import type { Offers } from '../offers.ts';

function unused(): never {
  throw new Error('not for use: these modules only bring schemas');
}

function factor(id: string): FactorModule {
  const settings = z.strictObject({ digits: z.int().min(6).max(8).default(6) }).prefault({});
  return {
    id,
    kinds: ['possession'],
    amr: ['otp'],
    prompts: ['code'],
    settings,
    credential: z.unknown(),
    pending: z.unknown(),
    create: unused,
  };
}

const web: DoorModule<unknown, { redirectUris: string[] }> = {
  id: 'web',
  prompts: ['code'],
  settings: z.strictObject({}).prefault({}),
  application: z.strictObject({
    redirectUris: z.array(z.string()).min(1),
    clientSecret: z.string().min(4).optional(),
    allowCors: z.boolean().default(false),
    attempts: z.int().optional(),
  }),
  check: (applications) =>
    applications
      .filter(({ settings }) => settings.redirectUris.includes('http://evil.example'))
      .map(({ id }) => ({ application: id, path: 'redirectUris', message: 'is evil' })),
  create: unused,
};

const radio: DoorModule = { ...web, id: 'radio', application: z.strictObject({ secret: z.string() }), check: () => [] };

const people: DirectoryModule = {
  id: 'people',
  settings: z.strictObject({ url: z.string().default('here') }),
  create: unused,
  commands: [
    {
      name: 'user add',
      summary: 'add a person',
      arguments: [{ name: '<username>', description: 'who' }],
      options: [{ flags: '--full-name <name>', description: 'full name' }],
      stdin: 'password',
      run: unused,
    },
    {
      name: 'user import',
      summary: 'import people',
      arguments: [{ name: '[file]', description: 'CSV' }],
      options: [ENCODING, { flags: '--pass-phrase-file <file>', description: 'of the file' }],
      run: unused,
    },
  ],
};

/** What the directory offers, as its `commands.ts` would say it. */
export const testOffers: Offers = { commands: people.commands ?? [], groups: { user: 'manage people' } };

const pigeon: SenderModule = {
  id: 'pigeon',
  carries: ['text'],
  settings: z.strictObject({ loft: z.string().default('north') }),
  create: unused,
};

const disk: DurableModule = {
  id: 'disk',
  kind: 'durable',
  settings: z.strictObject({ file: z.string() }),
  open: unused,
};
const cache: EphemeralModule = {
  id: 'cache',
  kind: 'ephemeral',
  settings: z.strictObject({ file: z.string() }),
  open: unused,
};
const remote: EphemeralModule = {
  id: 'remote',
  kind: 'ephemeral',
  settings: z.strictObject({ url: z.string().startsWith('remote://') }),
  open: unused,
};

/** Plug-ins that exist for the tests of the configuration and the command line alone. */
export const testModules: Modules = {
  factors: new Map(
    [
      factor('chip'),
      { ...factor('whistle'), strength: { phishingResistant: true, attested: false } },
      { ...factor('caller'), sends: ['text'] as const },
      { ...factor('whisper'), onlyIfNamed: true as const },
    ].map((module) => [module.id, module]),
  ),
  doors: new Map<string, DoorModule>([
    ['web', web as DoorModule],
    ['radio', radio],
  ]),
  directories: new Map([['people', people]]),
  senders: new Map<string, SenderModule>([
    ['pigeon', pigeon],
    ['board', { ...pigeon, id: 'board', demonstration: true }],
  ]),
  stores: {
    durable: new Map([['disk', disk]]),
    ephemeral: new Map([
      ['cache', cache],
      ['remote', remote],
    ]),
  },
};
