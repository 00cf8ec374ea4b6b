import { setImmediate } from 'node:timers/promises';
import type { Account } from '../../core/account.ts';
import type { CredentialFact } from '../../core/store.ts';
import type { SignInDeps } from '../deps.ts';

/** Accounts that are read at once: all that is held of them. */
const PAGE = 500;

/** Somebody in scope, with what is told of their methods without opening them. */
export interface Counted {
  account: Account;
  methods: CredentialFact[];
}

/** Whether this agent's reports speak of somebody, by the groups that their last sign-in brought. */
export type InScope = (person: { id: string; groups: readonly string[] }) => boolean;

/** Everybody in scope, some hundreds at a time; others get their turn in between. */
export async function* peopleIn({ durable }: Pick<SignInDeps, 'durable'>, inScope: InScope): AsyncGenerator<Counted[]> {
  let after: string | undefined;
  for (;;) {
    const page = await durable.accounts.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    const accounts = page.filter(inScope);
    const methods = Map.groupBy(
      await durable.credentials.ofAccounts(accounts.map(({ id }) => id)),
      ({ account }) => account,
    );
    if (accounts.length > 0) yield accounts.map((account) => ({ account, methods: methods.get(account.id) ?? [] }));
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
    await setImmediate();
  }
}
