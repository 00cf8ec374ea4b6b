import { messagesOf } from '../import.ts';
import { type Change, changed, type Details, details, type Stored } from '../person.ts';
import { nameFrom } from '../profile.ts';
import type { Draft } from './draft.ts';
import { ScimError } from './errors.ts';

const LONGEST_ID = 256;

/** Throws ScimError where it can't be kept, or would be two lines in an audit. */
export function externalIdFrom(id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  if (id.length > LONGEST_ID || /[\p{C}\p{Zl}\p{Zp}]/u.test(id)) {
    throw new ScimError(
      400,
      `externalId is longer than ${LONGEST_ID} characters, or has invisible ones.`,
      'invalidValue',
    );
  }
  return id;
}

/** What a client calls it, in the place of what it did; others' names stay. */
export function externalIdsWith(
  before: Stored['externalIds'],
  client: string,
  id: string | undefined,
): { client: string; id: string }[] {
  const others = (before ?? []).filter((one) => one.client !== client);
  return id === undefined ? others : [...others, { client, id }];
}

/** The name that is shown: whichever of the two says something new, else what its parts make. */
function nameOf(draft: Draft, before: Stored | undefined): string | undefined {
  const { displayName, formatted } = draft;
  const fresh = [displayName, formatted].find((name) => name !== undefined && name !== before?.name);
  return fresh ?? displayName ?? formatted ?? nameFrom(draft) ?? draft.userName;
}

/** What a draft says, in the words of the directory; checked as what an administrator enters. Throws ScimError. */
export function detailsOf(draft: Draft, before?: Stored): Details {
  if (draft.userName === undefined) throw new ScimError(400, 'userName is missing.', 'invalidValue');
  const { email, phone, address, streetAddress, locality, region, postalCode, country, locale } = draft;
  const { givenName, familyName } = draft;
  const said = {
    ...{ username: draft.userName, name: nameOf(draft, before), groups: before?.groups ?? [] },
    ...{ givenName, familyName, email, phone, address, streetAddress, locality, region, postalCode, country, locale },
  };
  const parsed = details.safeParse(said);
  if (parsed.success) return parsed.data;
  throw new ScimError(400, `${messagesOf(parsed.error).join('; ')}.`, 'invalidValue');
}

/** A person after a draft is theirs. What no draft speaks of stays: the password, groups, who added them. */
export function personAfter(before: Stored, draft: Draft, client: string, now: number): Stored {
  const { groups: _, emailVerified: _e, phoneVerified: _p, username, ...rest } = detailsOf(draft, before);
  const active = draft.active !== false && !before.barred;
  const change: Change = { ...rest, status: active ? 'active' : 'disabled' };
  const externalIds = externalIdsWith(before.externalIds, client, externalIdFrom(draft.externalId));
  const next = { ...changed({ ...before, username }, change, now), externalIds };
  return same(before, next) ? before : { ...next, updatedAt: now };
}

/** Whether nothing has changed: what is undefined isn't kept, and the order of keys tells nothing. */
function same(one: Stored, other: Stored): boolean {
  const seen = (it: Stored) => {
    const kept = Object.entries(it).filter(([, value]) => value !== undefined && JSON.stringify(value) !== '[]');
    return JSON.stringify(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return seen(one) === seen(other);
}
