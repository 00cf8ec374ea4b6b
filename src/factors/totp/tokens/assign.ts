import type { Account } from '../../../core/account.ts';
import type { Refused } from '../../../core/challenge.ts';
import type { Assigned } from '../../../core/factor-powers.ts';
import { tokenName } from '../names.ts';
import { type Enrolled, type HeldData, isHeld } from '../schemas.ts';
import { lookupOf } from './claim.ts';
import type { Tokens } from './store.ts';
import { normaliseSerial, type Token } from './token.ts';

const refuse = (why: 'none' | 'taken' | 'theirs'): Refused => ({
  outcome: 'refused',
  message: { key: `assign.${why}` },
  reason: why,
});

/** Gives a token to an account, by its serial number, for an operator: no code of it is asked for. */
export async function assignToken(
  { now, tokens }: { now(): number; tokens: Tokens },
  account: Account,
  existing: readonly Enrolled[],
  typed: string,
): Promise<Assigned<HeldData> | Refused> {
  const number = normaliseSerial(typed);
  const kept = number === undefined ? undefined : await tokens.get(number);
  if (kept === undefined) return refuse('none');
  const { serial, digits, holder } = kept.token;
  if (holder !== undefined && holder.account !== account.id) return refuse('taken');
  if (existing.filter(isHeld).some(({ data }) => data.serial === serial)) return refuse('theirs');
  // Held first: of two who get it at once, one does.
  const taken = { account: account.id, username: account.username, at: now() };
  if (!(await tokens.save(kept, { ...kept.token, holder: taken }))) {
    return { outcome: 'refused', message: { key: 'try-again' }, reason: 'changed' };
  }
  return {
    outcome: 'assigned',
    name: tokenName(account.locale, serial),
    data: { serial, digits },
    lookup: lookupOf(serial),
    async release() {
      const current = holder === undefined ? await tokens.get(serial) : undefined;
      if (current) await tokens.save(current, withoutHolder(current.token));
    },
  };
}

export function withoutHolder(token: Token): Token {
  const { holder: _, ahead: __, ...rest } = token;
  return rest;
}
