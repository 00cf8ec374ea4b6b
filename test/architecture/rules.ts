import { posix } from 'node:path';
import type { Import, Source } from './source.ts';

/** Kinds of plug-in: each folder below one is a plug-in, and nobody else names it. */
export const PLUG_INS = ['factors', 'doors', 'directories', 'stores', 'senders'] as const;

/** Rooms that everything above them may use, from the bottom up. */
const FLOORS = ['core', 'policy', 'lockout', 'accounts', 'assurance', 'methods', 'sign-in', 'reports'] as const;
const upTo = (floor: (typeof FLOORS)[number]) => FLOORS.slice(0, FLOORS.indexOf(floor) + 1);

/** Rooms that plug-ins of any kind may share, beside core. One may bear the name of a plug-in that speaks the same protocol. */
const SHARED_ROOMS = ['saml'] as const;
const isShared = (part: string): boolean => (SHARED_ROOMS as readonly string[]).includes(part);

/** What each part may import of ours, besides itself. Absent parts may import everything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  policy: ['core'],
  audit: ['core'],
  notices: ['core'],
  durable: ['core'],
  lockout: upTo('policy'),
  accounts: upTo('policy'),
  assurance: upTo('accounts'),
  methods: upTo('assurance'),
  'sign-in': upTo('methods'),
  reports: upTo('sign-in'),
  reset: upTo('methods'),
  'help-desk': upTo('reports'),
  statistics: upTo('reports'),
  // What is required is for policy to say, and for pages to show.
  web: [...upTo('reports').filter((floor) => floor !== 'policy'), 'notices', 'reset', 'help-desk', 'statistics'],
  ...Object.fromEntries(SHARED_ROOMS.map((room) => [room, ['core']])),
  ...Object.fromEntries(PLUG_INS.map((kind) => [kind, ['core', ...SHARED_ROOMS]])),
};

/** What core takes from others: types, which are gone at run time, and one exception. */
const CORE_TAKES: readonly { from: string; type: boolean; only?: string; why: string }[] = [
  { from: 'zod', type: true, why: 'a plug-in says the shape of its settings by a schema' },
  { from: 'express', type: true, why: 'a door is a request handler, and the core is asked with a request' },
  { from: 'node:http', type: true, why: "the response behind both Express' and oidc-provider's" },
  {
    from: 'node:crypto',
    type: false,
    only: 'src/core/seal.ts',
    why: 'sealing is pure but for the nonce, and every store and journey must do it the same way',
  },
  {
    from: 'node:crypto',
    type: false,
    only: 'src/core/certificate.ts',
    why: 'whether a text is a certificate is asked by settings of every kind of plug-in, and is as pure',
  },
  { from: 'node:crypto', type: true, only: 'src/core/keyring.ts', why: 'a key is parsed once, by whoever keeps it' },
];

const LOADED_BY_DEMO = [
  'demo/relying-party/server.ts',
  'demo/service-provider/prepare.ts',
  'demo/service-provider/server.ts',
].map((from) => ({
  path: 'src/boot/demo.ts',
  from,
  dynamic: true as const,
  why: 'only a demonstration loads it: an installation has neither the folder nor its libraries',
}));

/** Imports that a rule forbids in general, and why they stand. */
const EXCEPTIONS: readonly { path: string; from: string; dynamic?: true; type?: true; why: string }[] = [
  ...LOADED_BY_DEMO,
  { path: 'src/boot/demo.ts', from: 'demo/relying-party/application.ts', type: true, why: 'erased at run time' },
  { path: 'src/boot/demo.ts', from: 'demo/service-provider/prepare.ts', type: true, why: 'erased at run time' },
];

/** The places that import what they find rather than what they name: plug-ins, and what those offer as commands. */
const FINDS_PLUG_INS: readonly string[] = ['src/boot/modules.ts', 'src/boot/offers.ts'];

/** What the command line reads for its help alone: words of core, types, and what is imported when a command is run. */
const OFFERS_COMMANDS = /^src\/(?:(?:directories|doors|factors)\/[^/]+\/commands|boot\/own-commands)\.ts$/;

/** Unit tests, their fixtures and the doubles of a plug-in: none of it runs in production. */
export function isTestFile(path: string): boolean {
  return /\.(?:test|fixtures)\.ts$/.test(path) || path.endsWith('/double.ts') || path.includes('/testing/');
}

/** The part that a file belongs to: `core`, `factors/<id>`; `boot`, `main.ts`, `cli.ts`; undefined outside src. */
function partOf(path: string): string | undefined {
  const [src, part = '', id] = path.split('/');
  if (src !== 'src') return undefined;
  return (PLUG_INS as readonly string[]).includes(part) ? `${part}/${id}` : part;
}

/** Imports that a part may not have. Test files may also use test/, and what they test with; never a sibling plug-in. */
export function importFaults({ path, imports }: Source): string[] {
  const part = partOf(path);
  if (part === undefined) return [];
  return imports.flatMap((taken) => {
    const why = faultOf(path, part, taken);
    return why === undefined ? [] : [`${path}:${taken.line}: ${why}`];
  });
}

/** From which room to which a file of production imports; all plug-ins are one. */
export function roomImports({ path, imports }: Source): { from: string; to: string }[] {
  if (isTestFile(path)) return [];
  const roomOf = (file: string) => {
    const part = partOf(file);
    return part?.includes('/') ? 'plug-ins' : part;
  };
  const from = roomOf(path);
  return imports.flatMap((taken) => {
    const to = taken.from?.startsWith('.') ? roomOf(posix.join(posix.dirname(path), taken.from)) : undefined;
    return from !== undefined && to !== undefined ? [{ from, to }] : [];
  });
}

function faultOf(path: string, part: string, taken: Import): string | undefined {
  const { from } = taken;
  if (OFFERS_COMMANDS.test(path) && !taken.type && !taken.dynamic && !/^[./]+\/core\//.test(from ?? ''))
    return 'loads what its commands need before one is run';
  if (from === undefined) return FINDS_PLUG_INS.includes(path) ? undefined : 'imports what it computes';
  if (!from.startsWith('.')) {
    if (part !== 'core' || isTestFile(path) || coreTakes(path, taken)) return undefined;
    return `core imports ${from}`;
  }
  const target = posix.join(posix.dirname(path), from);
  const there = partOf(target);
  if (EXCEPTIONS.some((it) => it.path === path && it.from === target && (it.dynamic ? taken.dynamic : taken.type))) {
    return undefined;
  }
  if (isTestFile(path) && target.startsWith('test/')) return undefined;
  if (there === undefined) return `imports ${target}, which is outside src`;
  if (isTestFile(target) && !isTestFile(path)) return `imports ${target}, which is for tests`;
  const kind = part.split('/')[0] ?? '';
  const allowed = MAY_IMPORT[kind];
  if (there !== part && allowed !== undefined && !allowed.includes(there)) return `${part} imports ${there}`;
  const inside = isShared(there) && there !== part && target !== `src/${there}/index.ts`;
  return inside && !isTestFile(path) ? `imports ${target} past src/${there}/index.ts` : undefined;
}

function coreTakes(path: string, { from, type }: Import): boolean {
  return CORE_TAKES.some((it) => it.from === from && (type || !it.type) && (it.only === undefined || it.only === path));
}

/** A file that isn't TypeScript: a view, a text, an asset. */
export interface Plain {
  path: string;
  text: string;
}

/** A plug-in, and how its name is looked for outside its folder. */
export interface PlugIn {
  kind: string;
  id: string;
}

/**
 * Ids that are words of other things as well. As names of a plug-in they appear in code as a text or a
 * property (`factors.get('password')`, `config.stores.redis`) or in a path, never in prose: that is looked for.
 * Any other id is looked for everywhere, comments and tests included.
 */
const ORDINARY: Readonly<Record<string, string>> = {
  password: 'what every directory checks, and a field of forms',
  local: 'an English word',
  embedded: 'an English word',
  sqlite: 'the database that two stores and the data lock rest on',
  redis: 'a server, which documentation of the store contract may speak of',
  oidc: 'a protocol, whose words the core shares (acr, amr, auth_time)',
  smtp: 'a protocol, by whose name Active Directory marks mail addresses',
  duo: 'a company, whose exports are read',
  entra: 'a directory of Microsoft’s, whose exports are read and whose habits others have',
  radius: 'of a corner (CSS)',
  push: 'what is done to an array, and the protocol that wakes a phone',
};

/** Where an ordinary id stands for that other thing, by file. */
const OTHER_THINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  password: {
    'src/core/directory.ts': 'what standard input of a command holds',
    'src/core/factor-ports.ts': 'the port to the directory that checks passwords, whoever asks',
    'src/boot/cli/input.ts': 'what standard input of a command holds',
    'src/boot/parts.ts': 'the port to the directory that checks passwords, whoever asks',
    'src/boot/testing/modules.ts': 'what standard input of a command holds',
    'src/web/pages/account/new-password.ts': 'an address of the account’s pages',
    'views/parts/new-secret.eta': 'a type of input field (HTML)',
    'src/web/gallery/account.ts': 'how somebody signed in, as an example',
    'src/web/gallery/journey.ts': 'how somebody signed in, as an example',
    'src/web/gallery/prompts.ts': 'whose texts an example is shown with',
    'src/web/gallery/trust.ts': 'how somebody signed in, as an example',
    'src/boot/log.ts': 'a name under which a secret could find its way into a log',
    'src/audit/audit.test.ts': 'a name under which a secret could find its way into the audit',
    'src/directories/local/commands.ts': 'what standard input of a command holds',
    'src/directories/local/operate.ts': 'what standard input of a command holds, and a column of an import',
    'src/directories/local/import.ts': 'a column of an import',
    'src/stores/postgres/settings.ts': 'what PostgreSQL itself calls it',
    'src/stores/redis/settings.ts': 'what Redis itself calls it',
    'src/directories/local/hasher.ts': 'an argument of the hash',
    'src/directories/local/scim/draft.ts': 'an attribute that others send',
    'src/directories/ldap/domain.ts': 'the service account’s',
    'src/directories/ldap/pool.ts': 'the service account’s',
    'src/directories/ldap/states.ts': 'how a person’s own stands',
    'src/doors/radius/access.ts': 'the field of the prompt kind `secret`, and what the protocol itself calls it',
    'src/doors/radius/fields.ts': 'what a person types, and what the protocol itself calls it',
    'views/assets/page.js': 'a type of input field (HTML)',
    'views/assets/sallyport.css': 'a type of input field (HTML)',
    'views/prompts/secret.eta': 'a type of input field (HTML), and the field of the prompt kind `secret`',
  },
  entra: {
    'src/boot/migrate/commands.ts': 'whose exports are read',
    'src/boot/own-commands.ts': 'whose exports are read',
  },
  duo: {
    'src/boot/migrate/commands.ts': 'whose exports are read',
    'src/boot/own-commands.ts': 'whose exports are read',
  },
  push: {
    'src/factors/duo/asking.ts': 'what Duo calls a request on the phone',
    'src/factors/duo/auth-api.ts': 'what Duo calls a request on the phone',
  },
  sms: {
    'src/core/belief.ts': 'a method of RFC 8176',
    'src/doors/entra/request.ts': 'a value of amr (RFC 8176)',
    'src/doors/entra/testing/entra.ts': 'a value of amr (RFC 8176)',
    'src/factors/duo/index.ts': 'a value of amr (RFC 8176)',
    'src/factors/duo/universal.test.ts': 'a value of amr (RFC 8176)',
    'src/factors/duo/worth.ts': 'a value of amr (RFC 8176)',
  },
  totp: {
    'src/boot/migrate/privacyidea.ts': 'what privacyIDEA calls a kind of token',
    'src/boot/migrate/readers.test.ts': 'what privacyIDEA calls a kind of token',
  },
  smtp: { 'src/directories/ldap/person.ts': 'what Active Directory marks mail addresses by' },
  oidc: { 'src/core/keys.ts': 'the beginning of the keys of sessions' },
};

/** Files outside a plug-in's folder that name it. */
export function nameFaults({ kind, id }: PlugIn, sources: readonly Source[], plain: readonly Plain[]): string[] {
  const own = `src/${kind}/${id}/`;
  const room = isShared(id) ? `src/${id}/` : undefined;
  const known = OTHER_THINGS[id] ?? {};
  const outside = <F extends Plain>(files: readonly F[]): F[] =>
    files.filter(({ path }) => /^(?:src|views)\//.test(path) && !path.startsWith(own) && !Object.hasOwn(known, path));
  const ordinary = Object.hasOwn(ORDINARY, id);
  const word = new RegExp(ordinary ? `["'\`]${id}["'\`]` : `(?<![a-z])${id}(?![a-z])`, 'i');
  const withKind = new RegExp(`(?<![a-z])${kind}[/.]${id}(?![a-z])`, 'i');
  // One of another kind that speaks the same protocol calls itself so.
  const isNamesake = (path: string): boolean => PLUG_INS.some((other) => path.startsWith(`src/${other}/${id}/`));
  const names = ({ path, text }: Plain): boolean => {
    if (isNamesake(path)) return withKind.test(text);
    if (room === undefined) return word.test(text);
    // The room speaks of the protocol all the time: only with its kind is the plug-in meant.
    if (path.startsWith(room)) return withKind.test(text);
    return word.test(withoutRoom(path, text, room));
  };
  const inPlain = outside(plain).filter(names);
  const inSources = outside(sources).filter((source) =>
    // A test may need some factor or store, and takes one by its name.
    ordinary && !isNamesake(source.path) ? !isTestFile(source.path) && namesInCode(source, id) : names(source),
  );
  return [...inPlain, ...inSources].map(({ path }) => `${path} names ${kind}/${id}`);
}

/** A text without the relative paths that lead into a room: whoever imports the room names no plug-in. */
function withoutRoom(path: string, text: string, room: string): string {
  return text.replace(/(["'])(\.{1,2}\/[^"'\n]*)\1/g, (whole, _quote, to: string) =>
    posix.join(posix.dirname(path), to).startsWith(room) ? '' : whole,
  );
}

/** Ids that every array has a method of: as a property they say nothing. */
const ARRAY_METHODS: readonly string[] = ['push'];

/** As a text by itself or as part of a path or key (`factor:totp`), as a property, or in the name of a module. */
function namesInCode({ strings, properties, imports }: Source, id: string): boolean {
  const part = new RegExp(`(?:^|[/:])${id}(?:$|[/:])`, 'i');
  return (
    strings.some(({ text }) => part.test(text)) ||
    (!ARRAY_METHODS.includes(id) && properties.some(({ text }) => text.toLowerCase() === id)) ||
    imports.some(({ from }) => from?.startsWith('.') && part.test(from))
  );
}

/** Files that are given as exceptions and need none any more. */
export function idleExceptions(files: readonly Plain[]): string[] {
  const text = new Map(files.map((file) => [file.path, file.text]));
  return Object.entries(OTHER_THINGS).flatMap(([id, paths]) =>
    Object.keys(paths).filter((path) => !text.get(path)?.toLowerCase().includes(id)),
  );
}

/** In the composition nothing is used, by a closure either, before the line that makes it. */
export function orderFaults({ path, early }: Pick<Source, 'path' | 'early'>): string[] {
  if (!/^src\/(?:boot\/|main\.ts$|cli\.ts$)/.test(path) || isTestFile(path)) return [];
  return early.map(({ name, line }) => `${path}:${line}: uses ${name} before it is made`);
}

/** Lines that a file may have. */
const LONGEST = 400;

/** Files that may be longer, and why. */
const LONGER: Readonly<Record<string, string>> = {};

export function lengthFaults(files: readonly Plain[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1;
    return lines > LONGEST && !Object.hasOwn(LONGER, path) ? [`${path} has ${lines} lines`] : [];
  });
}

/** What stands for work left undone; in capitals, as it is written. */
const LEFT_UNDONE = /\b(?:TODO|FIXME|XXX|HACK)\b/;
/** A suppression, and what must follow: a reason of several words. */
const SUPPRESSION =
  /(?:biome-ignore(?:-all|-start)?\s+[\w/]+|@ts-(?:expect-error|ignore|nocheck)|eslint-disable\S*|(?:v8|c8|istanbul) ignore\S*)(?<rest>.*)/;

/** Work left undone, `any`, and checks switched off without a reason. */
export function commentFaults({ path, text, any }: Pick<Source, 'path' | 'text' | 'any'>): string[] {
  const faults = any.map((line) => `${path}:${line}: any`);
  for (const [at, line] of text.split('\n').entries()) {
    const place = `${path}:${at + 1}`;
    if (LEFT_UNDONE.test(line)) faults.push(`${place}: work left undone`);
    const rest = SUPPRESSION.exec(line)?.groups?.rest;
    if (rest !== undefined && !/\w+\W+\w+/.test(rest)) faults.push(`${place}: a suppression without a reason`);
  }
  return faults;
}

/** A double assertion, and no comment on the line or the one before it. */
export function assertionFaults({ path, text }: Plain): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    if (!/\bas unknown as\b/.test(line)) return [];
    const explained = [line, lines[at - 1] ?? '', lines[at - 2] ?? ''].some((near) => /\/\/|\*\//.test(near));
    return explained ? [] : [`${path}:${at + 1}: as unknown as, without a reason beside it`];
  });
}

/** Places of one machine, and hosts of package registries. */
const ELSEWHERE: readonly [name: string, pattern: RegExp, only?: RegExp][] = [
  ['a folder of one machine', /(?<![\w.-])\/(?:work|home\/\w+|root|Users\/\w+)(?:\/|\b)(?!\s*-)/],
  ['a temporary folder', /(?<![\w.-])\/tmp\/\S/, /\.md$/],
  ['a package registry', /\bregistry\.[\w-]+\.(?:com|dev|io|net|org)\b|\b(?:artifactory|nexus|verdaccio)\b/i],
];

/** Where the project speaks of a machine or a registry instead of itself. */
export function placeFaults({ path, text }: Plain): string[] {
  return text.split('\n').flatMap((line, at) =>
    ELSEWHERE.flatMap(([name, pattern, only]) => {
      if (only && !only.test(path)) return [];
      return pattern.test(line) ? [`${path}:${at + 1}: ${name}`] : [];
    }),
  );
}

/** Languages in which a plug-in with prompts lacks texts, or has others than English has. */
export function textFaults(id: string, texts: ReadonlyMap<string, unknown>, languages: readonly string[]): string[] {
  const keys = (tag: string) => JSON.stringify(keysOf(texts.get(tag)));
  return languages.flatMap((tag) => {
    if (!texts.has(tag)) return [`${id} has no texts in ${tag}`];
    return keys(tag) === keys('en') ? [] : [`${id}: the texts in ${tag} are others than in English`];
  });
}

/** Dotted keys, sorted; plural forms (`days_one`, `days_other`) as one, since languages have different ones. */
function keysOf(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null) return [prefix.replace(/_(?:zero|one|two|few|many|other)$/, '')];
  const keys = Object.entries(value).flatMap(([key, inner]) => keysOf(inner, prefix === '' ? key : `${prefix}.${key}`));
  return [...new Set(keys)].sort();
}
