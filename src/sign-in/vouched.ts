import type { Evidence } from '../core/assurance.ts';
import type { SignInRequest } from '../core/sign-in.ts';

/**
 * The word of a door's counterpart, in the shape of a first proof, so that only what comes after is missing. It is made
 * anew whenever this request is looked at, and kept nowhere: no session and no other request can count it.
 */
export function vouchedFor({ presenter, request }: SignInRequest): Evidence[] {
  if (presenter?.vouched === undefined) return [];
  const { door, vouched: at } = presenter;
  const nothingMore = { amr: [], phishingResistant: false, attested: false };
  return [{ factor: door, credential: door, kinds: ['knowledge'], ...nothingMore, at, request }];
}
