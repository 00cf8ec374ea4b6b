import type { Consent, DurableStore } from '../core/store.ts';
import type { ConsentRow, Database } from './schema.ts';

/** What a person agreed to release, one record per account and application. */
export function createConsents(db: Database): DurableStore['consents'] {
  return {
    async get(account, application) {
      const row = await db
        .selectFrom('consents')
        .selectAll()
        .where('account', '=', account)
        .where('application', '=', application)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    async put(consent) {
      const agreed = {
        scopes: JSON.stringify(consent.scopes),
        claims: JSON.stringify(consent.claims),
        resources: JSON.stringify(consent.resources),
        at: consent.at,
      };
      await db
        .insertInto('consents')
        .values({ ...agreed, account: consent.account, application: consent.application })
        .onConflict((conflict) => conflict.columns(['account', 'application']).doUpdateSet(agreed))
        .execute();
    },
    async remove(account, application) {
      await db.deleteFrom('consents').where('account', '=', account).where('application', '=', application).execute();
    },
    async ofAccount(account) {
      const rows = await db
        .selectFrom('consents')
        .selectAll()
        .where('account', '=', account)
        .orderBy('application')
        .execute();
      return rows.map(fromRow);
    },
  };
}

function fromRow(row: ConsentRow): Consent {
  return {
    account: row.account,
    application: row.application,
    scopes: JSON.parse(row.scopes),
    claims: JSON.parse(row.claims),
    resources: JSON.parse(row.resources),
    at: row.at,
  };
}
