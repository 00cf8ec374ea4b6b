import { createMemo } from '../core/memo.ts';
import type { DurableStore } from '../core/store.ts';
import { prepared, type Reads } from './prepared.ts';
import type { Database } from './schema.ts';
import { retried } from './transactions.ts';

/** Numbers of what one statement is about, of which its text is kept. */
const SIZES = 32;

/** Failures in a row. Each count is one statement: of any number at once no more than `most` are counted. */
export function createFailures({ db, ask }: Reads): DurableStore['failures'] {
  const ofSubject = prepared({ db, ask }, (subject) =>
    db.selectFrom('failures').select(['about as of', 'count']).where('subject', '=', subject),
  );
  const counting = bySize(() => prepared<Counted, string | number>({ db }, counted(db)));
  const ending = bySize(() => prepared<Counted>({ db }, ended(db)));
  return {
    ofSubject: (subject) => ofSubject(subject),
    async count(subject, of, { most, at, since = 0 }) {
      if (of.length === 0) return [];
      const about = [...new Set(of)].toSorted();
      return retried(() => counting(about.length)(subject, most, at, since, ...about));
    },
    async giveBack(subject, of) {
      if (of.length === 0) return;
      const given = db
        .updateTable('failures')
        .set((eb) => ({ count: eb('count', '-', 1) }))
        .where('subject', '=', subject)
        .where('about', 'in', of)
        .where('count', '>', 0);
      await retried(() => given.execute());
    },
    async end(subject, of) {
      if (of === undefined) {
        const all = db.deleteFrom('failures').where('subject', '=', subject);
        return retried(() => all.returning(['about as of', 'count']).execute());
      }
      return of.length === 0 ? [] : retried(() => ending(of.length)(subject, ...of));
    },
  };
}

interface Counted {
  of: string;
  count: number;
}

/** Statements are built once for each number of what they are about, which is one or two at nearly every sign-in. */
function bySize<T>(build: () => T): (size: number) => T {
  const built = createMemo<number, { statement: T }>(SIZES);
  return (size) => built(size, () => ({ statement: build() })).statement;
}

/** Numbers stand as texts here, in the places of those that a call brings. */
const counted =
  (db: Database) =>
  (subject: string, most: string, at: string, since: string, ...about: string[]) =>
    db
      .insertInto('failures')
      .values(about.map((of) => ({ subject, about: of, count: 1, began_at: at as never })))
      .onConflict((conflict) =>
        conflict
          .columns(['subject', 'about'])
          .doUpdateSet((eb) => ({
            count: eb
              .case()
              .when('failures.began_at', '<', since as never)
              .then(1)
              .else(eb('failures.count', '+', 1))
              .end(),
            began_at: eb
              .case()
              .when('failures.began_at', '<', since as never)
              .then(at as never)
              .else(eb.ref('failures.began_at'))
              .end(),
          }))
          .where((eb) =>
            eb.or([eb('failures.count', '<', most as never), eb('failures.began_at', '<', since as never)]),
          ),
      )
      .returning(['about as of', 'count']);

const ended =
  (db: Database) =>
  (subject: string, ...of: string[]) =>
    db
      .deleteFrom('failures')
      .where('subject', '=', subject)
      .where('about', 'in', of)
      .returning(['about as of', 'count']);
