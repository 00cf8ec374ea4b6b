import { type Kysely, sql } from 'kysely';
import type { NewAccount } from '../core/store.ts';
import { has, text } from './columns.ts';
import type { Tables } from './schema.ts';

/** Text as it is compared: databases fold the case of ASCII letters alone, or by a locale of their own. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** What an account is found by, each word after a space: user name, name, mail address, the directory's own key. */
export function searchText({
  username,
  name,
  email = '',
  directoryKey,
}: Pick<NewAccount, 'username' | 'name' | 'email' | 'directoryKey'>): string {
  return ` ${[username, name, email, directoryKey].map(folded).join(' ')}`;
}

const literally = (text: string) => text.replace(/[\\%_]/g, '\\$&');

/** A `like` pattern for accounts of which a word begins so; undefined where nothing is left of what was typed. */
export function wordPattern(typed: string): string | undefined {
  const text = folded(typed.slice(0, 256));
  return text === '' ? undefined : `% ${literally(text)}%`;
}

/** A `like` pattern for lists of groups, as they are kept, that hold this one. */
export const groupPattern = (group: string): string => `%${literally(JSON.stringify(group))}%`;

const PAGE = 500;

/** Adds the column `search`, and fills it; goes on where it was cut off. */
export async function addSearch(db: Kysely<unknown>): Promise<void> {
  if (!(await has(db, 'accounts', 'search'))) {
    await db.schema.alterTable('accounts').addColumn('search', text(db)).execute();
  }
  const typed = db as Kysely<Tables>;
  for (;;) {
    const rows = await typed.selectFrom('accounts').selectAll().where('search', 'is', null).limit(PAGE).execute();
    for (const { id, username, name, email, directory_key } of rows) {
      const search = searchText({ username, name, directoryKey: directory_key, ...(email === null ? {} : { email }) });
      await typed.updateTable('accounts').set({ search }).where('id', '=', id).execute();
    }
    if (rows.length < PAGE) return;
  }
}

export const like = (column: 'search' | 'groups', pattern: string) =>
  sql<boolean>`${sql.ref(column)} like ${pattern} escape '\\'`;
