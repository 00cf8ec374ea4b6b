import type { AdapterPayload } from 'oidc-provider';
import type { Proof } from '../../core/assurance.ts';

/** A session whose expiry moves by less than this share of its life isn't written again. */
const WORTH_WRITING = 0.05;

/** When sessions at other houses of which this one came end at the latest, by what their proofs name: epoch milliseconds. */
export type Bounds = Readonly<Record<string, number>>;

/** As they are with what was proven besides: whoever has come by a house anew has its last word. */
export function boundsWith(before: Bounds | undefined, proofs: readonly Proof[]): Bounds | undefined {
  const said = proofs.filter((proof) => proof.said !== undefined);
  if (said.length === 0) return before;
  const { ...bounds }: Record<string, number> = before ?? {};
  for (const { factor, expires } of said) {
    if (expires === undefined) delete bounds[factor];
    else bounds[factor] = expires;
  }
  return bounds;
}

/** A session as it stands under its uid. */
export interface StoredSession extends AdapterPayload {
  /** Hash of the cookie value that the session goes by. */
  current: string;
  /** Goes up with each new cookie value. A value sees what was proven up to its own epoch. */
  epoch?: number;
  bounds?: Bounds;
}

/** Whether using a session that expires at `exp` (seconds) prolongs it by enough to write it again. `now`: milliseconds. */
export function moves(exp: number | undefined, idle: number, now: number): boolean {
  return exp === undefined || now / 1000 + idle - exp >= idle * WORTH_WRITING;
}

/** Applications of one session; of more, those that came first are forgotten. A person opens dozens in a day. */
const MOST_APPLICATIONS = 200;

type Authorizations = NonNullable<AdapterPayload['authorizations']>;

/**
 * Applications that another tab added stay, each with the name (`sid`) by which it knows the session since: a logout
 * is told by it. Everything else is the writer's.
 */
export function merge(
  before: StoredSession,
  payload: AdapterPayload,
  mark: Required<Pick<StoredSession, 'current' | 'epoch'>>,
): StoredSession {
  const { jti: _, ...rest } = payload;
  // Only one account is ever in a session: what another one authorized isn't carried over.
  const kept = before.accountId === payload.accountId ? (before.authorizations ?? {}) : undefined;
  const authorizations: Authorizations = { ...kept, ...payload.authorizations };
  for (const [client, mine] of Object.entries(payload.authorizations ?? {})) {
    const known = kept?.[client];
    authorizations[client] = { ...known, ...mine, ...(known?.sid ? { sid: known.sid } : {}) };
  }
  return {
    ...(kept && before.bounds ? { bounds: before.bounds } : {}),
    ...rest,
    ...(Object.keys(authorizations).length > 0 ? { authorizations: newest(authorizations) } : {}),
    ...mark,
  };
}

/** An object keeps the order in which its keys came. */
function newest(authorizations: Authorizations): Authorizations {
  const all = Object.entries(authorizations);
  return all.length > MOST_APPLICATIONS ? Object.fromEntries(all.slice(-MOST_APPLICATIONS)) : authorizations;
}

/** What a late writer adds: applications that the session doesn't have yet, so that their logout is told. Nothing else. */
export function withApplications(before: StoredSession, payload: AdapterPayload): StoredSession | undefined {
  if (before.accountId === undefined || before.accountId !== payload.accountId) return undefined;
  const known = before.authorizations ?? {};
  const isNew = Object.keys(payload.authorizations ?? {}).some((client) => !Object.hasOwn(known, client));
  return isNew ? { ...before, authorizations: newest({ ...payload.authorizations, ...known }) } : undefined;
}

/** Whether it isn't worth writing: the same, but for an expiry that hardly moves. `expiresIn`: seconds. */
export function unchanged(before: StoredSession, after: StoredSession, expiresIn: number): boolean {
  const moved = (after.exp ?? 0) - (before.exp ?? 0);
  if (moved < 0 || moved >= expiresIn * WORTH_WRITING) return false;
  return JSON.stringify({ ...after, exp: 0 }) === JSON.stringify({ ...before, exp: 0 });
}
