import type { Credentials } from '../accounts/credentials.ts';
import type { Mark } from '../assurance/validity.ts';
import type { Account, Credential } from '../core/account.ts';
import { SallyportError } from '../core/errors.ts';
import type { Issued, IssueOptions, IssueService, Shown } from '../core/factor-powers.ts';
import type { Message } from '../core/prompt.ts';
import type { Methods } from './methods.ts';
import type { MethodsNeeds } from './needs.ts';

/** A factor that owners may issue credentials of to themselves. */
export interface Issuable {
  factor: string;
  selfService: IssueService;
  /** Whether they have one already, which the new one would end. */
  replaces: boolean;
}

/** Credentials that are handed out: the caller has made sure who asks, and how that was proven. */
export function createIssuing(
  deps: Pick<MethodsNeeds, 'audit' | 'factors'>,
  { credentials, methods }: { credentials: Credentials; methods: Methods },
) {
  const ofFactor = (all: readonly Credential[], id: string) => all.filter(({ factor }) => factor === id);

  async function keep(account: string, factor: string, issued: Issued): Promise<{ id: string; replaced: string[] }> {
    if (issued.replaces) return credentials.replace(account, factor, issued);
    const id = await credentials.add(account, factor, issued.name, issued.data, issued.lookup);
    if (typeof id === 'string') return { id, replaced: [] };
    throw new SallyportError('ERR_INPUT', `${factor} can't be issued: ${id.key}`);
  }

  return {
    /**
     * What owners with these credentials may issue to themselves. Nothing takes the place of what is suspended: whose
     * that is has to be said first.
     */
    offered: (existing: readonly Credential[]): Issuable[] =>
      [...deps.factors.values()].flatMap(({ module: { id }, factor: { issues } }) => {
        const mine = ofFactor(existing, id);
        if (issues?.selfService === undefined || mine.some(({ suspendedAt }) => suspendedAt !== undefined)) return [];
        return [{ factor: id, selfService: issues.selfService, replaces: mine.length > 0 }];
      }),

    /** How one that was issued stands, as its owner is told. */
    stateOf(credential: Credential): { state?: { message: Message; warn: boolean } } {
      const state = deps.factors.get(credential.factor)?.factor.shows?.state(credential);
      return state === undefined ? {} : { state };
    },

    /**
     * Makes one and answers what is shown of it: once, and only after the audit has it. `facts` are of the request.
     * With `announce` it is the caller who tells the audit, before the new one is kept; `since` is that of the exercise
     * in which its owner makes it.
     *
     * @throws SallyportError ERR_INPUT where the factor issues nothing, or not with these options
     */
    async issue(
      account: Account,
      id: string,
      options: IssueOptions,
      facts: Readonly<Record<string, unknown>>,
      { announce, since }: { announce?: (shown: Shown) => Promise<void>; since?: Mark } = {},
    ): Promise<Shown> {
      const it = deps.factors.get(id)?.factor;
      if (it?.issues === undefined) throw new SallyportError('ERR_INPUT', `${id} issues nothing`);
      const existing = ofFactor(await credentials.ofAccount(account.id), id);
      const issued = await it.issues.issue(account, existing, options);
      await announce?.(issued.shown);
      const { id: credential, replaced } = await keep(account.id, id, issued);
      const { expires } = issued.shown;
      if (announce === undefined) {
        await deps.audit.commit({
          ...facts,
          event: 'credential.issued',
          account: account.id,
          factor: id,
          credential,
          replaced: replaced.length,
          ...(expires === undefined ? {} : { expires }),
        });
      }
      if (since !== undefined) await methods.settle(account.id, credential, since, { ...facts, factor: id });
      for (const old of replaced) await methods.endResting(account.id, old);
      return issued.shown;
    },
  };
}

export type Issuing = ReturnType<typeof createIssuing>;
