import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';

export const VIEWS = fileURLToPath(new URL('../../../views', import.meta.url));

/** The first line of a copy names the template that it was made from. */
const MARK = /^<%\/\* (\S+) ([0-9a-f]{12}) /;
/** Bytes of one template. */
const MOST = 65_536;

/** Templates of an institution, by the name of ours that each stands in for: `pages/home.eta`. */
export type Templates = ReadonlyMap<string, string>;

export interface TemplateFault {
  name: string;
  message: string;
  /** It can't be used at all, whatever becomes of ours. */
  broken: boolean;
}

const versionOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** Names of our templates, sorted. */
export function ourTemplates(): string[] {
  return templatesIn(VIEWS);
}

function templatesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.eta'))
    .map((file) => file.split(sep).join('/'))
    .sort();
}

/** One of ours, to be changed: with a first line by which it is known later whether ours has changed since. */
export function copyOf(name: string): string {
  const text = readFileSync(join(VIEWS, name), 'utf8');
  return `<%/* ${name} ${versionOf(text)} -- leave this line: sallyport branding check goes by it */%>\n${text}`;
}

/** What lies in a folder, by name; what is named as none of ours isn't used. */
export function readTemplates(folder: string): Templates {
  const ours = new Set(ourTemplates());
  const named = templatesIn(folder).filter((name) => ours.has(name));
  return new Map(named.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** What doesn't fit, or no longer: unknown names, templates that can't be compiled, copies of what has changed. */
export function templateFaults(folder: string): TemplateFault[] {
  const ours = new Set(ourTemplates());
  return templatesIn(folder).flatMap((name): TemplateFault[] => {
    if (!ours.has(name)) return [{ name, message: 'stands in for no template of ours: it isn’t used', broken: false }];
    const text = readFileSync(join(folder, name), 'utf8');
    if (text.length > MOST) return [{ name, message: `has more than ${MOST} bytes`, broken: true }];
    const fault = syntaxFault(text);
    if (fault !== undefined) return [{ name, message: fault, broken: true }];
    const message = age(name, text);
    return message === undefined ? [] : [{ name, message, broken: false }];
  });
}

function syntaxFault(text: string): string | undefined {
  try {
    new Eta().compile(text);
    return undefined;
  } catch (error) {
    return `can’t be compiled: ${(error as Error).message.split('\n')[0]}`;
  }
}

function age(name: string, text: string): string | undefined {
  const [, from, version] = MARK.exec(text) ?? [];
  const same = `sallyport branding template ${name} prints ours`;
  if (from !== name) return `doesn’t say what it was copied from: nobody can tell whether it still fits; ${same}`;
  if (version === versionOf(readFileSync(join(VIEWS, name), 'utf8'))) return undefined;
  return `was copied from an earlier one, and ours has changed since: compare the two; ${same}`;
}

/** Where templates are read from, those of the institution first. */
export function etaOver(templates: Templates): Eta {
  const eta = new Eta({ views: VIEWS, cache: true, autoEscape: true });
  const resolve = eta.resolvePath;
  // By the template that includes it and its name: Eta makes a JSON text of both each time.
  const places = new Map<string, string>();
  if (resolve) {
    eta.resolvePath = (name, options) => {
      const key = `${options?.filepath ?? ''}\0${name}`;
      const place = places.get(key) ?? resolve.call(eta, name, options);
      places.set(key, place);
      return place;
    };
  }
  const own = new Map([...templates].map(([name, text]) => [join(VIEWS, name), text]));
  const read = eta.readFile;
  if (own.size > 0 && read) eta.readFile = (path) => own.get(path) ?? read.call(eta, path);
  return eta;
}
