import type { AuditPort, LogPort } from '../../core/door.ts';
import type { DurableStore, StateStore } from '../../core/store.ts';
import type { Accounts } from '../accounts.ts';
import { APART, afterSearches, isFarFewer, type Recent, recentAt, type Suspects } from './decide.ts';
import {
  askAnew,
  type Eyes,
  type Leaver,
  type Look,
  lookAt,
  lookAtAll,
  lookSince,
  pagesOf,
  type Watched,
} from './look.ts';
import { type Kept, type WatchState, write } from './state.ts';

/** How long a node has a watch that it doesn't renew, milliseconds. */
export const LASTS = 120_000;
/** A confirmation is good for this long, milliseconds. */
const CONFIRMED = 86_400_000;

/** People who are asked for at most where the last answer about them is old, at one look at everybody. */
const ANEW = 2_000;

export interface WatchNeeds {
  now(): number;
  durable: Pick<DurableStore, 'accounts' | 'state'>;
  accounts: Pick<Accounts, 'refresh'>;
  audit: Pick<AuditPort, 'commit'>;
  log: LogPort;
  /** How old a directory's last answer about somebody may be before it is asked for one; milliseconds, absent: any age. */
  seenWithin?: number;
  /** Sessions, tokens, remembered devices and proofs of an account. */
  endEverything(account: string): Promise<unknown>;
}

/** What it takes to end what somebody has. */
type EndNeeds = Pick<WatchNeeds, 'endEverything' | 'audit'> & {
  durable: { accounts: Pick<DurableStore['accounts'], 'setStanding'> };
};

/** How a directory is watched; milliseconds, and per cent. */
export interface Pace {
  every: number;
  complete: number;
  most: number;
}

/** The watch while this node has it: each write throws OvertakenError where another one has. */
interface Hold {
  readonly state: WatchState;
  save(change: Partial<WatchState>): Promise<void>;
  /** Between pages. */
  renew(): Promise<void>;
}

/** What a look comes to. */
interface Findings {
  begun: number;
  look: Look;
  /** Without those who are gone. */
  suspects: Suspects;
  leaving: readonly Leaver[];
  /** Gone if they are missed again: counted before that, while nobody has been ended. */
  missed: number;
  recent: Recent;
  known: number;
  confirmed?: number | undefined;
}

/** One look at one directory by the node that has its watch, and what follows from it. */
export async function lookOnce(
  needs: WatchNeeds,
  store: StateStore,
  watched: Watched,
  { pace, claimed, holder }: { pace: Pace; claimed: Kept; holder: string },
): Promise<void> {
  const hold = keeping(store, watched.id, { claimed, holder, now: needs.now });
  const found = await findingsOf(needs, watched, hold, pace);
  const { look, leaving, missed, recent, known, confirmed } = found;
  const proportions = { known, leaving: leaving.length + missed, recent: recent.count, confirmed };
  const all = { seen: look.complete?.seen, before: hold.state.seen };
  if (isFarFewer({ ...pace, ...proportions, ...all })) await ask(needs, watched.id, hold, found);
  else await conclude(needs, watched.id, hold, found);
  if (needs.seenWithin === undefined || look.complete === undefined || hold.state.asking) return;
  const stale = { before: needs.now() - needs.seenWithin, most: ANEW };
  await askAnew(watched, stale, { ...needs, renew: hold.renew });
}

function keeping(
  store: StateStore,
  id: string,
  { claimed, holder, now }: { claimed: Kept; holder: string; now(): number },
): Hold {
  let kept = claimed;
  let renewed = now();
  const save = async (change: Partial<WatchState>) => {
    kept = await write(store, id, kept, { ...kept.state, ...change });
  };
  return {
    get state() {
      return kept.state;
    },
    save,
    async renew() {
      if (now() - renewed < LASTS / 4) return;
      renewed = now();
      await save({ holder: { id: holder, until: renewed + LASTS } });
    },
  };
}

async function findingsOf(needs: WatchNeeds, watched: Watched, hold: Hold, pace: Pace): Promise<Findings> {
  const eyes = { ...needs, renew: hold.renew };
  const before = hold.state;
  const begun = needs.now();
  const look = (await newsOf(watched, before, { pace, begun, eyes })) ?? (await lookAtAll(watched, eyes));
  if (!before.asking) await askAgain(watched, before.suspects, { look, eyes, at: begun });
  const after = afterSearches(before.suspects, look.searched, begun);
  // Of many who are missed it isn't known before somebody says so.
  const gone = new Set(before.asking && !look.complete ? [] : after.gone);
  const suspects = Object.fromEntries(Object.entries(after.suspects).filter(([key]) => !gone.has(key)));
  const believed = await goneOf(watched.id, [...gone], needs.durable);
  const leaving = new Map([...look.leaving, ...believed].map((leaver) => [leaver.account, leaver]));
  const isOver = before.confirmed === undefined || begun - before.confirmed.at >= CONFIRMED;
  return {
    ...{ begun, look, suspects, leaving: [...leaving.values()] },
    missed: Object.keys(suspects).length,
    recent: recentAt(before.recent, begun),
    known: look.complete?.known ?? before.known,
    confirmed: isOver ? undefined : before.confirmed?.leaving,
  };
}

/** Who changed, where that can be told and everybody isn't due. */
async function newsOf(
  watched: Watched,
  { cursor, completeAt, confirmed }: WatchState,
  { pace, begun, eyes }: { pace: Pace; begun: number; eyes: Eyes },
): Promise<Look | undefined> {
  if (cursor === undefined || completeAt === undefined || begun - completeAt >= pace.complete) return undefined;
  // What was confirmed was a look at everybody.
  if (confirmed && confirmed.at >= completeAt) return undefined;
  return lookSince(watched, cursor, eyes);
}

/** Asks for each of those who were missed long enough ago. */
async function askAgain(
  { id }: Watched,
  suspects: Suspects,
  { look, eyes, at }: { look: Look; eyes: Eyes; at: number },
): Promise<void> {
  const due = Object.entries(suspects).filter(([, since]) => at - since >= APART);
  for (const keys of pagesOf(due.map(([key]) => key))) {
    await eyes.renew();
    for (const account of await eyes.durable.accounts.byDirectoryKeys(id, keys)) await lookAt(account, look, eyes);
  }
}

async function goneOf(id: string, all: readonly string[], { accounts }: WatchNeeds['durable']): Promise<Leaver[]> {
  const found: Leaver[] = [];
  for (const keys of pagesOf(all)) {
    for (const { id: account, directoryKey: key } of await accounts.byDirectoryKeys(id, keys))
      found.push({ account, key, status: 'gone' });
  }
  return found;
}

function looked({ begun, look, known, recent }: Findings): Partial<WatchState> {
  const complete = look.complete && { completeAt: begun, seen: look.complete.seen };
  return { cursor: look.cursor, lookedAt: begun, known, failing: undefined, recent, ...complete };
}

/** Ends nothing. The number of people from before stays what the next look is held against. */
async function ask({ audit, log }: WatchNeeds, id: string, hold: Hold, found: Findings): Promise<void> {
  const { asking: before, seen } = hold.state;
  const { known, begun } = found;
  const leaving = found.leaving.length + found.missed;
  // Who changed is looked at again, when everybody is.
  const completeAt = found.look.complete ? begun : 0;
  await hold.save({ ...looked(found), completeAt, seen, asking: { at: before?.at ?? begun, leaving, known } });
  if (before) return;
  await audit.commit({ event: 'directory.asks', directory: id, leaving, known });
  log.warn({ directory: id, leaving, known }, `far fewer people than before: ${adviceOf(id)}`);
}

export const adviceOf = (directory: string): string =>
  `nothing is ended. Look at its base, filter and the rights of its service account; if they have all left, run sallyport directory confirm ${directory}`;

async function conclude(needs: WatchNeeds, id: string, hold: Hold, found: Findings): Promise<void> {
  const { look, leaving, missed, recent, confirmed } = found;
  const { asking } = hold.state;
  for (const leaver of leaving) {
    await hold.renew();
    await end(needs, id, leaver);
  }
  const left = new Set(leaving.map(({ key }) => key));
  const suspects = Object.fromEntries(Object.entries(found.suspects).filter(([key]) => !left.has(key)));
  const count = recent.count + (confirmed === undefined ? leaving.length : 0);
  await hold.save({
    ...{ ...looked(found), suspects, recent: { ...recent, count } },
    ...(look.complete && { asking: undefined }),
    // It holds until those who were missed are gone as well.
    ...(look.complete && missed === 0 && { confirmed: undefined }),
  });
  if (leaving.length > 0) needs.log.info({ directory: id, left: leaving.length }, 'people have left a directory');
  if (asking && look.complete) needs.log.info({ directory: id }, 'a directory is watched again as before');
}

/** Written down last: a node that dies before that leaves it to be done again. */
export async function end(needs: EndNeeds, directory: string, { account, status, reason }: Leaver): Promise<void> {
  await needs.endEverything(account);
  const said = reason === undefined ? {} : { detail: reason };
  await needs.audit.commit({ event: 'account.left', account, directory, reason: status, ...said });
  await needs.durable.accounts.setStanding(account, status);
}
