import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import type { ConfigFault } from '../../core/errors.ts';
import { entriesOf, propertiesOf, typesOf } from './schema-tree.ts';
import { suggestion } from './suggest.ts';

/**
 * `SALLYPORT_…` variables, each named after the place in the configuration that it sets.
 *
 * Keys are written in capitals with `_` between their words and between one another:
 * `SALLYPORT_LISTEN_PORT` is `listen.port`, `SALLYPORT_TRUSTED_PROXIES` is `trustedProxies`.
 * An id that the operator chose stands between double underscores, its hyphens as `_`:
 * `SALLYPORT_APPLICATIONS__MY_APP__NAME` is `applications.my-app.name`.
 */
const PREFIX = 'SALLYPORT_';

/** Variables of the command line, which set nothing in the configuration. */
const RESERVED: ReadonlySet<string> = new Set(['SALLYPORT_CONFIG']);

const MOST = 1024 * 1024;

export interface Setting {
  path: string[];
  value: unknown;
  /** The variable that it came from. */
  variable: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A place in the configuration, with the schemas of what may stand there. */
interface Place {
  path: string[];
  schemas: unknown[];
}

/** Settings from the environment. `folder`: what the paths of `…_FILE` are relative to. */
export function readEnvironment(
  env: Environment,
  schema: unknown,
  folder: string,
): { settings: Setting[]; faults: ConfigFault[] } {
  const settings: Setting[] = [];
  const faults: ConfigFault[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || RESERVED.has(variable) || value === undefined) continue;
    try {
      settings.push(settingOf(variable, value, env, schema, folder));
    } catch (error) {
      faults.push({ file: variable, path: '', message: (error as Error).message });
    }
  }
  return { settings, faults };
}

function settingOf(variable: string, value: string, env: Environment, schema: unknown, folder: string): Setting {
  const place = placeOf(variable, schema);
  if (place !== undefined) return { path: place.path, value: typed(value, place.schemas), variable };
  const base = variable.endsWith('_FILE') ? variable.slice(0, -'_FILE'.length) : undefined;
  const target = base === undefined ? undefined : placeOf(base, schema);
  if (base === undefined || target === undefined) {
    throw new Error(`sets nothing that is known${suggestion(variable, namesOf(schema))}`);
  }
  if (env[base] !== undefined) throw new Error(`${base} is set as well: leave one of them out`);
  return { path: target.path, value: typed(readSecret(resolve(folder, value)), target.schemas), variable };
}

/** The one place that a variable names. */
function placeOf(variable: string, schema: unknown): Place | undefined {
  const places = placesOf(variable.slice(PREFIX.length), { path: [], schemas: [schema] });
  if (places.length > 1) {
    throw new Error(`could mean ${places.map(({ path }) => path.join('.')).join(' or ')}: set it in the file`);
  }
  return places[0];
}

/** Every reading of what is left of a name. An id is delimited, so only keys have several. */
function placesOf(rest: string, at: Place): Place[] {
  if (rest === '') return at.path.length > 0 ? [at] : [];
  const named = [...new Set(at.schemas.flatMap((schema) => [...propertiesOf(schema).keys()]))];
  const places = named.flatMap((key) => {
    const after = afterKey(rest, wordsOf(key));
    return after === undefined
      ? []
      : placesOf(
          after,
          below(at, key, (schema) => propertiesOf(schema).get(key) ?? []),
        );
  });
  return [...places, ...entryOf(rest, at)];
}

function afterKey(rest: string, words: string): string | undefined {
  if (rest === words) return '';
  if (!rest.startsWith(`${words}_`)) return undefined;
  // `__` begins an id: it stays, so that it can't be read as the joint between two keys.
  const after = rest.slice(words.length);
  return after.startsWith('__') ? after : after.slice(1) || undefined;
}

function entryOf(rest: string, at: Place): Place[] {
  const [, word, after = ''] = /^__([A-Z0-9]+(?:_[A-Z0-9]+)*)(?:__(.+))?$/.exec(rest) ?? [];
  const schemas = at.schemas.flatMap(entriesOf);
  if (word === undefined || schemas.length === 0) return [];
  return placesOf(after, { path: [...at.path, word.toLowerCase().replaceAll('_', '-')], schemas });
}

function below(at: Place, key: string, schemas: (schema: unknown) => unknown[]): Place {
  return { path: [...at.path, key], schemas: at.schemas.flatMap(schemas) };
}

/** `trustedProxies` as `TRUSTED_PROXIES`. */
export function wordsOf(key: string): string {
  return key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();
}

/** The variables of all named keys, down to the maps whose keys the operator chooses. */
export function namesOf(schema: unknown, name = 'SALLYPORT'): string[] {
  return [...propertiesOf(schema)].flatMap(([key, schemas]) => {
    const here = `${name}_${wordsOf(key)}`;
    return [here, ...new Set(schemas.flatMap((inner) => namesOf(inner, here)))];
  });
}

/** Text as the type that is due there; lists are `a, b` or YAML, maps are YAML. */
function typed(text: string, schemas: readonly unknown[]): unknown {
  const types = typesOf(schemas);
  if (types.has('object') && text.startsWith('{')) return yaml(text);
  if (types.has('array') && text.startsWith('[')) return yaml(text);
  if (types.has('string')) return text;
  if (types.has('array'))
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  if ((types.has('integer') || types.has('number')) && /^-?[0-9]+(\.[0-9]+)?$/.test(text)) return Number(text);
  if (types.has('boolean') && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

function yaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch {
    throw new Error('is neither a list [a, b] nor a map {a: b} in YAML');
  }
}

/** A file's contents without the white space around them; throws what a fault can say. */
export function readSecret(file: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MOST) throw new Error('is longer than 1 MiB');
    return bytes.toString('utf8').trim();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`the file ${file} can't be read: ${code ?? message}`);
  }
}
