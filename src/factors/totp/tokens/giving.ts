import type { Account } from '../../../core/account.ts';
import type { FactorDesk } from '../../../core/factor-desk.ts';
import { type Data, isHeld } from '../schemas.ts';
import { assignToken } from './assign.ts';
import { createTokens } from './store.ts';

export type Desk = FactorDesk<Data>;

export const TRY_AGAIN = 'It was changed at the same moment: try again.';

/** Whose a token is now, or why it isn't; `same` where it was theirs already. */
export type Given = { account: Account } | { refused: string; same?: true };

/** Gives a token that is there to a person, as they type their name; audited. */
export async function giveToken(desk: Desk, serial: string, username: string): Promise<Given> {
  const tokens = createTokens(desk);
  const account = await desk.account(username);
  if (account === undefined) return { refused: `There is no account ${JSON.stringify(username)}.` };
  const holder = (await tokens.get(serial))?.token.holder;
  if (holder !== undefined && holder.account !== account.id) {
    return { refused: `${serial} is ${holder.username}'s: unassign it first.` };
  }
  const taken = await assignToken({ now: desk.now, tokens }, account, await desk.credentials(account), serial);
  if (taken.outcome === 'refused') {
    return taken.reason === 'theirs'
      ? { refused: `${serial} is ${username}'s already.`, same: true }
      : { refused: TRY_AGAIN };
  }
  const added = await desk.add(account, taken);
  if (typeof added !== 'string') {
    await taken.release();
    const why = added.key === 'too-many-methods' ? `${username} has too many methods of this kind.` : TRY_AGAIN;
    return { refused: why };
  }
  await desk.audit({ event: 'tokens.assigned', account: account.id, serial, credential: added });
  return { account };
}

/** The account's credentials that are this token: one, or none if its owner removed it. */
export async function credentialsOf(desk: Desk, account: Account, serial: string) {
  return (await desk.credentials(account)).filter(isHeld).filter(({ data }) => data.serial === serial);
}
