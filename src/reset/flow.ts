import type { AuditFacts } from '../accounts/holds.ts';
import type { AccountsRoom } from '../accounts/index.ts';
import type { Account } from '../core/account.ts';
import type { Browser } from '../core/browser.ts';
import { hasCode, TooManyError } from '../core/errors.ts';
import type { LimitPort } from '../core/limit.ts';
import type { Answer } from '../core/prompt.ts';
import type { Passwords } from '../methods/passwords.ts';
import { budgetKey, opensAccount } from '../policy/index.ts';
import type { Demands } from './demands.ts';
import type { Moves } from './moves.ts';
import type { ResetNeeds } from './needs.ts';
import type { Outcome, Proving } from './proving.ts';
import { type Loaded, MOST_WRONG, type Stage, type State, type States } from './states.ts';
import type { ResetStep, View } from './view.ts';

const HOUR = 3_600_000;
/** Characters of a name that are looked at. */
const LONGEST = 256;

interface Parts extends Pick<AccountsRoom, 'delays' | 'passwordRules'> {
  demands: Demands;
  limit: LimitPort;
  moves: Moves;
  passwords: Passwords;
  proving: Proving;
  states: States;
  view: View;
}

/** Says of a bond's hash whether it is this browser's. */
type IsBound = (bond: string) => boolean;

/** From "I forgot my password" to another one, and nobody is signed in by it. */
export function createFlow(deps: Pick<ResetNeeds, 'audit' | 'reset'>, parts: Parts) {
  const { delays, demands, limit, moves, passwordRules, passwords, proving, states, view } = parts;

  const factsOf = ({ ip, userAgent, reference }: Browser): AuditFacts => ({ ip, userAgent, reference });

  /** Whether what was shown opens the account, asked anew. */
  async function opens(account: Account, state: Pick<State, 'shown'>): Promise<boolean> {
    const shown = (await demands.standing(account, state.shown)).map(({ kind }) => kind);
    return opensAccount(await demands.of(account), shown);
  }

  /** Counted before it is looked at: of a hundred guesses at once one is. */
  async function prove(id: string, loaded: Loaded, answer: Answer, browser: Browser): Promise<void> {
    const { wrong } = loaded.state;
    const guessing = await states.save(id, loaded, { ...loaded.state, wrong: wrong + 1, nonce: states.nonce() });
    if (guessing === undefined) return;
    const uncounted: Loaded = { ...guessing, state: { ...guessing.state, wrong } };
    await settle(id, uncounted, await looked(guessing.state, answer, browser), browser);
  }

  async function looked(state: State, answer: Answer, browser: Browser): Promise<Outcome> {
    try {
      return await proving.look(state, answer, browser);
    } catch (error) {
      if (!hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) throw error;
      return { error: { key: 'directory-unavailable' } };
    }
  }

  async function settle(id: string, loaded: Loaded, outcome: Outcome, browser: Browser): Promise<void> {
    if ('error' in outcome) return refused(id, loaded, outcome, browser);
    if ('shown' in outcome) return proved(id, loaded, outcome, browser);
    const { state } = loaded;
    const stage = state.stage.at === 'prompt' ? { ...state.stage, ...outcome.asking } : state.stage;
    await states.save(id, loaded, { ...state, stage });
  }

  type Wrong = Extract<Outcome, { error: unknown }>;
  async function refused(id: string, loaded: Loaded, { error, cost }: Wrong, browser: Browser): Promise<void> {
    const { state } = loaded;
    const whose = state.account ? { account: state.account.id } : {};
    const why = { reason: error.key, step: state.stage.at };
    deps.audit.note({ event: 'reset.refused', ...whose, ...why, ...factsOf(browser) });
    const wrong = state.wrong + (cost ? 1 : 0);
    if (wrong >= MOST_WRONG) await states.save(id, loaded, moves.at(state, { at: 'over' }, { wrong }));
    else await moves.fail(id, { ...loaded, state: { ...state, wrong } }, error);
  }

  type Right = Extract<Outcome, { shown: unknown }>;
  async function proved(id: string, loaded: Loaded, { shown, account }: Right, browser: Browser): Promise<void> {
    const { state } = loaded;
    const facts = { account: account.id, shown: shown.kind, ...factsOf(browser) };
    // Its owner hears of it, by every mailbox that there is, before anything comes of it.
    await deps.audit.commit({ event: state.account ? 'reset.proved' : 'reset.begun', ...facts });
    const all = [...state.shown.filter(({ kind }) => kind !== shown.kind), shown];
    const known = state.account ?? { id: account.id, generation: account.generation };
    const stage: Stage = (await opens(account, { shown: all })) ? { at: 'new-password' } : { at: 'ways' };
    await states.save(id, loaded, moves.at(state, stage, { account: known, shown: all }));
  }

  /** As pages and mails promise it. */
  async function worksFrom({ id }: Account): Promise<{ works?: number }> {
    const works = await delays.until(id);
    return works === undefined ? {} : { works };
  }

  async function change(id: string, loaded: Loaded, next: string, browser: Browser): Promise<void> {
    const { state } = loaded;
    const account = await demands.known(state);
    if (account === undefined) return;
    // Whoever held the same step at the same moment is answered nothing.
    const mine = await states.save(id, loaded, { ...state, nonce: states.nonce() });
    if (mine === undefined) return;
    const right = async () => {
      const now = await demands.known(state);
      return now !== undefined && opens(now, state);
    };
    const facts = { ...factsOf(browser), by: 'owner', reset: state.shown.map(({ kind }) => kind) };
    const { effectiveAfter } = passwordRules.profileOf(account).reset;
    const result = await passwords.change({ account, next, effectiveAfter, browser, right, facts });
    if ('lost' in result) await states.save(id, mine, moves.at(mine.state, { at: 'over' }));
    else if ('error' in result) await moves.fail(id, mine, result.error);
    else await states.save(id, mine, moves.at(mine.state, { at: 'done', ...(await worksFrom(account)) }));
  }

  /** Takes a form to the step that it answers. */
  async function take(id: string, loaded: Loaded, answer: Answer, browser: Browser): Promise<unknown> {
    const { state } = loaded;
    const { stage } = state;
    if (stage.at === 'done' || stage.at === 'over') return;
    if (stage.at === 'new-password') return change(id, loaded, answer.next ?? '', browser);
    if (answer.back !== undefined) return states.save(id, loaded, moves.at(state, { at: 'ways' }));
    if (stage.at === 'ways') return moves.choose(id, loaded, answer.way, browser);
    if (stage.at === 'sent' && answer.resend !== undefined) return moves.send(id, loaded, stage.way, browser);
    return prove(id, loaded, answer, browser);
  }

  return {
    /** Begins one for whoever goes by this name, or nobody. Throws TooManyError, whoever is meant. */
    async begin(id: string, bond: string, name: string, browser: Browser): Promise<void> {
      const { address, installation } = deps.reset.perHour;
      const verdict = await limit.count([
        { name: 'address', of: budgetKey(browser.ip), most: address, per: HOUR },
        { name: 'installation', of: '', most: installation, per: HOUR, shared: true },
      ]);
      if (!verdict.allowed) throw new TooManyError('too many passwords are forgotten', verdict.retryAfter);
      const state: State = {
        ...{ bond, nonce: states.nonce(), name: name.slice(0, LONGEST) },
        ...{ stage: { at: 'ways' }, shown: [], wrong: 0, sent: 0 },
      };
      await states.begin(id, state, browser);
    },

    /** Where it stands, for the browser that asked; undefined for any other. */
    async show(id: string, isBound: IsBound): Promise<ResetStep | undefined> {
      const loaded = await states.load(id);
      return loaded && isBound(loaded.state.bond) ? view.stepOf(loaded.state) : undefined;
    },

    /** Takes one form; `late`: it answered another step than the present one, and changes nothing. */
    async answer(
      id: string,
      isBound: IsBound,
      nonce: string,
      answer: Answer,
      browser: Browser,
    ): Promise<'taken' | 'late' | undefined> {
      const loaded = await states.load(id);
      if (loaded === undefined || !isBound(loaded.state.bond)) return undefined;
      if (loaded.state.nonce !== nonce) return 'late';
      await take(id, loaded, answer, browser);
      return 'taken';
    },
  };
}

export type Reset = ReturnType<typeof createFlow>;
