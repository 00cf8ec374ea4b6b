import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeKeys } from '../demo/service-provider/keys.ts';
import { metadataOf } from '../demo/service-provider/metadata.ts';
import { createProgram } from '../src/boot/cli/program.ts';
import { loadConfig } from '../src/boot/config.ts';
import { loadModules, type Modules } from '../src/boot/modules.ts';
import { loadOffers } from '../src/boot/offers.ts';
import type { Credential } from '../src/core/account.ts';
import type { CodePrompt } from '../src/core/prompt.ts';
import { ROUTES } from '../src/doors/oidc/routes.ts';
import { issue } from '../src/factors/fido2/testing/certificates.ts';
import { localeFolders } from '../src/web/i18n.ts';
import { isTestFile } from './architecture/rules.ts';
import { factorSuite } from './contracts/factor-suite.ts';
import { selfSigned } from './support/certificate.ts';
import { temporaryFolder } from './support/folders.ts';
import { factorPorts } from './support/outside.ts';
import { ada as account } from './support/people.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

interface Page {
  path: string;
  text: string;
}

function filesBelow(folder: string, ending: string): Page[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(root, folder, name), 'utf8') }));
}

const pages: Page[] = [
  ...readdirSync(root)
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({ path: name, text: readFileSync(join(root, name), 'utf8') })),
  ...filesBelow('docs', '.md'),
];
const sources = filesBelow('src', '.ts').filter(({ path }) => !isTestFile(path));
const page = (path: string): string => pages.find((it) => it.path === path)?.text ?? '';

/** Code blocks of a language, with the indentation of the list that they stand in taken away. */
function blocks(text: string, language: string): string[] {
  const found = text.matchAll(new RegExp(`^( *)\`\`\`${language}\n([\\s\\S]*?)^\\1\`\`\``, 'gm'));
  return [...found].map(([, indent = '', code = '']) => code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
}

/** As the forge makes them of headings: lower case, punctuation gone, spaces to hyphens. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(
    ([, title = '']) => title,
  );
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Links and images that lead nowhere. `exists` and `textOf` take paths from the root. */
function deadLinks({ path, text }: Page, exists = (at: string) => existsSync(join(root, at)), textOf = page): string[] {
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^https?:/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const at = file === '' ? path : join(dirname(path), file);
    if (!exists(at)) return [`${path}: ${target}`];
    return anchor !== undefined && !anchorsOf(textOf(at)).has(anchor) ? [`${path}: ${target}: no such heading`] : [];
  });
}

describe('links', () => {
  it('and images lead somewhere', () => {
    expect(pages.length).toBeGreaterThan(15);
    expect(pages.flatMap((it) => deadLinks(it))).toEqual([]);
  });

  it('that are dead are found', () => {
    const text = '[a](b.md) [c](#d) ![e](f.png) [g](h.md#i) [ok](h.md#the-i-of-it) `[not](one)`\n# Other';
    const there = (at: string) => at === 'docs/h.md' || at === 'docs/a.md';
    const textOf = (at: string) => (at === 'docs/h.md' ? '# The `I` of it' : text);
    expect(deadLinks({ path: 'docs/a.md', text }, there, textOf)).toEqual([
      'docs/a.md: b.md',
      'docs/a.md: #d: no such heading',
      'docs/a.md: f.png',
      'docs/a.md: h.md#i: no such heading',
    ]);
  });

  it('of the index reach every page', () => {
    const index = page('docs/README.md');
    const below = pages.filter(({ path }) => path.startsWith('docs/') && path !== 'docs/README.md');
    expect(below.filter(({ path }) => !index.includes(`(${relative('docs', path)})`)).map(({ path }) => path)).toEqual(
      [],
    );
  });
});

describe('commands', () => {
  /** What follows `sallyport` in code: the words of a command. */
  function commandsIn(text: string): string[] {
    const code = [...text.matchAll(/`([^`\n]+)`/g), ...text.matchAll(/^ *(\S.*)$/gm)].map(([, line = '']) => line);
    return code.flatMap((line) => {
      const found =
        /^(?:\$ )?(?:sallyport|npm run(?: --silent)? sallyport --)(?: (?:-c|--config) \S+)? ([a-z]+)(?: ([a-z][a-z-]*))?/;
      const [, first, second = ''] = found.exec(line) ?? [];
      return first === undefined ? [] : [`${first} ${second}`.trim()];
    });
  }

  function isCommand(words: string, program: Command): boolean {
    const [first, second] = words.split(' ');
    const command = program.commands.find((it) => it.name() === first);
    if (command === undefined) return false;
    return command.commands.length === 0 || command.commands.some((it) => it.name() === second);
  }

  it('that are shown exist', async () => {
    const io = { env: {}, stdin: process.stdin, out: () => undefined, err: () => undefined };
    const unused = async () => {
      throw new Error('no command is run here');
    };
    const program = createProgram(await loadOffers(), { io, show: () => undefined, modules: unused, open: unused });
    const shown = pages.flatMap(({ path, text }) => commandsIn(text).map((words) => ({ path, words })));
    expect(new Set(shown.map(({ words }) => words)).size).toBeGreaterThan(6);
    expect(shown.filter(({ words }) => !isCommand(words, program))).toEqual([]);
    expect(isCommand('user destroy', program)).toBe(false);
    expect(commandsIn('run `sallyport -c FILE user destroy alice`\n$ sallyport config check')).toEqual([
      'user destroy',
      'config check',
    ]);
  });

  it('of npm that are shown are scripts', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const shown = pages.flatMap(({ text }) =>
      [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => name),
    );
    expect(shown.length).toBeGreaterThan(3);
    expect(shown.filter((name) => !Object.hasOwn(scripts, name ?? ''))).toEqual([]);
  });
});

const JOURNALS = { id: 'journals', names: { en: 'Journals' }, asks: '' };

describe('configuration', async () => {
  const application = { name: 'An application', oidc: { redirectUris: ['https://application.example/callback'] } };
  /** Around a fragment: what it leaves out. */
  const BASE = {
    issuer: 'https://login.university.example',
    name: 'Example University',
    trustedProxies: ['10.20.0.10'],
    data: 'data',
    stores: { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } },
    directories: { local: {} },
    factors: { password: {}, totp: {} },
    doors: { oidc: {} },
    networks: { campus: ['192.0.2.0/24'] },
    applications: Object.fromEntries(
      ['library', 'courses', 'payroll', 'records', 'wiki'].map((id) => [id, application]),
    ),
  };
  const SECRET = 'a secret of more than 22 characters';
  const METADATA = metadataOf(JOURNALS, 'https://journals.example', await makeKeys());
  const RADSEC = await selfSigned('radius.university.example');
  /** What files that are named hold; others hold a secret, or a service provider's metadata. */
  const SECRETS: Readonly<Record<string, string>> = {
    'redis-url': 'redis://127.0.0.1:6379',
    'postgres-url': 'postgresql://sallyport:secret@db.example.edu/sallyport',
    'postgres-ca.pem': issue({ ca: true }).certificate.toString(),
    'redis-ca.pem': issue({ ca: true }).certificate.toString(),
    'sealing-key': 'q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnify',
    'sealing-key.next': 'gPH0NfZQpJ4cVx2s7kTt1mYw9bLhE3uRzDq6oWj8aKM',
    'GeoLite2-City.mmdb': '',
    'ldap-ca.pem': issue({ ca: true }).certificate.toString(),
    'yubico-root.pem': issue({ ca: true }).certificate.toString(),
    'globalsign-root.pem': issue({ ca: true }).certificate.toString(),
    'microsoft.xml': METADATA.replace(/entityID="[^"]*"/, 'entityID="urn:federation:MicrosoftOnline"'),
    'service.pem': issue({ ca: true }).certificate.toString(),
    'radsec.pem': RADSEC.cert,
    'radsec.key': RADSEC.key,
    'radsec-clients.pem': RADSEC.cert,
    vpn: 'between0us0and0no0one0else012345',
    'scim-entra': 'a-secret-of-more-than-32-characters-1',
    'scim-okta': 'a-secret-of-more-than-32-characters-2',
    'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'logo-white.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'icon.png': '\x89PNG\r\n\x1a\n        ',
    'duo-web': 'k'.repeat(40),
    'duo-api': 'k'.repeat(40),
    'programs-ca.pem': issue({ ca: true }).certificate.toString(),
    'federation.pem': issue({ ca: true }).certificate.toString(),
  };

  function load(yaml: string, modules: Modules) {
    const folder = temporaryFolder();
    const named = [...yaml.matchAll(/\/(?:run\/secrets|etc\/sallyport)\/([\w.-]+)/g)].map(([, name = '']) => name);
    for (const name of named)
      writeFileSync(
        join(folder, name),
        SECRETS[name] ?? (name.endsWith('.xml') ? METADATA : SECRET),
        name.endsWith('.png') ? 'latin1' : 'utf8',
      );
    const read: unknown = parse(yaml.replaceAll(/\/(?:run\/secrets|etc\/sallyport)/g, folder));
    // A list is one of rules.
    const fragment = Array.isArray(read) ? { policy: { rules: read } } : (read as Record<string, object>);
    const applications = { ...BASE.applications, ...fragment.applications };
    const file = join(folder, 'config.yaml');
    writeFileSync(file, JSON.stringify({ ...BASE, ...fragment, applications }));
    return loadConfig(file, modules, {}, Date.parse('2027-01-01T00:00:00Z'));
  }

  it('that is shown loads', async () => {
    const modules = await loadModules();
    const shown = pages.flatMap(({ path, text }) => blocks(text, 'yaml').map((yaml) => ({ path, yaml })));
    expect(shown.length).toBeGreaterThan(6);
    for (const { path, yaml } of shown) expect(() => load(yaml, modules), path).not.toThrow();
    expect(() => load('policy: { rules: [{ name: a, levl: mfa }] }', modules)).toThrow(/did you mean level/);
    // Some hundred configurations, on a machine that may be busy.
  }, 240_000);
});

describe('the reference of OpenID Connect', () => {
  it('names every endpoint and every cookie', () => {
    const text = page('docs/reference/oidc.md');
    // Metrics are named alike.
    const setting = sources.filter(({ path }) => !path.startsWith('src/boot/'));
    const cookies = setting.flatMap(({ text: code }) => [...code.matchAll(/sallyport_[a-z_]+/g)].map(([name]) => name));
    // Those that bind something to a browser are named after what it is.
    const binding = sources.filter(({ text: code }) => /\b(?:bonds|deposits)\b/.test(code));
    const kinds = binding.flatMap(({ text: code }) => [...code.matchAll(/\bKIND\w* = '([a-z-]+)'/g)]);
    expect(kinds.length).toBeGreaterThan(7);
    const named = [
      ...kinds.map(([, kind]) => `sallyport.${kind}.`),
      ...Object.values(ROUTES).map((path) => `\`${path}\``),
      ...cookies,
    ];
    expect(new Set(named).size).toBeGreaterThan(12);
    expect(named.filter((name) => !text.includes(name))).toEqual([]);
  });
});

describe('the reference of the audit', () => {
  /** Names that are put together where they are told. */
  const COMPOSED: Readonly<Record<string, readonly string[]>> = {
    'user.${done.toLowerCase()}': ['user.enabled', 'user.disabled'],
  };

  /** Names of events in a source: beside `event`, or in a line that speaks of one. */
  function eventsIn(text: string): string[] {
    const lines = text.split('\n');
    return lines.flatMap((line, at) => {
      const told = /\bevent(?::| =)(.*)/.exec(line)?.[1] ?? (/Event of/.test(lines[at - 1] ?? '') ? line : '');
      return [...told.matchAll(/'([a-z-]+\.[a-z-]+)'|`([^`]+)`/g)].flatMap(([, plain, composed]) =>
        composed === undefined ? [plain ?? ''] : (COMPOSED[composed] ?? [composed]),
      );
    });
  }

  function documented(text: string): string[] {
    const rows = text.slice(text.indexOf('## Events'), text.indexOf('## The chain')).matchAll(/^\| (`[^|]+) \|/gm);
    return [...rows].flatMap(([, names = '']) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  }

  it('names every event, and none that is not there', () => {
    const told = new Set(sources.flatMap(({ text }) => eventsIn(text)));
    expect(told.size).toBeGreaterThan(15);
    expect(documented(page('docs/reference/audit.md')).sort()).toEqual([...told].sort());
  });

  it('would miss a new one', () => {
    expect(eventsIn("await audit.commit({ event: 'a.b', x: 'c.d' })")).toContain('a.b');
    expect(eventsIn("const event = yes ? 'a.b' : 'a.c';")).toEqual(['a.b', 'a.c']);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a source
    expect(eventsIn('note({ event: `a.${b}` })')).toEqual(['a.${b}']);
    expect(documented('## Events\n| event | when |\n| `a.b`, `a.c` | x |\n## The chain')).toEqual(['a.b', 'a.c']);
  });
});

describe('the factor of "Write a factor"', () => {
  const guide = page('docs/how-to/write-a-factor.md');
  const [code = '', contract = ''] = blocks(guide, 'ts');
  const [texts = ''] = blocks(guide, 'json');

  function folderWithFactor(folder = temporaryFolder()): string {
    const own = join(folder, 'src/factors/slip');
    for (const name of ['locales', 'testing']) mkdirSync(join(own, name), { recursive: true });
    for (const name of ['src/core', 'test', 'node_modules']) symlinkSync(join(root, name), join(folder, name));
    writeFileSync(join(own, 'index.ts'), code);
    writeFileSync(join(own, 'testing/contract.ts'), contract);
    for (const tag of ['en', 'zh-Hant', 'zh-Hans']) writeFileSync(join(own, `locales/${tag}.json`), texts);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    return folder;
  }

  it('keeps the contract of the types', () => {
    const folder = folderWithFactor();
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
    const options = { ...compilerOptions, preserveSymlinks: true };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['src/factors'] }),
    );
    const tsc = join(root, 'node_modules/.bin/tsc');
    expect(() => execFileSync(tsc, ['-p', folder], { encoding: 'utf8' })).not.toThrow();
    writeFileSync(join(folder, 'src/factors/slip/index.ts'), code.replace("kinds: ['possession']", "kinds: ['paper']"));
    expect(() => execFileSync(tsc, ['-p', folder], { encoding: 'utf8', stdio: 'pipe' })).toThrow();
  });

  it('works, and takes each number once', async () => {
    const { factors } = await loadModules(pathToFileURL(`${folderWithFactor()}/src/`));
    const module = factors.get('slip');
    const factor = module?.create(
      module.settings.parse({}),
      factorPorts(() => 1000),
    );
    const { prompt, pending } = (await factor?.enrols?.begin(account, [])) ?? {};
    const numbers = String((prompt as CodePrompt).text?.values?.numbers).split(', ');
    expect(new Set(numbers).size).toBe(5);
    expect(await factor?.enrols?.confirm(pending, { code: '0' })).toMatchObject({ outcome: 'refused' });
    const confirmed = await factor?.enrols?.confirm(pending, { code: numbers[0] ?? '' });
    if (confirmed?.outcome !== 'confirmed') throw new Error('not confirmed');

    const slip: Credential = { ...account, id: 'c', account: account.id, factor: 'slip', data: confirmed.data };
    const answer = (code = '', held = [slip]) => factor?.verify({ numbers: [] }, held, { code }, account);
    expect(await answer(numbers[0])).toMatchObject({ outcome: 'refused' });
    const proved = await answer(numbers[1]);
    if (proved?.outcome !== 'proved') throw new Error('not proved');
    expect(proved.proof).toMatchObject({ factor: 'slip', credential: 'c', kinds: ['possession'], at: 1000 });
    expect(await answer(numbers[1], [{ ...slip, data: proved.update?.data }])).toMatchObject({ outcome: 'refused' });
    expect(await answer(numbers[2], [])).toMatchObject({ outcome: 'refused' });
  });

  describe('keeps the contract of all factors', async () => {
    const folder = folderWithFactor(mkdtempSync(join(tmpdir(), 'sallyport-test-')));
    afterAll(() => rmSync(folder, { recursive: true }));
    const own = join(folder, 'src/factors/slip');
    const { default: slip } = await import(pathToFileURL(join(own, 'index.ts')).href);
    const { default: said } = await import(pathToFileURL(join(own, 'testing/contract.ts')).href);
    factorSuite(slip, said, [...localeFolders(), { namespace: 'slip', folder: join(own, 'locales') }]);
  });

  it('has every text that it names', () => {
    const keys = [...code.matchAll(/\bkey: '([\w.]+)'/g)].map(([, key = '']) => key);
    expect(keys.length).toBeGreaterThan(4);
    expect(keys.filter((key) => !Object.hasOwn(JSON.parse(texts), key))).toEqual([]);
  });
});
