import type { LastArrival } from '../../core/listening.ts';
import { minute, type Trouble } from '../../core/trouble.ts';
import { meet, rangeOf } from './networks.ts';
import { type Seen, SIGHTS } from './seen.ts';
import { hasSecret, type RadiusClient } from './settings.ts';

/** So much later than its accounting people are accepted at a client that sends none, milliseconds. */
const ACCOUNTS_WITHIN = 2 * 3_600_000;
/** How long all must have come with Message-Authenticator before it is said that it can be required, milliseconds. */
const SURE = 7 * 86_400_000;

const at = (sight: { at: number } | undefined): number => sight?.at ?? Number.NEGATIVE_INFINITY;

/** What is said of a client's Message-Authenticator, in a table. */
export function integrityWords({ settings }: RadiusClient, seen: Seen): string {
  if (at(seen.unauthentic) > Math.max(at(seen.protected), at(seen.unprotected))) return 'wrong: another secret?';
  if (seen.since !== undefined) return `since ${minute(seen.since)}`;
  if (seen.unprotected === undefined) return 'no request yet';
  const fate = settings.requireMessageAuthenticator ? 'dropped' : 'taken';
  return `${seen.protected ? 'not in all' : 'not yet'}: ${fate} without, last ${minute(seen.unprotected.at)}`;
}

type Row = (client: RadiusClient, seen: Seen, now: number) => string | undefined;

/** What is wrong with a client, by what was seen of it: its first sentence that fits, of each row. */
const ROWS: readonly Row[] = [
  (_, seen) =>
    at(seen.unauthentic) > Math.max(at(seen.protected), at(seen.unprotected))
      ? 'its requests have a wrong Message-Authenticator, and are dropped: are the secrets the same?'
      : undefined,
  (_, seen) =>
    at(seen.unreadable) > at(seen.accepted)
      ? 'its last request was by CHAP, MS-CHAP or EAP, which don’t carry the password: set it to PAP'
      : undefined,
  ({ settings }, seen) =>
    settings.pool && seen.accepted && at(seen.accounted) < seen.accepted.at - ACCOUNTS_WITHIN
      ? 'it sends no accounting, so that its connections count for nothing'
      : undefined,
  integrityTrouble,
];

function integrityTrouble(client: RadiusClient, seen: Seen, now: number): string | undefined {
  const { settings } = client;
  if (!hasSecret(client)) return undefined;
  if (settings.requireMessageAuthenticator) {
    return at(seen.unprotected) > at(seen.protected)
      ? 'its requests have no Message-Authenticator, and are dropped: turn it on there'
      : undefined;
  }
  if (seen.since === undefined) {
    return seen.unprotected === undefined
      ? undefined
      : 'not all of its requests have Message-Authenticator, and anybody on the way can change those: turn it on there';
  }
  if (now - seen.since < SURE) return undefined;
  return `all of its requests have had Message-Authenticator since ${minute(seen.since)}: turn requireMessageAuthenticator on`;
}

/** What keeps clients from working as they are meant to. In words that don't change while it lasts. */
export function troublesOf(clients: readonly RadiusClient[], all: ReadonlyMap<string, Seen>, now: number): Trouble[] {
  return clients.flatMap((client) => {
    const seen = all.get(client.id);
    if (seen === undefined) return [];
    return ROWS.flatMap((row): Trouble[] => {
      const reason = row(client, seen, now);
      return reason === undefined ? [] : [{ application: client.id, state: 'incomplete', about: 'requests', reason }];
    });
  });
}

/** Clients that nothing ever came from. */
export const silent = (clients: readonly RadiusClient[], all: ReadonlyMap<string, Seen>): RadiusClient[] =>
  clients.filter(({ id }) => !all.has(id));

/** Ranges of two applications of which one holds the other: the narrowest counts, which may not be what was meant. */
export function overlaps(clients: readonly RadiusClient[]): { one: string; other: string; ranges: string }[] {
  const all = clients.filter(hasSecret).flatMap(({ id, settings }) =>
    settings.clients.flatMap((text) => {
      const range = rangeOf(text);
      return range === undefined ? [] : [{ id, text, range }];
    }),
  );
  return all.flatMap((a, index) =>
    all
      .slice(index + 1)
      .filter((b) => a.id !== b.id && meet(a.range, b.range))
      .map((b) => ({ one: a.id, other: b.id, ranges: `${a.text} and ${b.text}` })),
  );
}

/** For a terminal: a row of cells for each client, heads first. */
export function rowsOf(clients: readonly RadiusClient[], all: ReadonlyMap<string, Seen>): string[][] {
  const rows = clients.map((client) => {
    const seen = all.get(client.id) ?? {};
    const times = [seen.accepted, seen.accounted].map((sight) => (sight ? minute(sight.at) : 'never'));
    return [client.id, integrityWords(client, seen), ...times];
  });
  return [['application', 'Message-Authenticator', 'accepted', 'accounting'], ...rows];
}

/** For a metric: when the last of each kind came. */
export function lastArrivals(clients: readonly RadiusClient[], all: ReadonlyMap<string, Seen>): LastArrival[] {
  return clients.flatMap(({ id }) =>
    SIGHTS.map((outcome) => ({ application: id, outcome, at: all.get(id)?.[outcome]?.at ?? 0 })),
  );
}
