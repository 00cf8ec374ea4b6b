import type { Kysely } from 'kysely';
import { emailKey } from '../core/logins.ts';
import type { Tables } from './schema.ts';
import { addRecordKeys } from './tables.ts';

const PAGE = 500;

/** The key that a person's record is found by, in directories that keep people here; undefined without an address. */
function keyOf(data: string): string | undefined {
  const person: unknown = JSON.parse(data);
  const email = typeof person === 'object' && person !== null && 'email' in person ? person.email : undefined;
  return typeof email === 'string' ? emailKey(email) : undefined;
}

/** Adds the keys of records, and gives people theirs who were there before; goes on where it was cut off. */
export async function addPeoplesKeys(db: Kysely<unknown>): Promise<void> {
  await addRecordKeys(db);
  const typed = db as Kysely<Tables>;
  let after: { namespace: string; id: string } = { namespace: 'directory:', id: '' };
  for (;;) {
    const { namespace, id } = after;
    const rows = await typed
      .selectFrom('records')
      .select(['namespace', 'id', 'data'])
      .where('namespace', 'like', 'directory:%')
      .where((eb) =>
        eb.or([eb('namespace', '>', namespace), eb.and([eb('namespace', '=', namespace), eb('id', '>', id)])]),
      )
      .orderBy('namespace')
      .orderBy('id')
      .limit(PAGE)
      .execute();
    const keys = rows.flatMap((row) => {
      const key = keyOf(row.data);
      return key === undefined ? [] : [{ namespace: row.namespace, key, id: row.id }];
    });
    if (keys.length > 0) {
      await typed
        .insertInto('record_keys')
        .values(keys)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last;
  }
}
