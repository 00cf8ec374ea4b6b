/** A configuration before it is checked: what YAML gave. */
export type Tree = Record<string, unknown>;
export type Path = readonly (string | number)[];

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `applications.library.oidc.redirectUris[0]`; keys that aren't words are quoted. */
export function dotted(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[\w-]+$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** The value at a path; undefined where there is none. */
export function valueAt(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Record<string | number, unknown>)[key];
  }, tree);
}

/** A copy of the tree with the value at a path set; what stands in the way and isn't a map is replaced. */
export function withValue(tree: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const present = isTree(tree) ? tree : {};
  return { ...present, [key]: withValue(Object.hasOwn(present, key) ? present[key] : undefined, rest, value) };
}

/** What was read, its keys in the order in which they were written; a schema has an order of its own. */
export function inOrder(read: unknown, written: unknown): unknown {
  if (!isTree(read) || !isTree(written)) return read;
  const keys = Object.keys(written).filter((key) => Object.hasOwn(read, key));
  return { ...Object.fromEntries(keys.map((key) => [key, read[key]])), ...read };
}

/** A copy with every string put through `change`. */
export function mapStrings(value: unknown, change: (text: string, path: Path) => string, path: Path = []): unknown {
  if (typeof value === 'string') return change(value, path);
  if (Array.isArray(value)) return value.map((item, index) => mapStrings(item, change, [...path, index]));
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapStrings(item, change, [...path, key])]),
  );
}
