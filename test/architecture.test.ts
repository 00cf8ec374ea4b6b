import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModules } from '../src/boot/modules.ts';
import { circles } from './architecture/circles.ts';
import { functionFaults, idleFunctions } from './architecture/lengths.ts';
import {
  assertionFaults,
  commentFaults,
  idleExceptions,
  importFaults,
  lengthFaults,
  nameFaults,
  orderFaults,
  PLUG_INS,
  type Plain,
  type PlugIn,
  placeFaults,
  roomImports,
  textFaults,
} from './architecture/rules.ts';
import { readSources, type Source } from './architecture/source.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const LANGUAGES = readdirSync(join(root, 'views/locales')).map((name) => name.replace(/\.json$/, ''));

/** Where the rules themselves are written down, with examples of what breaks them. */
const isOfTheRules = ({ path }: Plain) => path.startsWith('test/architecture');

const BROKEN = [
  ['core, of the journey', 'src/core/a.ts', "export { b } from '../sign-in/b.ts'"],
  ['core, of a package', 'src/core/a.ts', "import { z } from 'zod'"],
  ['core, of types in a form that stays at run time', 'src/core/a.ts', "import { type z } from 'zod'"],
  ['core, of node:crypto but in seal.ts', 'src/core/a.ts', "import { hash } from 'node:crypto'"],
  ['core, in a type', 'src/core/a.ts', "export type A = import('../web/b.ts').B"],
  ['policy, of the journey', 'src/policy/a.ts', "import type { B } from '../sign-in/b.ts'"],
  ['a factor, of its sibling', 'src/factors/one/a.ts', "import b from '../two/b.ts'"],
  ['a factor, of a directory', 'src/factors/one/a.ts', "import b from '../../directories/two/b.ts'"],
  ['a door, of the journey', 'src/doors/one/a.ts', "const b = await import('../../sign-in/b.ts')"],
  ['a store, of the durable layer', 'src/stores/one/a.ts', "import '../../durable/b.ts'"],
  ['the durable layer, of policy', 'src/durable/a.ts', "import b from '../policy/b.ts'"],
  ['the journey, of pages', 'src/sign-in/a.ts', "export * from '../web/b.ts'"],
  ['the audit, of policy', 'src/audit/a.ts', "import b from '../policy/b.ts'"],
  ['the lock-out, of accounts', 'src/lockout/a.ts', "import type { B } from '../accounts/b.ts'"],
  ['assurance, of methods', 'src/assurance/a.ts', "import type { B } from '../methods/b.ts'"],
  ['the journey, of reports', 'src/sign-in/a.ts', "import { b } from '../reports/b.ts'"],
  ['the help desk, of statistics', 'src/help-desk/a.ts', "import { b } from '../statistics/b.ts'"],
  ['pages, of policy', 'src/web/a.ts', "import b from '../policy/b.ts'"],
  ['pages, of a plug-in', 'src/web/pages/a.ts', "import b from '../../factors/one/b.ts'"],
  ['src, of tests', 'src/boot/a.ts', "import b from '../../test/support/b.ts'"],
  ['src, of the demo', 'src/boot/a.ts', "import b from '../../demo/b.ts'"],
  ['src, of a test file', 'src/boot/a.ts', "import b from './testing/b.ts'"],
  ['a test of a factor, of its sibling', 'src/factors/one/a.test.ts', "import b from '../two/double.ts'"],
  ['the SAML room, of a door', 'src/saml/a.ts', "import b from '../doors/saml/b.ts'"],
  ['the SAML room, of the journey', 'src/saml/metadata/a.ts', "import type { B } from '../../sign-in/b.ts'"],
  ['a door, of the inside of the SAML room', 'src/doors/one/a.ts', "import b from '../../saml/gate/b.ts'"],
  ['core, of the SAML room', 'src/core/a.ts', "import type { B } from '../saml/b.ts'"],
  ['the journey, of the SAML room', 'src/sign-in/a.ts', "import b from '../saml/b.ts'"],
  ['what a command needs, before it is run', 'src/factors/one/commands.ts', "import { run } from './run.ts'"],
  ['what is computed', 'src/boot/a.ts', 'const b = (name: string) => import(name)'],
] as const;

const EARLY = [
  [
    'a closure names what is made after it',
    'export function f() { const a = () => b; const b = 1; return a() + b; }',
    'b',
  ],
  [
    'it is handed on as a property',
    'export const f = (o: object) => { const a = { get: () => ({ b }) }; const b = o; return [a, b]; }',
    'b',
  ],
  ['it is taken apart later', 'export function f(o: { b: 1 }) { const a = () => b; const { b } = o; return a; }', 'b'],
  ['it is declared by let', 'export function f() { const a = () => b; let b = 1; b += 1; return a; }', 'b'],
] as const;

const IN_ORDER = [
  'export function f() { const b = 1; const a = () => b; return a; }',
  'export function f() { return g(); function g() { return 1; } }',
  'export function f(b: number) { const a = () => { const b = 2; return b; }; return a() + b; }',
  'export function f(o: { b: 1 }) { const a = o.b; const b = a; return { b }; }',
  'export function f() { const a = (b: number) => b; const b = 1; return a(b); }',
  'export const f = () => LATER; const LATER = 1;',
] as const;

const KEPT = [
  ['src/core/a.ts', "import type { z } from 'zod'"],
  ['src/core/seal.ts', "import { hash } from 'node:crypto'"],
  ['src/factors/one/a.ts', "import './b.ts'; import { c } from '../../core/c.ts'; import { d } from 'a-package'"],
  ['src/factors/one/a.test.ts', "import b from '../../../test/support/b.ts'; import './double.ts'"],
  ['src/factors/one/commands.ts', "import type { A } from './a.ts'; const run = () => import('./run.ts')"],
  ['src/factors/one/a.ts', "import b from '../../saml/index.ts'"],
  ['src/directories/one/a.test.ts', "import b from '../../saml/testing/b.ts'"],
  [
    'src/saml/gate/a.ts',
    "import b from '../../core/b.ts'; import { c } from '../xml/c.ts'; import { d } from 'a-package'",
  ],
  ['src/boot/a.ts', "import b from '../factors/one/b.ts'; // import c from '../../test/c.ts'"],
  ['src/web/a.ts', 'const text = "import b from \'../policy/b.ts\'"'],
] as const;

/** Folders of files, and which of them go round in a circle. */
const ROUND = [
  ['two', { 'a.ts': "import { b } from './b.ts'", 'b.ts': "export * from './a.ts'" }, ['a.ts <-> b.ts']],
  [
    'two, of types alone',
    { 'a.ts': "import type { B } from './b.ts'", 'b.ts': "type A = import('./a.ts').A" },
    ['a.ts <-> b.ts'],
  ],
  [
    'two, one of them when it is needed',
    { 'a.ts': "const b = () => import('./b.ts')", 'b.ts': "import './a.ts'" },
    ['a.ts <-> b.ts'],
  ],
  [
    'three, from two folders',
    {
      'a.ts': "import type { B } from './in/b.ts'",
      'in/b.ts': "import './c.ts'",
      'in/c.ts': "import { type A } from '../a.ts'",
      'd.ts': "import './a.ts'",
    },
    ['a.ts <-> in/b.ts <-> in/c.ts'],
  ],
  ['one', { 'a.ts': "export * from './a.ts'" }, ['a.ts <-> a.ts']],
  [
    'none, by two ways to one file',
    {
      'a.ts': "import './b.ts'; import './c.ts'",
      'b.ts': "import './d.ts'",
      'c.ts': "import './d.ts'",
      'd.ts': "import 'a'",
    },
    [],
  ],
] as const;

const NAMED = [
  ['factors', 'whistle', 'src/boot/a.ts', '// Whistle first.'],
  ['factors', 'whistle', 'src/boot/a.ts', 'export const whistle_first = 1'],
  ['factors', 'whistle', 'src/boot/a.test.ts', "export const some = 'whistle'"],
  ['factors', 'whistle', 'src/factors/chip/a.ts', 'export const other = "whistle"'],
  ['factors', 'password', 'src/boot/a.ts', "export const first = (all: Map<string, 1>) => all.get('password')"],
  ['factors', 'password', 'src/boot/a.ts', 'export const key = `password`'],
  ['factors', 'password', 'src/boot/a.ts', "export const key = 'factor:password'"],
  ['stores', 'redis', 'src/boot/a.ts', 'export const url = (stores: { redis: string }) => stores.redis'],
  ['doors', 'oidc', 'src/web/a.ts', 'export const door = { oidc: 2 }'],
  ['directories', 'local', 'src/boot/a.ts', "import '../directories/local/index.ts'"],
  ['doors', 'saml', 'src/boot/a.ts', "import '../doors/saml/index.ts'"],
  ['doors', 'saml', 'src/factors/chip/a.ts', "import '../../saml/index.ts'; export const door = 'saml'"],
  ['doors', 'saml', 'src/web/a.ts', '// What SAML calls a session.'],
  ['doors', 'saml', 'src/saml/a.ts', "import '../doors/saml/index.ts'"],
  ['doors', 'saml', 'src/saml/a.ts', '/** As doors.saml has it. */ export const a = 1'],
] as const;

/** Functions, and what is too long about each. */
const LONG = [
  ['too many lines', `function long() {\n${'a();\n'.repeat(59)}}`, ['long has 61 lines of its own, 61 in all']],
  [
    'too many lines, as a method',
    `class A {\n  long() {\n${'a();\n'.repeat(59)}  }\n}`,
    ['long has 61 lines of its own, 61 in all'],
  ],
  ['as many as it may have', `const long = () => {\n${'a();\n'.repeat(58)}};`, []],
  [
    'as many, and a function in it',
    `function long() {\n${'a();\n'.repeat(57)}b(() => {\n${'a();\n'.repeat(58)}});\n}`,
    [],
  ],
  [
    'short lines alone, and too many of them',
    `const long = () => ({\n${'a: () => {\na();\na();\n},\n'.repeat(38)}});`,
    ['long has 40 lines of its own, 154 in all'],
  ],
  [
    'a function without a name',
    `function around() {\n  router.get(() => {\n${'a();\n'.repeat(59)}  });\n}`,
    ['around.get has 61 lines of its own, 61 in all'],
  ],
] as const;

const UNNAMED = '/** A local password of oidc-provider. */ export const local = 1';

/** The room of a protocol, and whoever takes from it, name no plug-in that speaks it as well. */
const OF_A_ROOM = [
  ['src/saml/a.ts', "/** What SAML says. */ export const protocol = 'urn:oasis:names:tc:SAML:2.0:protocol'"],
  ['src/factors/chip/a.ts', "import { a } from '../../saml/index.ts'; export type B = import('../../saml/xml/b.ts').B"],
] as const;

const REFUSED = [
  ['// TODO: later', 'work left undone'],
  ['// a HACK', 'work left undone'],
  ['export const a = (b: unknown) => b as any', 'any'],
  ['export let a: any', 'any'],
  ['// biome-ignore lint/style/useConst:', 'a suppression without a reason'],
  ['// @ts-expect-error', 'a suppression without a reason'],
] as const;

const HARMLESS =
  "// any of them\n// biome-ignore lint/style/useConst: the library writes to it\nexport const a = 'as any'";

let all: Source[];
let sources: Source[];
/** Text files that are tracked, or would be: what the project says. */
let tracked: Plain[];
let views: Plain[];
let examples: Map<string, Source>;

beforeAll(() => {
  all = readSources(root);
  sources = all.filter(({ path }) => path.startsWith('src/'));
  tracked = filesOf(root);
  views = tracked.filter(({ path }) => path.startsWith('views/') || /^src\/.*(?<!\.ts)$/.test(path));
  examples = readExamples([
    ...[...BROKEN, ...NAMED].map((row) => [row.at(-2), row.at(-1)]),
    ...KEPT,
    ...OF_A_ROOM,
    ...ROUND.flatMap(([, files]) => Object.entries(files)),
    ...[
      UNNAMED,
      HARMLESS,
      ...REFUSED.map(([text]) => text),
      ...EARLY.map(([, text]) => text),
      ...IN_ORDER,
      ...LONG.map(([, text]) => text),
    ].map((text) => ['src/boot/a.ts', text]),
  ]);
});

/** All text files but what `.gitignore` names; git itself may not be there. */
function filesOf(folder: string): Plain[] {
  const ignored = readFileSync(join(folder, '.gitignore'), 'utf8').split('\n').filter(Boolean);
  const isOurs = (name: string) => !/^\.git\/?$/.test(name) && !ignored.some((pattern) => matchesGlob(name, pattern));
  const found: Plain[] = [];
  const walk = (path: string): void => {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
      const inside = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (isOurs(`${entry.name}/`)) walk(inside);
      } else if (entry.isFile() && isOurs(entry.name) && !/\.(?:png|ico|woff2)$/.test(entry.name)) {
        found.push({ path: inside, text: readFileSync(join(folder, inside), 'utf8') });
      }
    }
  };
  walk('');
  return found;
}

/** Each file by itself, as the parser reads it, but all in one project: the compiler takes its time to start. */
function readExamples(files: readonly (readonly (string | undefined)[])[]): Map<string, Source> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  try {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ include: ['**/*.ts'] }));
    for (const [at, [path = '', text = '']] of files.entries()) {
      mkdirSync(dirname(join(folder, String(at), path)), { recursive: true });
      writeFileSync(join(folder, String(at), path), text);
    }
    const read = readSources(folder).map((source) => {
      const [, path = ''] = /^\d+\/(.*)$/.exec(source.path) ?? [];
      return [`${path}\n${source.text}`, { ...source, path }] as const;
    });
    return new Map(read);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function example(path: string, text: string): Source {
  const found = examples.get(`${path}\n${text}`);
  if (found === undefined) throw new Error(`no example ${path}: ${text}`);
  return found;
}

function plugIns(): PlugIn[] {
  return PLUG_INS.flatMap((kind) => {
    const folder = join(root, 'src', kind);
    if (!existsSync(folder)) return [];
    const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return entries.map(({ name }) => ({ kind, id: name }));
  });
}

describe('who may import whom', () => {
  it('is kept by every file', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(400);
    expect(sources.flatMap(importFaults)).toEqual([]);
  });

  it.each(BROKEN)('is broken by %s', (_case, path, text) => {
    expect(importFaults(example(path, text))).toEqual([expect.stringContaining(`${path}:1: `)]);
  });

  it.each(KEPT)('is kept by %s: %s', (path, text) => {
    expect(importFaults(example(path, text))).toEqual([]);
  });
});

describe('files that import each other', () => {
  it('are nowhere in src, in whatever form', () => {
    expect(circles(sources)).toEqual([]);
  });

  it.each(ROUND)('are found: %s', (_case, files, found) => {
    expect(circles(Object.entries(files).map(([path, text]) => example(path, text)))).toEqual(found);
  });
});

describe('the picture of what imports what', () => {
  const drawn = [...readFileSync(join(root, 'docs/architecture.md'), 'utf8').matchAll(/^ {2}([\w-]+) --> ([\w-]+)$/gm)];
  const below = Map.groupBy(drawn, ([, from = '']) => from);
  const reach = (from: string): string[] => (below.get(from) ?? []).flatMap(([, , to = '']) => [to, ...reach(to)]);

  it('leads from each room to whatever it takes', () => {
    expect(drawn.length).toBeGreaterThan(15);
    const taken = sources.flatMap(roomImports).filter(({ from }) => !['main.ts', 'cli.ts'].includes(from));
    expect(taken.length).toBeGreaterThan(100);
    const missing = taken.filter(({ from, to }) => from !== to && !reach(from).includes(to));
    expect([...new Set(missing.map(({ from, to }) => `${from} --> ${to}`))]).toEqual([]);
  });

  it('and draws no arrow that no file goes along', () => {
    const gone = new Set(sources.flatMap(roomImports).map(({ from, to }) => `${from} --> ${to}`));
    // Plug-ins are found, and not imported.
    const idle = drawn.map(([line]) => line.trim()).filter((line) => !gone.has(line) && line !== 'boot --> plug-ins');
    expect(idle).toEqual([]);
  });
});

describe('a room', () => {
  it('begins with what it is, needs and gives', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const rooms = folders
      .map(({ name }) => name)
      .filter((name) => name !== 'boot' && !PLUG_INS.some((kind) => kind === name));
    expect(rooms).toEqual(
      expect.arrayContaining(['core', 'policy', 'lockout', 'assurance', 'methods', 'sign-in', 'saml']),
    );
    const heads = rooms.map((name) => [name, sources.find(({ path }) => path === `src/${name}/index.ts`)?.text ?? '']);
    expect(heads.filter(([, text]) => !/^\/\*\*\n \* [\s\S]{40,}?\bneeds\b[\s\S]*?\*\/\n/.test(text ?? ''))).toEqual(
      [],
    );
  });
});

describe('the composition', () => {
  it('reads from top to bottom', () => {
    expect(sources.flatMap(orderFaults)).toEqual([]);
  });

  it.each(EARLY)('does not, where %s', (_case, text, name) => {
    expect(orderFaults(example('src/boot/a.ts', text))).toEqual([`src/boot/a.ts:1: uses ${name} before it is made`]);
  });

  it.each(IN_ORDER)('does so in: %s', (text) => {
    expect(orderFaults(example('src/boot/a.ts', text))).toEqual([]);
  });
});

describe('a plug-in is one folder', () => {
  it('of which no other file of src or views knows the name', () => {
    const found = plugIns();
    expect(found.map(({ kind, id }) => `${kind}/${id}`)).toEqual(
      expect.arrayContaining(['factors/password', 'doors/oidc', 'directories/local', 'stores/redis']),
    );
    expect(found.flatMap((plugIn) => nameFaults(plugIn, sources, views))).toEqual([]);
  });

  it('and whatever is excepted from that still has a reason', () => {
    expect(idleExceptions(tracked)).toEqual([]);
    expect(idleExceptions(tracked.filter(({ path }) => path !== 'src/boot/log.ts'))).toEqual(['src/boot/log.ts']);
  });

  it.each(NAMED)('%s/%s is named by %s: %s', (kind, id, path, text) => {
    expect(nameFaults({ kind, id }, [example(path, text)], [])).toEqual([`${path} names ${kind}/${id}`]);
  });

  it('and is not named by words that mean something else', () => {
    const made = [example('src/boot/a.ts', UNNAMED)];
    expect(['password', 'local', 'oidc'].flatMap((id) => nameFaults({ kind: 'factors', id }, made, []))).toEqual([]);
  });

  it.each(OF_A_ROOM)('nor where a shared room of its name is meant: %s: %s', (path, text) => {
    expect(nameFaults({ kind: 'doors', id: 'saml' }, [example(path, text)], [])).toEqual([]);
  });

  it('nor by a view', () => {
    const view = { path: 'views/pages/a.eta', text: "<% if (it.factor === 'password') %>" };
    expect(nameFaults({ kind: 'factors', id: 'password' }, [], [view])).toHaveLength(1);
    const text = '{ "x": "Your Whistle" }';
    expect(nameFaults({ kind: 'factors', id: 'whistle' }, [], [{ ...view, text }])).toHaveLength(1);
  });
});

describe('texts', () => {
  function textsOf(folder: string): Map<string, unknown> {
    const files = existsSync(folder) ? readdirSync(folder) : [];
    return new Map(
      files.map((name) => [name.replace(/\.json$/, ''), JSON.parse(readFileSync(join(folder, name), 'utf8'))]),
    );
  }

  it('of every plug-in that prompts, and of the views, are there in every language', async () => {
    const { factors } = await loadModules();
    expect(LANGUAGES.toSorted()).toEqual(['en', 'zh-Hans', 'zh-Hant']);
    const faults = [...factors.values()]
      .filter(({ prompts }) => prompts.length > 0)
      .flatMap(({ id }) => textFaults(id, textsOf(join(root, 'src/factors', id, 'locales')), LANGUAGES));
    faults.push(...textFaults('views', textsOf(join(root, 'views/locales')), LANGUAGES));
    expect(faults).toEqual([]);
  });

  it('are missed where there are none, or fewer', () => {
    const texts = new Map<string, unknown>([
      ['en', { title: 'a', days_one: 'b', days_other: 'c' }],
      ['zh-Hans', { title: 'a' }],
      ['fr', { title: 'a', days_many: 'b' }],
    ]);
    expect(textFaults('chip', texts, ['en', 'fr', 'zh-Hans', 'zh-Hant'])).toEqual([
      'chip: the texts in zh-Hans are others than in English',
      'chip has no texts in zh-Hant',
    ]);
  });
});

describe('files', () => {
  it('of src have at most 400 lines', () => {
    expect(lengthFaults(sources)).toEqual([]);
    expect(lengthFaults([{ path: 'a.ts', text: 'line\n'.repeat(401) }])).toEqual(['a.ts has 401 lines']);
  });

  it('have functions that can be seen at once, but for those that are given with a reason', () => {
    expect(sources.flatMap(({ functions }) => functions).length).toBeGreaterThan(4_000);
    expect(functionFaults(sources)).toEqual([]);
    expect(idleFunctions(sources)).toEqual([]);
  });

  it.each(LONG)('measure a function: with %s', (_case, text, faults) => {
    const made = example('src/boot/a.ts', text);
    const found = functionFaults([made]);
    expect(found.map((fault) => fault.replace(/^[^ ]+ /, ''))).toEqual(faults);
    expect(functionFaults([{ ...made, path: 'src/boot/a.test.ts' }])).toEqual([]);
  });

  it('except a function by its name, as long as it is long', () => {
    const [[, text], , [, short]] = LONG;
    const made = [example('src/boot/a.ts', text)];
    const longer = { 'src/boot/a.ts': { long: 'a list' } };
    expect(functionFaults(made, longer)).toEqual([]);
    expect(idleFunctions(made, longer)).toEqual([]);
    expect(idleFunctions([example('src/boot/a.ts', short)], longer)).toEqual(['src/boot/a.ts long']);
    expect(functionFaults(made, { 'src/boot/a.ts': { other: 'a list' } })).toHaveLength(1);
  });

  it('read bodies by way of one, which bounds and counts them', () => {
    const parser = /\bexpress\.(?:urlencoded|json|text|raw)\(/;
    const reading = sources.filter(({ path, text }) => parser.test(text) && !/\.test\.ts$|\/testing\//.test(path));
    expect(reading.map(({ path }) => path)).toEqual(['src/web/bodies.ts']);
  });

  it('leave nothing undone, and no check switched off without a reason', () => {
    expect(all.filter((file) => !isOfTheRules(file)).flatMap(commentFaults)).toEqual([]);
    expect(sources.filter(({ path }) => !path.endsWith('.test.ts')).flatMap(assertionFaults)).toEqual([]);
  });

  it.each(REFUSED)('are refused with %s', (text, why) => {
    expect(commentFaults(example('src/boot/a.ts', text))).toEqual([`src/boot/a.ts:1: ${why}`]);
  });

  it('may say "any", and why a check is off', () => {
    expect(commentFaults(example('src/boot/a.ts', HARMLESS))).toEqual([]);
    expect(assertionFaults({ path: 'a.ts', text: 'const a = b as unknown as C;' })).toHaveLength(1);
    expect(assertionFaults({ path: 'a.ts', text: '// untyped there\nconst a = b as unknown as C;' })).toEqual([]);
  });

  it('speak of the project alone', () => {
    const spoken = tracked.filter((file) => file.path !== 'package-lock.json' && !isOfTheRules(file));
    expect(spoken.length).toBeGreaterThan(200);
    expect(spoken.flatMap(placeFaults)).toEqual([]);
  });

  it.each([
    ['a.md', 'see /root/sallyport'],
    ['a.ts', "read('/home/alice/sallyport')"],
    ['a.md', 'cp a /tmp/b'],
    ['.npmrc', 'registry=https://registry.example.org'],
  ])('are refused where %s says %s', (path, text) => {
    expect(placeFaults({ path, text })).toHaveLength(1);
  });
});
