import type { Changes, DirectoryLockout } from '../../core/directory.ts';

/** The changes of several, as of one. What isn't there in one of them throws: nobody is gone by half an answer. */
export function joinChanges(all: readonly Changes[]): Changes {
  return {
    here: async () => JSON.stringify(await Promise.all(all.map((it) => it.here()))),

    async since(cursor, each) {
      const cursors = cursorsOf(cursor);
      if (cursors.length !== all.length) return undefined;
      const next: string[] = [];
      for (const [at, changes] of all.entries()) {
        const reached = await changes.since(cursors[at] ?? '', each);
        if (reached === undefined) return undefined;
        next.push(reached);
      }
      return JSON.stringify(next);
    },

    async *everybody() {
      for (const changes of all) yield* changes.everybody();
    },
  };
}

/** None where it is another's. */
function cursorsOf(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return [];
  }
}

/** What is below the bounds of all. */
export function strictest(bounds: readonly (DirectoryLockout | undefined)[]): DirectoryLockout | undefined {
  const known = bounds.flatMap((it) => it ?? []);
  if (known.length === 0) return undefined;
  return {
    failures: Math.min(...known.map(({ failures }) => failures)),
    window: Math.max(...known.map(({ window }) => window)),
  };
}
