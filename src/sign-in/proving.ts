import type { Accounts } from '../accounts/accounts.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Logins } from '../accounts/logins.ts';
import type { Evaluator } from '../assurance/evaluate.ts';
import type { Account, Credential } from '../core/account.ts';
import { type Evidence, isFirstFactor, isSecondFactor } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { Proved, Refused } from '../core/challenge.ts';
import type { Answer, Message } from '../core/prompt.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import { type Locked, lockedFor, lookedAt, type Turn } from '../lockout/attempt.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { Methods } from '../methods/methods.ts';
import { accountOf } from './advance.ts';
import { createIdentifying, type Meant } from './identifying.ts';
import type { SignInNeeds } from './needs.ts';
import { type Advance, about, createResults, type Prompting, type Result } from './results.ts';
import type { Opening, State } from './steps.ts';

/** An answer that was counted, and what it is held against. */
interface Answered {
  opening: Opening;
  account: Account | undefined;
  away: boolean;
  first: boolean;
  mine: readonly Credential[];
  turn: Turn;
  guess: boolean;
  facts: ReturnType<typeof about>;
}

interface Parts {
  accounts: Accounts;
  evaluator: Evaluator;
  attempts: Attempts;
  logins: Logins;
  credentials: Credentials;
  methods: Methods;
  advance: Advance;
}

/** Of whatever it is a right answer: it counts for nothing until its owner or the help desk confirms it. */
const SUSPENDED: Refused = {
  outcome: 'refused',
  message: { key: 'method-suspended' },
  reason: 'suspended',
  final: true,
};

/** Answers that prove something: each is counted before it is looked at. */
export function createProving(deps: SignInNeeds, parts: Parts) {
  const { accounts, attempts, credentials, methods, advance } = parts;
  const { identify, known } = createIdentifying(deps, parts);
  const { pendingOf, waits, refused } = createResults(deps);

  /** Factors that a stranger can guess at: what they are stopped for ends when the owner shows more than that. */
  const openers = [...deps.factors.values()].filter(({ factor }) => factor.opens).map(({ module }) => module.id);

  /** First and second factors alike: count, verify, store what the credential became, collect the proof. */
  async function prove(
    request: SignInRequest,
    state: State,
    stage: Prompting,
    answer: Answer,
    browser: Browser,
  ): Promise<Result> {
    const opening = stage.also?.find(({ factor }) => factor === answer.factor) ?? stage;
    const subject = accountOf(request, state);
    const who: Meant | Refused =
      subject === undefined
        ? await identify(opening, answer, { application: request.application, browser })
        : ((await known(subject)) ?? { subject });
    if ('outcome' in who) return refused(request, browser, opening.factor, who);
    const { account, away } = who;
    const hint = who.hint === undefined ? {} : { hint: who.hint };
    const facts = about(request, browser, account?.id);
    const first = stage.at === 'first';
    const taken = await take(opening.factor, who, first, answer, browser);
    if (!('mine' in taken)) {
      deps.audit.note({ event: 'sign-in.locked', factor: opening.factor, ...facts });
      if (taken.silent) return { error: await seemsWrong(opening, answer, account), ...hint };
      const renew = taken.retryAfter === undefined ? { renew: true } : {};
      const message = lockedFor(taken, { opening: first }, deps.now());
      return { error: { ...message, factor: opening.factor }, ...renew, ...hint };
    }
    const { it, mine, turn, guess } = taken;
    const verdict = await lookedAt(turn, () =>
      it.factor.verify(pendingOf(opening.factor, opening.pending), mine, answer, account, {
        application: request.application,
      }),
    );
    if (verdict.outcome === 'waiting') {
      await turn.returned();
      return waits(state, stage, verdict.prompt);
    }
    const answered = { opening, account, away: away === true, first, mine, turn, guess, facts };
    if (verdict.outcome === 'refused') return { ...(await fail(request, answered, verdict, browser)), ...hint };
    return accept(request, state, answered, verdict, browser);
  }

  /** It was wrong; what that makes of the credential can be that it is suspended. */
  async function fail(
    request: SignInRequest,
    { opening, account, mine, turn, facts }: Answered,
    verdict: Refused,
    browser: Browser,
  ): Promise<Result> {
    await turn.failed(facts);
    if (account) await methods.failed(account.id, mine, verdict, facts);
    return refused(request, browser, opening.factor, verdict, account?.id);
  }

  /** It was right: what the credential became is stored before the proof counts. */
  async function accept(
    request: SignInRequest,
    state: State,
    { opening, account, away, first, mine, turn, guess, facts }: Answered,
    verdict: Proved<unknown>,
    browser: Browser,
  ): Promise<Result> {
    if (account === undefined) throw new Error(`factor ${opening.factor} proved something of nobody`);
    if (mine.some(({ id, suspendedAt }) => id === verdict.proof.credential && suspendedAt !== undefined)) {
      await turn.failed(facts);
      await methods.failed(account.id, mine, SUSPENDED, facts);
      return refused(request, browser, opening.factor, SUSPENDED, account.id);
    }
    if (verdict.update && !(await store(mine, verdict.update))) {
      const refusal = {
        outcome: 'refused',
        message: { key: 'already-answered' },
        reason: 'credential changed',
      } as const;
      return refused(request, browser, opening.factor, refusal, account.id);
    }
    // Only now: a name typed with a wrong password leaves no account.
    if (first && !away) await accounts.link(account);
    await Promise.all([turn.succeeded(), first ? turn.recognised() : undefined]);
    const { generation } = account;
    const alone = request.presenter?.alone ? { alone: true as const } : {};
    const proof: Evidence = { ...verdict.proof, ...alone, generation, request: request.request };
    const collected = [...state.collected, proof];
    if (isOwners(proof, first, guess, state)) await attempts.release(account.id, openers, facts);
    const next = await advance(request, { ...state, account: account.id, collected }, browser);
    return { state: next, told: { event: 'sign-in.proved', factor: opening.factor, ...facts } };
  }

  /** What is told, after the same work, where nobody goes by the name. */
  async function seemsWrong(
    { factor, pending }: Opening,
    answer: Answer,
    account: Account | undefined,
  ): Promise<Message & { factor: string }> {
    const it = deps.factors.get(factor)?.factor;
    const context = { directory: account?.directory };
    const verdict = await it?.verify(pendingOf(factor, pending), [], answer, undefined, context);
    if (verdict?.outcome !== 'refused') throw new Error(`factor ${factor} doesn't refuse nobody`);
    return { ...verdict.message, factor };
  }

  /** Whether it shows more than whoever guesses passwords could: a passkey, or a second factor after the password. */
  function isOwners(proof: Evidence, first: boolean, guess: boolean, state: State): boolean {
    if (first) return !guess;
    return !proof.bootstrap && isSecondFactor(proof) && state.collected.some(isFirstFactor);
  }

  /** Counts one answer, and says what it may be held against: nothing that is stopped, whatever proves it. */
  async function take(
    factor: string,
    { subject, account, name }: Meant,
    opening: boolean,
    answer: Answer,
    browser: Browser,
  ) {
    const it = deps.factors.get(factor);
    if (it === undefined) throw new Error(`factor ${factor} is not enabled`);
    const all = account ? (await credentials.ofAccount(account.id)).filter((one) => one.factor === factor) : [];
    const stopped = account && all.length > 0 ? await attempts.stopped(account.id) : new Set<string>();
    const able = all.filter(({ id }) => !stopped.has(id));
    if (able.length < all.length && able.length === 0) return { allowed: false } satisfies Locked;
    const guess = it.factor.guess?.(answer) ?? true;
    const against = able.length > 0 ? able.map(({ id }) => id) : [factor];
    const turn = await attempts.count(
      { subject, factor, opening, ...(guess ? { against } : {}), ...(name === undefined ? {} : { name }) },
      browser,
    );
    if (!turn.allowed) return turn;
    const mine = guess && able.length > 0 ? able.filter(({ id }) => turn.against.includes(id)) : able;
    return { it, mine, turn, guess };
  }

  async function store(mine: readonly Credential[], update: { credential: string; data: unknown }): Promise<boolean> {
    const credential = mine.find(({ id }) => id === update.credential);
    return credential !== undefined && credentials.update(credential, update.data);
  }

  return prove;
}
