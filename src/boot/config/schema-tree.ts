import { isTree, type Path, type Tree } from './tree.ts';

/** Walks a JSON Schema as `z.toJSONSchema` writes it, through unions. */
export function alternatives(schema: unknown): Tree[] {
  if (!isTree(schema)) return [];
  const branches = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => (Array.isArray(schema[key]) ? schema[key] : []));
  return [schema, ...branches.flatMap(alternatives)];
}

/** Named keys of an object at this place, with their schemas (several, where branches share a name). */
export function propertiesOf(schema: unknown): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const branch of alternatives(schema)) {
    if (!isTree(branch.properties)) continue;
    for (const [key, value] of Object.entries(branch.properties)) found.set(key, [...(found.get(key) ?? []), value]);
  }
  return found;
}

/** Schemas of the entries of a map with free keys. */
export function entriesOf(schema: unknown): unknown[] {
  return alternatives(schema).flatMap(({ additionalProperties }) =>
    isTree(additionalProperties) ? [additionalProperties] : [],
  );
}

/** JSON types accepted here. */
export function typesOf(schemas: readonly unknown[]): Set<string> {
  const types = schemas.flatMap(alternatives).flatMap(({ type }) => (Array.isArray(type) ? type : [type]));
  return new Set(types.filter((type) => typeof type === 'string'));
}

/** Schemas at a path. */
export function schemasAt(schema: unknown, path: Path): unknown[] {
  return path.reduce<unknown[]>(
    (schemas, part) =>
      schemas.flatMap((here) => {
        if (typeof part === 'number') return alternatives(here).flatMap(({ items }) => (items ? [items] : []));
        return propertiesOf(here).get(part) ?? entriesOf(here);
      }),
    [schema],
  );
}
