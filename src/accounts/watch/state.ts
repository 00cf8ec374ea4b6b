import { z } from 'zod';
import type { StateStore } from '../../core/store.ts';

const moment = z.number();

const shape = z.object({
  /** Where the directory was, in its own words; absent: everybody is looked at next. */
  cursor: z.string().optional(),
  /** When it was last looked at who changed, and when at everybody. */
  lookedAt: moment.optional(),
  completeAt: moment.optional(),
  /** People there, and accounts of them that weren't out, when everybody was looked at. */
  seen: z.number().optional(),
  known: z.number().default(0),
  suspects: z.record(z.string(), moment).default({}),
  recent: z.object({ from: moment, count: z.number() }).default({ from: 0, count: 0 }),
  /** So many would leave, and nobody does until somebody says that it is right. */
  asking: z.object({ at: moment, leaving: z.number(), known: z.number() }).optional(),
  confirmed: z.object({ at: moment, leaving: z.number() }).optional(),
  /** Why it couldn't be asked, since when. */
  failing: z.object({ at: moment, reason: z.string() }).optional(),
  /** Who looks at this moment, until when. */
  holder: z.object({ id: z.string(), until: moment }).optional(),
});

/** What is known of one directory's watch, by all nodes. */
export type WatchState = z.output<typeof shape>;

export interface Kept {
  state: WatchState;
  version: number;
}

/** Another node has gone on with it. */
export class OvertakenError extends Error {
  override name = 'OvertakenError';
}

export async function read(store: StateStore, directory: string): Promise<Kept> {
  const found = await store.get(directory);
  const parsed = found && shape.safeParse(JSON.parse(found.value));
  // What another program wrote: everybody is looked at anew.
  return { state: parsed?.data ?? shape.parse({}), version: found?.version ?? 0 };
}

/** @throws OvertakenError where it has another version by now */
export async function write(store: StateStore, directory: string, { version }: Kept, state: WatchState): Promise<Kept> {
  const written = await store.set(directory, JSON.stringify(state), version);
  if (!written) throw new OvertakenError(`the watch of ${directory} is another node's`);
  return { state, version: version + 1 };
}
