import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  installation,
  LONG_PREREQUISITES,
  missing,
  PREREQUISITES,
  type Prerequisite,
  silencing,
} from './prerequisites.ts';
import { type Counts, countsLine, type Report, summarize } from './report.ts';

/**
 * `npm test`: types, lint, every test; `--long` adds test/long.
 * Ends with the line `N passed, N failed, N skipped`. Where types or lint fail no test is run:
 * each check that failed is counted as one failure. A missing prerequisite counts as one, too.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');

function main(long: boolean): number {
  if (!prepare(missing([...PREREQUISITES, ...(long ? LONG_PREREQUISITES : [])])))
    return end({ passed: 0, failed: 1, skipped: 0 });
  const checks = [run('Types', 'tsc', '-p', '.'), run('Lint', 'biome', 'check', '--error-on-warnings', '.')];
  const faults = checks.filter((status) => status !== 0).length;
  if (faults > 0) return end({ passed: 0, failed: faults, skipped: 0 });
  const summary = test(long);
  for (const remark of summary.remarks) say(remark);
  return end(summary, summary.ok ? 0 : 1);
}

/** Installs what is missing where that is allowed, else names the line to run. */
function prepare(lacking: readonly Prerequisite[]): boolean {
  if (lacking.length === 0) return true;
  for (const { package: name, why } of lacking) say(`${name} is missing: ${why}.`);
  const commands = installation(lacking);
  const isRoot = process.getuid?.() === 0;
  if (isRoot && missing([{ anyOf: ['apt-get'], package: 'apt', why: '' }]).length === 0) {
    const done = commands.every(([command, ...words]) => run('Installing', command, ...words) === 0);
    // Where none was started, there is none to stop.
    for (const [command, ...words] of silencing(lacking)) run('Stopping', command, ...words);
    if (done && missing(lacking).length === 0) return true;
  }
  const lines = commands.map((words) => (isRoot ? words : ['sudo', ...words]).join(' '));
  say(`\nOn Debian, run this and try again:\n\n    ${lines.join(' && ')}\n`);
  return false;
}

function test(long: boolean): ReturnType<typeof summarize> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const file = join(folder, 'report.json');
  try {
    const words = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const status = run(
      long ? 'Tests, the long ones too' : 'Tests',
      'vitest',
      ...words,
      ...(long ? ['--mode=long'] : []),
    );
    return summarize(read(file), status);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}

/** Runs a command of the project's own, or of the system's; answers its exit code. */
function run(title: string, command: string, ...words: string[]): number {
  say(`\n${title}: ${[command, ...words].join(' ')}`);
  const PATH = [bin, process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, words, { cwd: root, stdio: 'inherit', env }).status ?? 1;
}

/** Says the last line; answers the exit code. */
function end(counts: Counts, exitCode = 1): number {
  say(`\n${countsLine(counts)}`);
  return exitCode;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = main(process.argv.includes('--long'));
