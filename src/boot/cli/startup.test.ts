import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { configText, folderWith } from '../testing/folder.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const cli = join(root, 'src/cli.ts');

/**
 * Where a process says something of itself at its end. A file, since a pipe holds some 150 kB and no
 * more: what is written to it as a process ends, while nobody reads, is cut off there.
 */
const TOLD = join(mkdtempSync(join(tmpdir(), 'told-')), 'told.json');
/** Notes whatever is loaded, by `import` or `require`, before anything is. */
const RECORD = `
  import { writeFileSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
  process.on('exit', () => writeFileSync(${JSON.stringify(TOLD)}, JSON.stringify(loaded)));`;
/** Processor time, milliseconds: what else runs on the machine is no part of it. */
const MEASURE = `
  import { writeFileSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeFileSync(${JSON.stringify(TOLD)}, JSON.stringify((user + system) / 1000));
  });`;

/** Runs Node with these words; its exit code, what it printed and what the preloaded code tells. */
async function run<T>(preload: string, words: readonly string[]): Promise<{ exitCode: number; out: string; told: T }> {
  const args = ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, ...words];
  rmSync(TOLD, { force: true });
  const ended = await new Promise<{ exitCode: number | null; out: string; err: string }>((done) => {
    const child = execFile(process.execPath, args, { cwd: root, env: { SALLYPORT_CONFIG: '' } }, (_, out, err) =>
      done({ exitCode: child.exitCode, out, err }),
    );
  });
  const { exitCode, out, err } = ended;
  if (exitCode === null || !existsSync(TOLD)) throw new Error(err);
  return { exitCode, out, told: JSON.parse(readFileSync(TOLD, 'utf8')) as T };
}

/** Files of ours and names of packages that a command line loads. */
async function loadedBy(...words: string[]) {
  const { exitCode, out, told } = await run<string[]>(RECORD, [cli, ...words]);
  const files = told.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url).slice(root.length));
  const packageOf = (file: string) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
  const packages = new Set(files.flatMap((file) => packageOf(file) ?? []));
  const own = files.filter((file) => packageOf(file) === undefined);
  return { exitCode, out, packages: [...packages].sort(), own: own.sort() };
}

afterAll(() => rmSync(dirname(TOLD), { recursive: true }));

/** Words alone: nothing that a gateway runs. */
const LIGHT = [
  /^src\/cli\.ts$/,
  /^src\/boot\/cli\/(?:main|program|io)\.ts$/,
  /^src\/boot\/(?:offers|own-commands)\.ts$/,
  /^src\/boot\/config\/default-file\.ts$/,
  /^src\/core\/(?:encoding|errors)\.ts$/,
  /^src\/(?:directories|doors|factors)\/[^/]+\/commands\.ts$/,
];
/** And what it takes to find the address that a health check asks. */
const OF_HEALTHCHECK = [
  ...LIGHT.slice(0, -1),
  /^src\/boot\/cli\/healthcheck\.ts$/,
  /^src\/boot\/config\/(?:management-address|read|tree)\.ts$/,
];
const heavy = (own: readonly string[], light: readonly RegExp[]) =>
  own.filter((file) => !light.some((pattern) => pattern.test(file)));

describe('a command that needs no gateway', () => {
  it.each([
    ['--help', 0],
    ['--version', 0],
    ['config secret', 0],
    ['config check --help', 0],
    ['policy explain --help', 0],
    ['user --help', 0],
    ['keys rotate --help', 0],
    ['user destroy alice', 2],
  ])('loads nothing of it: %s', async (line, exitCode) => {
    const found = await loadedBy(...line.split(' '));
    expect(found).toMatchObject({ exitCode, packages: ['commander'] });
    expect(found.own).toContain('src/boot/cli/program.ts');
    expect(heavy(found.own, LIGHT)).toEqual([]);
  });

  it('asks after the health of a server with the address alone', async () => {
    const server = createServer((_request, response) => void response.writeHead(200).end());
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const file = join(folderWith({ 'a.yaml': configText({ management: { port } }) }), 'a.yaml');
    try {
      const found = await loadedBy('-c', file, 'healthcheck');
      expect(found).toMatchObject({ exitCode: 0, out: 'ready\n', packages: ['commander', 'yaml'] });
      expect(heavy(found.own, OF_HEALTHCHECK)).toEqual([]);
    } finally {
      server.close();
    }
  });

  it('is told from one that needs it', async () => {
    const { exitCode, packages, own } = await loadedBy('config', 'check');
    expect(exitCode).toBe(0);
    expect(packages).toEqual(expect.arrayContaining(['commander', 'yaml', 'zod']));
    expect(heavy(own, LIGHT).filter((file) => /^src\/factors\/[^/]+\/index\.ts$/.test(file))).not.toEqual([]);
  });
});

describe('processor time', () => {
  /** Node, the library that reads command lines, and one file of TypeScript: less can't be. */
  const BARE = ['--input-type=module', '--eval', "await import('commander'); await import('./src/core/errors.ts')"];

  /**
   * How many times that of a bare start, by the least of each, which are run in turns: whatever disturbs a run makes it
   * longer, and a processor that has become slower is so for both. Ends as soon as it `suffices`.
   */
  async function timesBare(words: readonly string[], suffices: (times: number) => boolean): Promise<number> {
    let [least, bare, times] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let turn = 0; turn < 12; turn += 1) {
      bare = Math.min(bare, (await run<number>(MEASURE, BARE)).told);
      least = Math.min(least, (await run<number>(MEASURE, [cli, ...words])).told);
      times = least / bare;
      if (turn > 1 && suffices(times)) break;
    }
    return times;
  }

  it.each([
    ['--help', 2],
    ['--version', 2],
    ['healthcheck', 4],
  ])('of %s is at most %i times that of a start', async (word, most) => {
    expect(await timesBare([word], (times) => times < most)).toBeLessThan(most);
  });

  it('of a command that loads the gateway is more', async () => {
    expect(await timesBare(['config', 'check'], (times) => times > 4)).toBeGreaterThan(4);
  });
});
