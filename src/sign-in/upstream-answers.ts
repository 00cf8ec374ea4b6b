import type { Accounts } from '../accounts/accounts.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Evaluator } from '../assurance/evaluate.ts';
import type { Account, Credential } from '../core/account.ts';
import type { Evidence } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { Returned } from '../core/redirect.ts';
import { directoryOfUpstream, ELSEWHERE, upstreamOf } from '../core/said.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Redirects, Verified } from '../core/upstream.ts';
import { lockedFor, lookedAt } from '../lockout/attempt.ts';
import type { Attempts } from '../lockout/attempts.ts';
import { accountOf } from './advance.ts';
import type { Left } from './leaving.ts';
import type { SignInNeeds } from './needs.ts';
import { type Advance, about, type Result } from './results.ts';
import type { State } from './steps.ts';

interface Parts {
  accounts: Accounts;
  credentials: Credentials;
  attempts: Attempts;
  evaluator: Pick<Evaluator, 'present' | 'works'>;
  advance: Advance;
}

/** An answer of another house: who it is, and what they were shown there. */
export function createUpstreamAnswers(
  deps: SignInNeeds,
  { accounts, attempts, credentials, evaluator, advance }: Parts,
) {
  function refused(
    request: SignInRequest,
    browser: Browser,
    { source, why, reason }: { source: string; why: string; reason: string },
    account?: string,
  ): Result {
    const facts = about(request, browser, account);
    deps.audit.note({ event: 'sign-in.refused', factor: source, reason, ...facts });
    return { error: { key: `upstream.${why}` }, free: true };
  }

  /** It couldn't show what was asked for: who it is will do the next time, and the rest is asked here. */
  function withLess(state: State, asked: string, result: Result): Result {
    if (!('error' in result)) return result;
    const nonce = Buffer.from(deps.random(12)).toString('base64url');
    return { state: { ...state, nonce, asked: [...(state.asked ?? []), asked], error: result.error } };
  }

  /** Somebody known stays who they are: another one at their house signs in from the beginning, or not at all. */
  async function isAnother(account: string | undefined, directory: string, { person }: Verified): Promise<boolean> {
    if (account === undefined) return false;
    const link = await credentials.byLookup(upstreamOf(directory), person.key);
    if (link) return link.account !== account;
    const known = await accounts.byId(account);
    return known?.directory !== directory || known.directoryKey !== person.key;
  }

  /** The account that they were linked to, else their own, made at the first sign-in; undefined where they may not sign in. */
  async function admitted(
    directory: string,
    redirects: Redirects,
    verified: Verified,
  ): Promise<{ account: Account; link?: Credential } | undefined> {
    const { person } = verified;
    await redirects.keep(verified);
    const linked = () => credentials.byLookup(upstreamOf(directory), person.key);
    const before = await linked();
    const own = before ?? (await accounts.keep({ directory, person }));
    // Linked in that very moment: whoever links looks for an account of theirs once more.
    const link = before ?? (await linked());
    if (link && !evaluator.works(link)) return undefined;
    const account = (await evaluator.present(link?.account ?? own.id))?.account;
    if (account === undefined || link === undefined) return account && { account };
    // Whether another sign-in at the same moment says so first is all the same.
    await credentials.update(link, link.data);
    return { account, link };
  }

  function proofOf(
    source: string,
    redirects: Redirects,
    { said, anew, until }: Verified,
    { account, link }: { account: Account; link?: Credential },
    request: string,
  ) {
    const now = deps.now();
    return {
      ...{ factor: source, credential: link?.id ?? source, ...redirects.believe(said), said },
      // Its clock may run ahead of ours; what nobody dates is of now for whatever ends, and of no age for whatever asks.
      at: Math.min(said.at ?? now, now),
      came: now,
      ...(until === undefined ? {} : { expires: until }),
      ...(said.at === undefined ? { ageless: true as const } : {}),
      generation: account.generation,
      request: anew ? request : ELSEWHERE,
    } satisfies Evidence;
  }

  return async function answer(
    request: SignInRequest,
    state: State,
    { source, pending, asked }: Left,
    { state: trip, back, returned }: { state: string; back: string; returned: Returned },
    browser: Browser,
  ): Promise<Result> {
    const directory = directoryOfUpstream(source) ?? '';
    const redirects = deps.directories.get(directory)?.redirects;
    if (redirects === undefined) return { error: { key: 'try-again' }, free: true };
    const subject = accountOf(request, state);
    // Nobody can guess at it, and whoever fails must keep nobody else out: only their address is counted.
    const turn = await attempts.count({ subject: attempts.stranger(trip), factor: source, opening: true }, browser);
    if (!turn.allowed) return { error: lockedFor(turn, { opening: true }, deps.now()), free: true };
    const read = redirects.pending.parse(pending);
    const verdict = await lookedAt(turn, () => redirects.answer(returned, read, { state: trip, back }));
    const facts = about(request, browser, subject);
    if (verdict.outcome === 'refused') {
      if (verdict.why === 'unbelievable') await turn.failed(facts);
      else await turn.returned();
      const result = refused(request, browser, { source, ...verdict }, subject);
      return verdict.why === 'unmet' && asked !== undefined ? withLess(state, asked, result) : result;
    }
    await turn.returned();
    if (await isAnother(subject, directory, verdict)) {
      return refused(request, browser, { source, why: 'another-person', reason: 'another-person' }, subject);
    }
    const who = await admitted(directory, redirects, verdict);
    if (who === undefined) {
      return refused(request, browser, { source, why: 'not-usable', reason: 'not-usable' }, subject);
    }
    const { account } = who;
    const proof = proofOf(source, redirects, verdict, who, request.request);
    const { kinds, phishingResistant, said } = proof;
    const house = said.house === undefined ? {} : { house: said.house };
    const told = { ...house, kinds, phishingResistant, said: said.values, anew: verdict.anew };
    const shown = said.at === undefined ? {} : { shown: new Date(said.at).toISOString() };
    const before = (state.asked ?? []).filter((one) => one !== asked);
    const next = { ...state, account: account.id, asked: [...before, ...(asked === undefined ? [] : [asked])] };
    return {
      state: await advance(request, { ...next, collected: [...state.collected, proof] }, browser),
      told: { event: 'sign-in.proved', factor: source, ...told, ...shown, ...facts, account: account.id },
    };
  };
}
