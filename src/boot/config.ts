import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { Asking } from '../core/door.ts';
import { ConfigError, type ConfigFault } from '../core/errors.ts';
import type { PromptKind } from '../core/prompt.ts';
import { crossFaults } from './config/checks.ts';
import { type Environment, readEnvironment, type Setting } from './config/environment.ts';
import { type Fault, faultsOf, unknownKey, wording } from './config/faults.ts';
import { freezeDeep } from './config/freeze.ts';
import { applicationsOf, normalise } from './config/normalise.ts';
import { unreadableFiles, withPaths } from './config/paths.ts';
import { fillIn } from './config/placeholders.ts';
import { poolFaults } from './config/pool-checks.ts';
import { readSource, type Source } from './config/read.ts';
import { jsonSchemaOf, type Parsed, sectionsOf } from './config/schema.ts';
import { dotted, inOrder, isTree, type Path, type Tree, withValue } from './config/tree.ts';
import type { Config } from './config/types.ts';
import { warningsOf } from './config/warnings.ts';
import type { Modules } from './modules.ts';

export { jsonSchemaOf } from './config/schema.ts';
export type { Config, NetworkRanges, StoreChoice } from './config/types.ts';

/**
 * Reads a configuration: YAML, then `SALLYPORT_…` variables over it, then `${file:…}`; checked once
 * as a whole, and frozen.
 *
 * @param now epoch milliseconds, for warnings about rules that begin later
 * @throws ConfigError with every fault that can be found in one pass
 */
export function loadConfig(
  file: string,
  modules: Modules,
  env: Environment = process.env,
  now: number = Date.now(),
): Config {
  const path = resolve(file);
  const folder = dirname(path);
  const schema = jsonSchemaOf(modules);
  const source = readSource(path, file);
  const variables = readEnvironment(env, schema, folder);
  const located = (fault: Fault): ConfigFault => locate(fault, file, source, variables.settings);
  const early = [...source.faults, ...variables.faults];
  // Without a readable file every section would be missing: that would say nothing.
  if (source.faults.length > 0) throw new ConfigError(early);

  const unfilled: Fault[] = [];
  const merged = variables.settings.reduce<Tree>(merge, source.tree);
  const filled = fillIn(merged, folder, (at, message) => unfilled.push({ path: at, message }));
  const tree = withPaths(filled, folder, modules);
  const { parsed, faults } = check(tree, modules, schema);
  const all = [...unfilled, ...faults.filter((fault) => !covered(fault, unfilled))];
  if (early.length + all.length > 0 || !isWhole(parsed, modules))
    throw new ConfigError([...early, ...all.map(located)]);

  const config = { ...normalise(path, parsed, modules), source: { written: merged, checked: parsed } };
  return freezeDeep({ ...config, warnings: warningsOf(config, now, modules) });
}

function merge(tree: Tree, { path, value }: Setting): Tree {
  const merged = withValue(tree, path, value);
  return isTree(merged) ? merged : tree;
}

function check(tree: Tree, modules: Modules, schema: unknown): { parsed: Partial<Parsed>; faults: Fault[] } {
  const sections = Object.entries<z.ZodType>(sectionsOf(modules));
  const known = new Set(sections.map(([key]) => key));
  const faults = Object.keys(tree)
    .filter((key) => !known.has(key))
    .map((key) => unknownKey([], key, schema));
  const parsed: Record<string, unknown> = {};
  for (const [key, section] of sections) {
    const result = section.safeParse(tree[key], { error: wording });
    if (result.success) parsed[key] = inOrder(result.data, tree[key]);
    else faults.push(...faultsOf(result.error.issues, key, schema));
  }
  const sound: Partial<Parsed> = parsed;
  const between = [
    ...crossFaults({ tree, parsed: sound, modules }),
    ...doorFaults(sound, modules),
    ...poolFaults(sound, modules),
    ...unreadableFiles(tree),
  ];
  return { parsed: sound, faults: [...faults, ...between.filter((fault) => !covered(fault, faults))] };
}

/** What only a door can tell of its applications. */
function doorFaults(
  { applications, doors, factors, listen, clientCertificateHeader }: Partial<Parsed>,
  modules: Modules,
): Fault[] {
  if (applications === undefined) return [];
  const shown = clientCertificateHeader !== undefined || listen?.tls?.clientCertificates === true;
  const all = [...applicationsOf(applications, modules).values()];
  return [...modules.doors.values()].flatMap((door) => {
    const own = all.filter((application) => application.door === door.id);
    const faults = (door.check?.(own, doors?.[door.id]) ?? []).map(({ application, path, message }) => ({
      path: ['applications', application, door.id, ...partsOf(path)],
      message,
    }));
    const unseen = shown ? [] : (door.certified?.(own) ?? []);
    const message = 'has to show a certificate: set listen.tls.clientCertificates, or clientCertificateHeader';
    const unasked = factors === undefined ? [] : unaskedOf(door.asks?.(own) ?? [], Object.keys(factors), modules);
    return [
      ...faults,
      ...unseen.map((id) => ({ path: ['applications', id, door.id], message })),
      ...unasked.map(({ application, ...fault }) => ({ path: ['applications', application, door.id], ...fault })),
    ];
  });
}

/** Applications that would have people asked, and no factor is listed that can. */
function unaskedOf(asking: readonly Asking[], listed: readonly string[], { factors }: Modules) {
  return asking.flatMap(({ application, presents }) => {
    const can = (kinds?: readonly PromptKind[]) => kinds?.every((kind) => presents.includes(kind));
    const able = [...factors.values()].filter((it) => can(it.prompts) || can(it.otherwise)).map(({ id }) => id);
    if (able.some((id) => listed.includes(id))) return [];
    const names = able.map((id) => `factors.${id}`).join(', ') || 'none is installed';
    return [{ application, message: `has people asked, which no listed factor can do: add ${names}` }];
  });
}

/** A path as doors write it: names and places in lists, with dots between. */
function partsOf(path: string): (string | number)[] {
  const parts = path.split('.').filter((part) => part !== '');
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** One fault per place: a value that couldn't be filled in needs no second complaint about its form. */
function covered(fault: Fault, by: readonly Pick<Fault, 'path'>[]): boolean {
  return by.some(({ path }) => dotted(path) === dotted(fault.path));
}

function isWhole(parsed: Partial<Parsed>, modules: Modules): parsed is Parsed {
  return Object.keys(sectionsOf(modules)).every((key) => Object.hasOwn(parsed, key));
}

/** Where a fault comes from: the variable that set this place, or else the file's line. */
function locate({ path, message }: Fault, file: string, source: Source, settings: readonly Setting[]): ConfigFault {
  const setting = settings.find(({ path: set }) => covers(set, path));
  if (setting !== undefined) return { file: setting.variable, path: dotted(path), message };
  const line = source.lineOf(path);
  return { file, path: dotted(path), message, ...(line !== undefined && { line }) };
}

function covers(set: Path, path: Path): boolean {
  return set.length <= path.length && set.every((part, index) => part === path[index]);
}
