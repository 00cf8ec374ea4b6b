import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Scene } from './scene.ts';

/** How long another writer of the file is waited for, milliseconds. */
const BUSY = 10_000;

/** Does this while the database takes no audit entry of that event: all else is written as ever. */
export async function unwritten<T>(scene: Pick<Scene, 'data'>, event: string, act: () => Promise<T>): Promise<T> {
  const database = new DatabaseSync(join(scene.data, 'sallyport.db'), { timeout: BUSY });
  database.exec(
    `CREATE TRIGGER unwritten BEFORE INSERT ON audit WHEN NEW.event = '${event}'
     BEGIN SELECT RAISE(ABORT, 'it is taken no more'); END`,
  );
  try {
    return await act();
  } finally {
    database.exec('DROP TRIGGER unwritten');
    database.close();
  }
}
