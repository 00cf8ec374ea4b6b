import { atMost } from '../accounts/strength.ts';
import type { Evaluator, FullEvaluation } from '../assurance/evaluate.ts';
import { isPresentable } from '../assurance/presentable.ts';
import { opensAlone } from '../assurance/without-directory.ts';
import type { Account, Credential } from '../core/account.ts';
import { isFirstFactor } from '../core/assurance.ts';
import type { FactorContext } from '../core/challenge.ts';
import type { SignInNeeds } from './needs.ts';
import type { Opening, Stage, State, Why } from './steps.ts';

export const ofFactor = (credentials: readonly Credential[], id: string): Credential[] =>
  credentials.filter(({ factor }) => factor === id);

interface Parts {
  evaluator: Evaluator;
  /** Credentials that can complete this sign-in. */
  fitting(evaluation: FullEvaluation, state: State): Credential[];
  upstreams: { first(evaluation: FullEvaluation, application: string): Opening[] };
}

/** The prompts of what is offered, each with what its factor keeps until the answer. */
export function createOpenings(
  deps: Pick<SignInNeeds, 'factors' | 'directories'>,
  { evaluator, fitting, upstreams }: Parts,
) {
  const enabled = [...deps.factors.values()];
  const hasPassword = ({ directory }: Account) => deps.directories.get(directory)?.passwordless !== true;
  const anyPassword = [...deps.directories.values()].some(({ passwordless }) => passwordless !== true);

  /**
   * Every factor that can open a sign-in, the first enabled one leading; again for one account, the one that the
   * session showed last, and before anybody is known the one that was used in this browser: who came with a passkey
   * has it at hand, and a password would take a second step.
   */
  async function first(context: FactorContext, evaluation: FullEvaluation, hint?: string): Promise<Stage> {
    const { account, credentials, requirement, evidence, presents, withoutDirectory } = evaluation;
    const openings: Opening[] = [];
    for (const it of enabled) {
      const { module, factor } = it;
      if (factor.opens === undefined || !isPresentable(it, presents)) continue;
      // What goes beyond knowledge counts only where policy allows it: asking for it would go in circles.
      const beyond = module.kinds.some((kind) => kind !== 'knowledge');
      if (beyond && requirement.factors && !requirement.factors.includes(module.id)) continue;
      if (withoutDirectory && !opensAlone(atMost(it))) continue;
      if (module.asksDirectory && !(account ? hasPassword(account) : anyPassword)) continue;
      const mine = ofFactor(credentials, module.id).filter(evaluator.works);
      if (account && !factor.usable(account, mine, context)) continue;
      const challenge = account
        ? await factor.challenge(account, mine, { ...context, opening: true })
        : await factor.opens.begin(hint);
      openings.push({ factor: module.id, ...challenge });
    }
    if (!withoutDirectory) openings.push(...upstreams.first(evaluation, context.application ?? ''));
    const lately = evidence.findLast(isFirstFactor)?.factor ?? (account ? undefined : context.opened);
    openings.sort((a, b) => Number(b.factor === lately) - Number(a.factor === lately));
    const [leading, ...also] = openings;
    if (leading === undefined) {
      const none = account && !hasPassword(account) ? 'upstream.not-enough' : 'no-method';
      return { at: 'refused', message: presents ? 'elsewhere.method' : none, error: 'access_denied' };
    }
    const why: Why = withoutDirectory ? 'why.away' : account ? 'why.again' : 'why.first';
    return { at: 'first', ...leading, why, ...(also.length > 0 ? { also } : {}) };
  }

  /** With those credentials alone that would do. */
  async function challenge(
    id: string,
    context: FactorContext,
    evaluation: FullEvaluation,
    state: State,
  ): Promise<Stage> {
    const it = deps.factors.get(id);
    if (it === undefined || evaluation.account === undefined) throw new Error(`factor ${id} can't be asked`);
    const mine = ofFactor(fitting(evaluation, state), id);
    const { prompt, pending } = await it.factor.challenge(evaluation.account, mine, context);
    return { at: 'method', factor: id, prompt, pending, why: 'why.second' };
  }

  async function enrol(
    id: string,
    context: FactorContext,
    account: Account,
    credentials: readonly Credential[],
  ): Promise<Stage> {
    const it = deps.factors.get(id)?.factor;
    if (it?.enrols === undefined) throw new Error(`factor ${id} can't be enrolled`);
    const { prompt, pending } = await it.enrols.begin(account, ofFactor(credentials, id), context);
    return { at: 'enrol', factor: id, prompt, pending, why: 'why.enrol' };
  }

  return { first, challenge, enrol };
}
