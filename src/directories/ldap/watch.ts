import { AndFilter, type Entry, type Filter, FilterParser, GreaterThanEqualsFilter, type SearchOptions } from 'ldapts';
import type { Changes, Standing } from '../../core/directory.ts';
import type { Connection } from './connection.ts';
import { RESULT, resultOf } from './errors.ts';
import type { Pool } from './pool.ts';
import { presetOf } from './presets.ts';
import type { Settings } from './settings.ts';
import { keyReader } from './watch-keys.ts';
import { createMarks, type Mark } from './watch-marks.ts';

const PAGE = 500;

interface Parts {
  pool: Pool;
  now(): number;
}

/**
 * Who has changed, by what the server writes at each entry that changes: people that it has anywhere, since whoever was
 * moved away from below the base isn't found there any more.
 */
export function createChanges(settings: Settings, { pool, now }: Parts): Changes {
  const preset = presetOf(settings.preset);
  const { keyName, keyOf } = keyReader(settings, preset);
  const marks = createMarks(preset, now);
  const people = FilterParser.parseString(preset.people);
  const belowBase = settings.filter
    ? new AndFilter({ filters: [people, FilterParser.parseString(settings.filter)] })
    : people;

  const searching = (filter: Filter, attributes: readonly string[]): SearchOptions => ({
    ...{ scope: 'sub', derefAliases: 'never', filter, paged: { pageSize: PAGE } },
    attributes: [...attributes],
    explicitBufferAttributes: preset.keySyntax === 'guid' ? [keyName] : [],
  });

  async function* found(connection: Connection, base: string, options: SearchOptions): AsyncGenerator<Entry[]> {
    for await (const { searchEntries } of connection.client.searchPaginated(base, options)) yield searchEntries;
  }

  /** Of the whole tree; where the service account sees none of it, of what is below the base. */
  async function changed(connection: Connection, mark: Mark, each: (entries: Entry[]) => Promise<void>): Promise<void> {
    const { attribute, value } = mark;
    const filter = new AndFilter({ filters: [people, new GreaterThanEqualsFilter({ attribute, value })] });
    const options = searching(filter, [keyName, attribute]);
    const root = await marks.rootOf(connection, settings.base);
    try {
      for await (const entries of found(connection, root, options)) await each(entries);
    } catch (error) {
      const result = resultOf(error);
      if (result !== RESULT.noSuchObject && result !== RESULT.insufficientAccess) throw error;
      for await (const entries of found(connection, settings.base, options)) await each(entries);
    }
  }

  return {
    here: () => pool.own((connection) => marks.here(connection)),

    since: (cursor, each) =>
      pool.own(async (connection) => {
        const from = await marks.from(connection, cursor);
        if (from === undefined) return undefined;
        await changed(connection, from.mark, async (entries) => {
          for (const entry of entries) from.saw(entry);
          await each(entries.flatMap((entry) => keyOf(entry) ?? []));
        });
        return from.next();
      }),

    async *everybody(): AsyncGenerator<Standing[]> {
      const options = searching(belowBase, [keyName, ...preset.state.attributes]);
      for await (const entries of pool.pages(settings.base, options)) {
        yield entries.flatMap((entry) => {
          const key = keyOf(entry);
          if (key === undefined) return [];
          const { status, reason } = preset.state.read(entry, now(), settings);
          return [{ key, status, ...(reason !== undefined && { statusReason: reason }) }];
        });
      }
    },
  };
}
