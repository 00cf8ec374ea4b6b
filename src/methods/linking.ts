import { createHash } from 'node:crypto';
import type { AuditFacts } from '../accounts/holds.ts';
import { linksIn, linkTo } from '../accounts/links.ts';
import type { Account, Credential } from '../core/account.ts';
import type { Browser } from '../core/browser.ts';
import { hasCode } from '../core/errors.ts';
import type { Message } from '../core/prompt.ts';
import type { Destination, Returned, Trip } from '../core/redirect.ts';
import { upstreamOf } from '../core/said.ts';
import { isOfNow, type Redirects, type Verified } from '../core/upstream.ts';
import { lockedFor, lookedAt } from '../lockout/attempt.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { Methods } from './methods.ts';
import type { MethodsNeeds } from './needs.ts';

/** How long somebody who came back may think, milliseconds. */
const PATIENCE = 10 * 60_000;
const LONGEST_NAME = 64;

/** Whoever is signed in, by the session that it is. */
export interface Linker {
  account: Pick<Account, 'id' | 'directory'>;
  session: string;
}

/** What is kept of somebody who has left to link an account: whose answer it is to be, and for whom. */
interface Left {
  account: string;
  session: string;
  directory: string;
  pending: unknown;
}

/**
 * A link that waits for a last word: it names the attempt, the session (and so the browser), the account, the house and
 * whom that named. It is good for that alone, and once.
 */
interface Waiting extends Omit<Left, 'pending'> {
  attempt: string;
  verified: Verified;
}

export type Linked = 'linked' | 'lost' | { error: Message };

interface Parts {
  attempts: Attempts;
  methods: Methods;
}

const TRY_AGAIN: Message = { key: 'already-answered' };
const why = (reason: string): { error: Message } => ({ error: { key: `link.${reason}` } });

const leftContext = (state: string): string => `linking:${state}`;
const keyOf = (session: string): string => `link:${createHash('sha256').update(session).digest('base64url')}`;

/** The name that it has among the owner's: as that house calls them. */
export const nameOf = ({ person }: Pick<Verified, 'person'>): string =>
  person.username.slice(0, LONGEST_NAME) || person.key;

/** What keeps somebody there from being linked: nobody is of two accounts. */
async function standsAgainst({ accounts, credentials }: MethodsNeeds['durable'], directory: string, key: string) {
  if (await credentials.byLookup(upstreamOf(directory), key)) return 'taken';
  return (await accounts.byDirectoryKey(directory, key)) ? 'own-account' : undefined;
}

/** Links another house to an account that somebody has: signed in to both, in one attempt. */
export function createLinking(deps: MethodsNeeds, { attempts, methods }: Parts) {
  const { audit, directories, durable, ephemeral, sealer } = deps;

  const redirectsOf = (directory: string): Redirects | undefined => {
    const redirects = directories.get(directory)?.redirects;
    return redirects?.linking === 'owner' ? redirects : undefined;
  };

  /** Houses that somebody with these credentials could link. */
  function offered({ directory: own }: Pick<Account, 'directory'>, all: readonly Credential[]): string[] {
    const linked = linksIn(all).map(({ directory }) => directory);
    return [...directories.keys()].filter((id) => id !== own && !linked.includes(id) && redirectsOf(id));
  }

  function refused(
    left: Pick<Left, 'account' | 'directory'>,
    { ip, userAgent, reference }: Browser,
    reason: string,
  ): void {
    const about = { account: left.account, factor: upstreamOf(left.directory), ip, userAgent, reference };
    audit.note({ event: 'enrolment.refused', reason, ...about });
  }

  async function refusalOf(left: Pick<Left, 'account' | 'directory'>, key: string, browser: Browser) {
    const reason = await standsAgainst(durable, left.directory, key);
    if (reason) refused(left, browser, reason);
    return reason && why(reason);
  }

  async function leave(
    { account, session }: Linker,
    directory: string,
    trip: Trip,
  ): Promise<{ to: Destination; kept: string } | { error: Message }> {
    const redirects = redirectsOf(directory);
    if (redirects === undefined) return why('not-offered');
    try {
      const { pending, ...to } = await redirects.begin({ proof: 'identity', maxAge: 0 }, trip);
      const left = { account: account.id, session, directory, pending } satisfies Left;
      return { to, kept: sealer.seal(JSON.stringify(left), leftContext(trip.state)) };
    } catch (error) {
      if (!hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) throw error;
      return { error: { key: 'upstream.unavailable' } };
    }
  }

  /** Checks what came back, and keeps it for a last word. */
  async function cameBack(
    left: Left,
    { state, back, returned }: { state: string; back: string; returned: Returned },
    browser: Browser,
  ): Promise<{ error?: Message }> {
    const { account, directory, session } = left;
    const redirects = redirectsOf(directory);
    if (redirects === undefined) return why('not-offered');
    const attempt = { subject: account, factor: `enrol-${upstreamOf(directory)}`, opening: false };
    const turn = await attempts.count(attempt, browser);
    if (!turn.allowed) {
      refused(left, browser, 'locked');
      return { error: lockedFor(turn, attempt, deps.now()) };
    }
    const pending = redirects.pending.parse(left.pending);
    const verdict = await lookedAt(turn, () => redirects.answer(returned, pending, { state, back }));
    if (verdict.outcome === 'refused') {
      const about = { account, ip: browser.ip, userAgent: browser.userAgent, reference: browser.reference };
      if (verdict.why === 'unbelievable') await turn.failed(about);
      else await turn.returned();
      refused(left, browser, verdict.reason);
      return verdict.why === 'unmet' ? why('not-anew') : { error: { key: `upstream.${verdict.why}` } };
    }
    await turn.returned();
    if (!isOfNow(redirects.anew, verdict)) {
      refused(left, browser, 'not-anew');
      return why('not-anew');
    }
    const against = await refusalOf(left, verdict.person.key, browser);
    if (against) return against;
    const waiting = { account, session, directory, attempt: state, verified: verdict } satisfies Waiting;
    await ephemeral.set(keyOf(session), sealer.seal(JSON.stringify(waiting), keyOf(session)), PATIENCE);
    return {};
  }

  const open = (stored: string, session: string) => JSON.parse(sealer.open(stored, keyOf(session))) as Waiting;

  /** Who came back, as their house calls them, and the attempt that a last word is of. */
  async function waitingFor(
    { account, session }: Linker,
    directory: string,
  ): Promise<{ attempt: string; name: string; username: string } | undefined> {
    const stored = await ephemeral.get(keyOf(session));
    const waiting = stored === undefined ? undefined : open(stored, session);
    if (waiting?.account !== account.id || waiting.directory !== directory) return undefined;
    const { name, username } = waiting.verified.person;
    return { attempt: waiting.attempt, name, username };
  }

  /** Of any number of words one links. Whatever this one was for, what waited is spent. */
  async function confirm(
    { account, session, right }: Linker & { right(): Promise<boolean> },
    { directory, attempt }: Pick<Waiting, 'directory' | 'attempt'>,
    browser: Browser,
  ): Promise<Linked> {
    const no = (reason: string): Linked => {
      refused({ account: account.id, directory }, browser, reason);
      return { error: TRY_AGAIN };
    };
    const asked = { account: account.id, right, busy: () => no('busy'), lost: () => 'lost' as const };
    return methods.exercise<Linked>(asked, async (since) => {
      const stored = await ephemeral.take(keyOf(session));
      if (stored === undefined) return no('spent');
      const waiting = open(stored, session);
      const isThis = waiting.account === account.id && waiting.directory === directory;
      if (!isThis || waiting.attempt !== attempt) return no('another-attempt');
      return add(waiting, since, browser);
    });
  }

  async function add(waiting: Waiting, since: Parameters<Methods['add']>[2], browser: Browser): Promise<Linked> {
    const { account, directory, verified } = waiting;
    const { key } = verified.person;
    const against = await refusalOf(waiting, key, browser);
    if (against) return against;
    await redirectsOf(directory)?.keep(verified);
    const link = { ...linkTo(directory, key), name: nameOf(verified) };
    const { ip, userAgent, reference } = browser;
    const facts: AuditFacts = { ip, userAgent, reference };
    const id = await methods.add(account, link, since, facts);
    if (typeof id !== 'string') return { error: id };
    // Whoever signed in there for the first time in that very moment looks for a link once more: one of both finds it.
    if ((await durable.accounts.byDirectoryKey(directory, key)) === undefined) return 'linked';
    const { factor } = link;
    await audit.commit({ ...facts, event: 'credential.removed', account, factor, credential: id });
    await methods.remove(account, id);
    return why('own-account');
  }

  return {
    offered,
    leave,
    /** @throws SallyportError ERR_SEAL where it wasn't kept for this trip */
    left: (kept: string, state: string): Left => JSON.parse(sealer.open(kept, leftContext(state))) as Left,
    cameBack,
    waitingFor,
    confirm,
  };
}

export type LinkingPart = ReturnType<typeof createLinking>;
