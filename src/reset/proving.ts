import type { Accounts } from '../accounts/accounts.ts';
import { fromBrowser } from '../accounts/context.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Account, Credential } from '../core/account.ts';
import type { Browser } from '../core/browser.ts';
import type { Proved, Refused, Waiting } from '../core/challenge.ts';
import type { EnabledFactor } from '../core/enabled-factor.ts';
import type { Answer, Message } from '../core/prompt.ts';
import { type Attempt, lockedFor, lookedAt } from '../lockout/attempt.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { Methods } from '../methods/methods.ts';
import { missingFor } from '../policy/index.ts';
import { isCode } from './codes.ts';
import type { Demands } from './demands.ts';
import type { ResetNeeds } from './needs.ts';
import type { SecretQuestioning } from './questions.ts';
import { type Evidence, type Stage, type State, TEXT_VALID } from './states.ts';

type Asking = Extract<Stage, { at: 'prompt' }>;

/** What an answer came to. `cost`: it was a guess, and counts against what may be wrong. */
export type Outcome =
  | { shown: Evidence; account: Account }
  | { error: Message & { factor?: string }; cost?: true }
  /** Asked still, or asked anew: what is shown, and kept, from now on. */
  | { asking: Partial<Pick<Asking, 'prompt' | 'pending'>> };

interface Parts {
  accounts: Accounts;
  attempts: Attempts;
  credentials: Credentials;
  demands: Demands;
  methods: Methods;
  questioning: SecretQuestioning;
}

const WRONG: Outcome = { error: { key: 'reset.wrong' }, cost: true };

/** A key that verified its user is one whatever it lies in: nothing has to be shown beside it. */
const isPasskey = ({ proof }: Proved<unknown>): boolean => proof.phishingResistant && new Set(proof.kinds).size > 1;

/** Answers of whoever forgot their password: alike, after the same work, whether there is anybody or not. */
export function createProving(deps: Pick<ResetNeeds, 'now' | 'factors'>, parts: Parts) {
  const { accounts, attempts, credentials, demands, methods, questioning } = parts;

  /** Whose it would be, and what works of theirs; of nobody nothing does, after the same work. */
  async function sought(state: State): Promise<{ account?: Account; all: Credential[] }> {
    const known = state.account && (await demands.known(state));
    const { account, subject } = state.account
      ? { account: known, subject: state.account.id }
      : await demands.named(state.name);
    return { ...(account ? { account } : {}), all: await demands.working(account, subject) };
  }

  async function sent(state: State, { way, code, sentAt }: Extract<Stage, { at: 'sent' }>, typed: string | undefined) {
    const late = way === 'text' && deps.now() - sentAt > TEXT_VALID;
    // Nobody is looked for before somebody has read the message.
    if (!isCode(typed, code) || late) return WRONG;
    const found = state.account ? await demands.known(state) : (await demands.named(state.name)).account;
    const account = found && (await demands.entitled(found));
    const [to] = account ? await demands.serving(account.id, account.email, way, sentAt) : [];
    if (account === undefined || to === undefined) return WRONG;
    return { shown: { kind: way, by: to.id, at: sentAt }, account };
  }

  async function store(mine: readonly Credential[], update: { credential: string; data: unknown } | undefined) {
    const credential = mine.find(({ id }) => id === update?.credential);
    return update === undefined || (credential !== undefined && (await credentials.update(credential, update.data)));
  }

  /** What became of the credential is stored before it counts: of any number of uses at once one does. */
  async function accept(
    it: EnabledFactor,
    mine: readonly Credential[],
    account: Account,
    verdict: Proved<unknown>,
  ): Promise<Outcome> {
    const credential = mine.find(({ id }) => id === verdict.proof.credential);
    if ((await demands.entitled(account)) === undefined) return WRONG;
    const ground = credential && it.factor.recovers?.standsOn(credential);
    const kind = isPasskey(verdict) ? 'passkey' : ground;
    if (credential === undefined || kind === undefined) return WRONG;
    if (!(await store(mine, verdict.update))) return { error: { key: 'already-answered' } };
    return { shown: { kind, by: credential.id, at: verdict.proof.at }, account };
  }

  /** A code that was written down, or that the help desk gave: of whichever factor has such. */
  async function typed(state: State, way: 'saved' | 'issued', answer: Answer): Promise<Outcome> {
    const { account, all } = await sought(state);
    for (const it of deps.factors.values()) {
      if (it.factor.recovers?.code !== way) continue;
      const mine = demands.standingOn(all, it, [way]);
      const verdict = await it.factor.verify(it.module.pending.parse({}), mine, answer, account);
      if (verdict.outcome === 'proved' && account) return accept(it, mine, account, verdict);
    }
    return WRONG;
  }

  /** Of a key that says itself whose it is: it must be the one who was named. */
  async function opened(state: State, stage: Asking, answer: Answer, browser: Browser): Promise<Outcome> {
    const it = deps.factors.get(stage.factor);
    if (it?.factor.opens === undefined) return { error: { key: 'expired-prompt' } };
    const pending = it.module.pending.parse(stage.pending);
    const who = await it.factor.opens.identify(pending, answer);
    if ('outcome' in who) return { error: { ...who.message, factor: stage.factor } };
    const { account, all } = await sought(state);
    const found = 'lookup' in who ? await credentials.byLookup(stage.factor, who.lookup) : undefined;
    const mine = all.filter(({ id }) => id === found?.id);
    const verdict = await it.factor.verify(pending, mine, answer, mine.length > 0 ? account : undefined);
    if (verdict.outcome === 'proved' && account) return accept(it, mine, account, verdict);
    // A copy of a key may show itself here first.
    if (verdict.outcome === 'refused' && account && mine.length > 0)
      await methods.failed(account.id, mine, verdict, factsOf(browser, stage.factor, account));
    return { error: { ...messageOf(verdict), factor: stage.factor } };
  }

  /** A method that is asked for once something was shown: counted as a sign-in's second step is, by the same budget. */
  async function asked(state: State, stage: Asking, answer: Answer, browser: Browser): Promise<Outcome> {
    const { factor: id } = stage;
    const it = deps.factors.get(id);
    const account = await demands.known(state);
    if (it === undefined || account === undefined) return { error: { key: 'expired-prompt' } };
    const mine = demands.standingOn(await demands.working(account), it, ['phone', 'token']);
    if (answer.resend !== undefined && it.factor.resends) {
      const again = await it.factor.resends.resend(
        it.module.pending.parse(stage.pending),
        account,
        mine,
        fromBrowser(browser),
      );
      return 'outcome' in again ? { error: { ...again.message, factor: id } } : { asking: again };
    }
    const guess = it.factor.guess?.(answer) ?? true;
    const attempt: Attempt = {
      subject: account.id,
      factor: id,
      opening: false,
      ...(guess ? { against: mine.map((one) => one.id) } : {}),
    };
    const turn = await attempts.count(attempt, browser);
    if (!turn.allowed) return { error: { ...lockedFor(turn, attempt, deps.now()), factor: id } };
    const able = guess ? mine.filter((one) => turn.against.includes(one.id)) : mine;
    const pending = it.module.pending.parse(stage.pending);
    const verdict = await lookedAt(turn, () => it.factor.verify(pending, able, answer, account, fromBrowser(browser)));
    if (verdict.outcome === 'waiting') {
      await turn.returned();
      return { asking: verdict.prompt ? { prompt: verdict.prompt } : {} };
    }
    const facts = factsOf(browser, id, account);
    if (verdict.outcome === 'refused') {
      await turn.failed(facts);
      await methods.failed(account.id, able, verdict, facts);
      return { error: { ...verdict.message, factor: id } };
    }
    const done = await accept(it, able, account, verdict);
    await ('shown' in done ? turn.succeeded() : turn.returned());
    return done;
  }

  /** Only beside a proof that stands in this very moment: they are asked of nobody who has shown nothing else. */
  async function questions(state: State, stage: Extract<Stage, { at: 'questions' }>, answer: Answer): Promise<Outcome> {
    const account = await demands.known(state);
    if (account === undefined) return { error: { key: 'expired-prompt' } };
    const shown = (await demands.standing(account, state.shown)).map(({ kind }) => kind);
    if (!missingFor(await demands.of(account), shown).includes('questions'))
      return { error: { key: 'expired-prompt' } };
    const found = await questioning.check(account, stage, answer);
    if (found === 'gone') return { error: { key: 'expired-prompt' } };
    if (found === 'wrong') return { error: { key: 'reset.questions.wrong' }, cost: true };
    if (found !== 'right') return { error: { key: 'reset.questions.spent' } };
    return { shown: { kind: 'questions', by: stage.set, at: deps.now() }, account };
  }

  return {
    async look(state: State, answer: Answer, browser: Browser): Promise<Outcome> {
      const { stage } = state;
      if (stage.at === 'sent') return sent(state, stage, answer.code);
      if (stage.at === 'typed') return typed(state, stage.way, answer);
      if (stage.at === 'questions') return questions(state, stage, answer);
      if (stage.at !== 'prompt') return { error: { key: 'expired-prompt' } };
      return stage.opens ? opened(state, stage, answer, browser) : asked(state, stage, answer, browser);
    },

    /** Whoever has never signed in has an account from now on: they have shown who they are. */
    link: (account: Account): Promise<Account> => accounts.link(account),
  };
}

const factsOf = ({ ip, userAgent, reference }: Browser, factor: string, { id }: Account) => ({
  ...{ ip, userAgent, reference, factor, account: id },
});

const messageOf = (verdict: Proved<unknown> | Refused | Waiting): Message =>
  verdict.outcome === 'refused' ? verdict.message : { key: 'reset.wrong' };

export type Proving = ReturnType<typeof createProving>;
