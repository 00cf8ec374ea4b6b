import { setTimeout as pause } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import { SallyportError } from '../core/errors.ts';
import type { Database, Tables } from './schema.ts';

/** SQLSTATE: of two that wait for each other, or can't both be right, the database undid this one. */
const UNDONE = /^40/;
const TRIES = 8;
/** Milliseconds at most before the second try. */
const PAUSE = 10;

/** All or nothing; again where the database chose it as the one to give way. `work` does nothing besides. */
export function transaction<T>(db: Database, work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
  return retried(() => db.transaction().execute(work));
}

/** The same for one statement on several rows, which another may lock in another order. */
export async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!wasUndone(error)) throw error;
      if (tried === TRIES) {
        const message = 'the durable store: others kept changing the same at the same moment';
        throw new SallyportError('ERR_STORE_UNAVAILABLE', message, { cause: error });
      }
      await pause(Math.random() * PAUSE * 2 ** tried);
    }
  }
}

function wasUndone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && UNDONE.test(error.code);
}
