import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModules } from '../src/boot/modules.ts';
import { circles } from './architecture/circles.ts';
import {
  BROKEN,
  EARLY,
  HARMLESS,
  IN_ORDER,
  KEPT,
  LONG,
  NAMED,
  OF_A_ROOM,
  REFUSED,
  ROUND,
  UNNAMED,
} from './architecture/examples.ts';
import { functionFaults, idleFunctions } from './architecture/lengths.ts';
import {
  assertionFaults,
  commentFaults,
  idleExceptions,
  importFaults,
  isTestFile,
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

  it('have one way to end everything of an account', () => {
    const ways = sources.filter(({ path, text }) => !isTestFile(path) && /\b(?:accounts|core)\.endAll\(/.test(text));
    // The second hands the first what ends sessions.
    expect(ways.map(({ path }) => path).sort()).toEqual(['src/boot/app/rooms.ts', 'src/methods/ending.ts']);
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
