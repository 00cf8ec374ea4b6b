import { contextOf } from '../accounts/context.ts';
import type { Credentials } from '../accounts/credentials.ts';
import { linksIn } from '../accounts/links.ts';
import type { FullEvaluation } from '../assurance/evaluate.ts';
import type { Browser } from '../core/browser.ts';
import type { Refused } from '../core/challenge.ts';
import { hasCode } from '../core/errors.ts';
import type { Departure, Destination, Trip } from '../core/redirect.ts';
import { directoryOfUpstream } from '../core/said.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Redirects, Wish } from '../core/upstream.ts';
import type { Dispatcher } from './advance.ts';
import type { SignInNeeds } from './needs.ts';
import type { Progress } from './progress.ts';
import type { Opening, State } from './steps.ts';
import { freshly, nameOf, wishOf } from './wishes.ts';

/** What is kept of somebody who has left for another page, until their answer is there. */
export interface Left {
  /** The sign-in's id. */
  signIn: string;
  /** The step that the answer answers: to any other one it is none. */
  nonce: string;
  /** Who sent them: a factor, or a directory's provider (`upstreamOf`). */
  source: string;
  /** Which of that directory's houses, where it leads to many. */
  house?: string;
  /** The factor's or provider's own. */
  pending: unknown;
  /** What a provider was asked for. */
  asked?: string;
}

/** Where the browser goes, and what is kept meanwhile: sealed. */
export interface Gone {
  to: Destination;
  kept: string;
}

/** What this step offers that leads elsewhere. */
export function openingOf({ stage }: State, source: string): Opening | undefined {
  if (stage.at !== 'first' && stage.at !== 'method' && stage.at !== 'enrol') return undefined;
  return [stage, ...(stage.also ?? [])].find(({ factor, prompt }) => factor === source && prompt.kind === 'redirect');
}

/** Whom it must be there: of somebody known who linked them. */
function subjectAt({ credentials }: FullEvaluation, directory: string | undefined): Pick<Wish, 'subject'> {
  const link = linksIn(credentials).find((one) => one.directory === directory);
  return link ? { subject: link.key } : {};
}

const contextFor = (state: string): string => `left:${state}`;

interface Parts {
  credentials: Credentials;
  dispatcher: Dispatcher;
  progress: Progress;
}

/** Leaving for somebody else's page: what is asked there is made in that moment, by how the request then stands. */
export function createLeaving(deps: SignInNeeds, { credentials, dispatcher, progress }: Parts) {
  async function ofFactor(
    { factor: id, pending }: Opening,
    request: SignInRequest,
    state: State,
    browser: Browser,
    trip: Trip,
  ): Promise<Departure<unknown> | Refused> {
    const it = deps.factors.get(id);
    const { account } = await dispatcher.evaluate(request, state, browser);
    if (!it?.factor.redirects || account === undefined) throw new Error(`factor ${id} sends nobody elsewhere`);
    const mine = (await credentials.ofAccount(account.id)).filter(({ factor }) => factor === id);
    const read = it.module.pending.parse(pending);
    return it.factor.redirects.leave(read, account, mine, trip, contextOf(request, browser));
  }

  /** Where who it is has to be shown again although it was, a first method is to be set up on that. */
  async function wished(request: SignInRequest, state: State, browser: Browser, source: string): Promise<Wish> {
    const evaluation = await dispatcher.evaluate(request, state, browser);
    const plain = { ...wishOf(evaluation, request, deps.now()), ...subjectAt(evaluation, directoryOfUpstream(source)) };
    const wish = state.stage.at === 'first' && evaluation.missing === 'second' ? freshly(plain) : plain;
    // It couldn't show that a moment ago.
    return state.asked?.includes(nameOf(source, wish)) ? { ...wish, proof: 'identity' } : wish;
  }

  /** Of many houses the one that was chosen; undefined where this application offers none of that name. */
  async function chosenOf(
    { application }: SignInRequest,
    { directory, redirects, house }: { directory: string; redirects: Redirects; house: string | undefined },
  ): Promise<Pick<Wish, 'house'> | undefined> {
    if (!redirects.houses?.many) return {};
    const found =
      house === undefined ? undefined : await dispatcher.offers.houses.find(application, { directory, house });
    return found && { house: found.entry.id };
  }

  /** Where to, from the step of this name; undefined where it isn't shown any more, or doesn't lead there. */
  async function leave(
    request: SignInRequest,
    browser: Browser,
    { nonce, source, house }: Pick<Left, 'nonce' | 'source' | 'house'>,
    trip: Trip,
  ): Promise<Gone | Refused | undefined> {
    const { state } = await progress.load(request, browser);
    const opening = state.nonce === nonce ? openingOf(state, source) : undefined;
    if (opening === undefined) return undefined;
    const left = { signIn: request.id, nonce, source, ...(house !== undefined && { house }) };
    const directory = directoryOfUpstream(source);
    if (directory === undefined) return gone(left, trip, await ofFactor(opening, request, state, browser, trip));
    const redirects = deps.directories.get(directory)?.redirects;
    if (redirects === undefined) return undefined;
    const wish = await wished(request, state, browser, source);
    const chosen = wish.subject === undefined ? await chosenOf(request, { directory, redirects, house }) : {};
    if (chosen === undefined) return undefined;
    try {
      return gone({ ...left, asked: nameOf(source, wish) }, trip, await redirects.begin({ ...wish, ...chosen }, trip));
    } catch (error) {
      if (!hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) throw error;
      const reason = 'directory-unavailable';
      return { outcome: 'refused', message: { key: 'upstream.unavailable' }, reason };
    }
  }

  function gone(left: Omit<Left, 'pending'>, trip: Trip, departure: Departure<unknown> | Refused): Gone | Refused {
    if ('outcome' in departure) return departure;
    const { pending, ...to } = departure;
    return { to, kept: deps.sealer.seal(JSON.stringify({ ...left, pending } satisfies Left), contextFor(trip.state)) };
  }

  return {
    leave,
    /** @throws SallyportError ERR_SEAL where it wasn't kept for this trip */
    left: (kept: string, state: string): Left => JSON.parse(deps.sealer.open(kept, contextFor(state))) as Left,
  };
}

export type LeavingPart = ReturnType<typeof createLeaving>;
