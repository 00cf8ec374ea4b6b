import type { DurableStore } from '../core/store.ts';
import { prepared, type Reads } from './prepared.ts';
import { retried } from './transactions.ts';

/** Failures in a row. Each count is one statement: of any number at once no more than `most` are counted. */
export function createFailures({ db, ask }: Reads): DurableStore['failures'] {
  const ofSubject = prepared({ db, ask }, (subject) =>
    db.selectFrom('failures').select(['about as of', 'count']).where('subject', '=', subject),
  );
  return {
    ofSubject: (subject) => ofSubject(subject),
    async count(subject, of, { most, at, since = 0 }) {
      if (of.length === 0) return [];
      const counted = db
        .insertInto('failures')
        .values([...new Set(of)].toSorted().map((about) => ({ subject, about, count: 1, began_at: at })))
        .onConflict((conflict) =>
          conflict
            .columns(['subject', 'about'])
            .doUpdateSet((eb) => ({
              count: eb
                .case()
                .when('failures.began_at', '<', since)
                .then(1)
                .else(eb('failures.count', '+', 1))
                .end(),
              began_at: eb
                .case()
                .when('failures.began_at', '<', since)
                .then(at)
                .else(eb.ref('failures.began_at'))
                .end(),
            }))
            .where((eb) => eb.or([eb('failures.count', '<', most), eb('failures.began_at', '<', since)])),
        )
        .returning(['about as of', 'count']);
      return retried(() => counted.execute());
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
      if (of?.length === 0) return [];
      let query = db.deleteFrom('failures').where('subject', '=', subject);
      if (of) query = query.where('about', 'in', of);
      return retried(() => query.returning(['about as of', 'count']).execute());
    },
  };
}
