import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DataRecord, Lasting } from '../../../core/store.ts';

/** How a key stood at a primary without a replica, after something had ended or marked it. */
const record = z.object({
  group: z.string(),
  key: z.string(),
  history: z.string(),
  spell: z.string(),
  /** Base64: it may hold sealed values, which are nobody's to seal anew. Absent where nothing is left. */
  value: z.string().optional(),
  /** When the value expires, epoch milliseconds of the servers' clock. */
  expires: z.number(),
  /** Until when a replica may show what was there before. */
  keep: z.number(),
});

type Stored = z.output<typeof record>;

export interface Standing {
  key: string;
  history: string;
  spell: string;
  value: string | undefined;
  expires: number;
  keep: number;
}

export interface Kept {
  standing: Standing;
  version: number;
}

/** Servers' clocks differ from each other. */
const MARGIN = 10 * 60_000;
const PAGE = 200;

/** What was recorded, one row for each key. */
export function createRecords({ records }: Pick<Lasting, 'records'>, group: string, now: () => number) {
  const idOf = (key: string) => createHash('sha256').update(`${group}\0${key}`).digest('hex');
  const write = ({ value, ...rest }: Standing) =>
    JSON.stringify({
      ...{ group, ...rest },
      ...(value !== undefined && { value: Buffer.from(value).toString('base64') }),
    } satisfies Stored);

  /** Undefined where it belongs to another group of servers. */
  function read({ data, version }: DataRecord): Kept | undefined {
    const { group: of, value, ...rest } = record.parse(JSON.parse(data));
    if (of !== group) return undefined;
    const standing = { ...rest, value: value === undefined ? undefined : Buffer.from(value, 'base64').toString() };
    return { standing, version };
  }

  async function* pages(): AsyncGenerator<(DataRecord & Kept)[]> {
    for (let after: string | undefined; ; ) {
      const page = await records.list({ ...(after !== undefined && { after }), limit: PAGE });
      yield page.flatMap((row) => {
        const kept = read(row);
        return kept ? [{ ...row, ...kept }] : [];
      });
      after = page.at(-1)?.id;
      if (page.length < PAGE) return;
    }
  }

  return {
    async get(key: string): Promise<Kept | undefined> {
      const row = await records.get(idOf(key));
      return row && read(row);
    },
    /** In the place of what is kept at that version, or for the first time; false where somebody else was faster. */
    keep: (standing: Standing, version: number | undefined): Promise<boolean> =>
      version === undefined
        ? records.insert({ id: idOf(standing.key), data: write(standing) })
        : records.update(idOf(standing.key), version, write(standing)),
    pages,
    /** Removes what holds no more. `holding` is asked after each page: a spell begins before its first record. */
    async sweep(holding: () => Promise<ReadonlySet<string>>): Promise<void> {
      for await (const page of pages()) {
        const spells = await holding();
        for (const { id, version, standing } of page) {
          const isOver = !spells.has(standing.spell) || standing.keep < now() - MARGIN;
          if (isOver) await records.remove(id, version);
        }
      }
    },
  };
}

export type Records = ReturnType<typeof createRecords>;
