import { posix } from 'node:path';
import type { Source } from './source.ts';

/**
 * Files that import each other, by whatever way round and in whatever form: of types alone such a circle does no
 * harm at run time, but no file of it can be understood, tested or moved without the others. One line for each.
 */
export function circles(sources: readonly Pick<Source, 'path' | 'imports'>[]): string[] {
  const paths = new Set(sources.map(({ path }) => path));
  const graph = new Map(sources.map((source) => [source.path, targetsOf(source).filter((to) => paths.has(to))]));
  return connected(graph)
    .filter(([file = '', other]) => other !== undefined || graph.get(file)?.includes(file))
    .map((files) => (files.length > 1 ? files.toSorted() : [...files, ...files]).join(' <-> '))
    .sort();
}

function targetsOf({ path, imports }: Pick<Source, 'path' | 'imports'>): string[] {
  const targets = imports.flatMap(({ from }) => (from?.startsWith('.') ? [posix.join(posix.dirname(path), from)] : []));
  return [...new Set(targets)];
}

/** The strongly connected components (R. Tarjan, Depth-first search and linear graph algorithms, 1972). */
function connected(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const path: string[] = [];

  /** Answers the earliest file on the present path that this one leads back to. */
  const visit = (file: string): number => {
    const at = order.size;
    order.set(file, at);
    path.push(file);
    let earliest = at;
    for (const to of graph.get(file) ?? []) {
      const known = order.get(to);
      if (known === undefined) earliest = Math.min(earliest, visit(to));
      else if (path.includes(to)) earliest = Math.min(earliest, known);
    }
    if (earliest === at) found.push(path.splice(path.indexOf(file)));
    return earliest;
  };

  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}
