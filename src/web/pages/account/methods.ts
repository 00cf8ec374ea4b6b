import type { Response } from 'express';
import type { Mark } from '../../../assurance/validity.ts';
import type { WebDeps } from '../../context.ts';
import type { OwnForms } from './forms.ts';
import { createOwnMethodList, type OwnMethod, type OwnMethodListNeeds } from './method-list.ts';
import type { Member, Membership } from './session.ts';

/**
 * What came of a change. `busy`: another one is under way; `lost`: the right to it is gone; `elder`: one that was there
 * before has to be shown first; `needed`: it is the last one that policy wants.
 */
export type MethodChange = 'removed' | 'confirmed' | 'needed' | 'busy' | 'lost' | 'elder';

export type OwnMethodsNeeds = OwnMethodListNeeds & Pick<WebDeps, 'audit' | 'methods'>;

/** What owners do with their methods; the right to it is asked for again in the moment that it is done. */
export function createOwnMethods(
  deps: OwnMethodsNeeds,
  { about }: Pick<OwnForms, 'about'>,
  { holdsOwn, shown }: Membership,
) {
  const { audit, credentials, evaluator, methods } = deps;
  const { all, found } = createOwnMethodList(deps);

  /** Methods that can judge one that a report suspended, and whether one of them was shown lately. */
  async function judges(res: Response, it: Member, { credential }: OwnMethod) {
    const elders = evaluator.elders(await credentials.ofAccount(it.account.id), credential);
    const proofs = await shown(res, it);
    return { elders, heard: elders.some(({ id }) => proofs.some((proof) => proof.credential === id)) };
  }

  /** Whoever signed in as the owner must not strip them, nor say of their own method that it is the owner's. */
  async function mayJudge(res: Response, it: Member, method: OwnMethod): Promise<boolean> {
    return method.suspended !== 'reported' || (await judges(res, it, method)).heard;
  }

  async function take(res: Response, it: Member, id: unknown): Promise<MethodChange> {
    const method = await found(it, id);
    if (!(await mayJudge(res, it, method))) return 'elder';
    if (!method.removable) return 'needed';
    const { credential } = method;
    await audit.commit({
      event: 'credential.removed',
      credential: credential.id,
      factor: credential.factor,
      ...about(res, it),
    });
    await methods.remove(it.account.id, credential.id);
    return 'removed';
  }

  async function vouch(res: Response, it: Member, id: unknown): Promise<MethodChange> {
    const method = await found(it, id);
    if (!(await mayJudge(res, it, method))) return 'elder';
    const { id: credential, factor } = method.credential;
    if (method.suspended !== 'reported') return 'confirmed';
    await audit.commit({ event: 'credential.confirmed', credential, factor, ...about(res, it) });
    await methods.confirm(it.account.id, credential);
    return 'confirmed';
  }

  /**
   * Changes something of the account's methods, one change at a time: a second factor of one's own is asked for again
   * in that moment, and so is what else the change needs.
   */
  function change<T>(
    res: Response,
    it: Member,
    outcomes: { busy: T; lost: T; right?: () => Promise<boolean> },
    act: (since: Mark) => Promise<T>,
  ): Promise<T> {
    const { busy, lost, right = async () => true } = outcomes;
    return methods.exercise<T>(
      {
        account: it.account.id,
        right: async () => (await holdsOwn(res, it, 'sallyport-security')) && (await right()),
        busy: () => busy,
        lost: () => lost,
      },
      act,
    );
  }

  const OUTCOMES = { busy: 'busy', lost: 'lost' } as const;

  return {
    all,
    found,
    judges,
    mayJudge,
    change,

    /** With what rests on it. `right`: what it takes besides. */
    remove: (res: Response, it: Member, id: unknown, right?: () => Promise<boolean>): Promise<MethodChange> =>
      change<MethodChange>(res, it, { ...OUTCOMES, ...(right ? { right } : {}) }, () => take(res, it, id)),

    /** One that a report suspended is the owner's own, as an older one of theirs says. */
    confirm: (res: Response, it: Member, id: unknown): Promise<MethodChange> =>
      change<MethodChange>(res, it, OUTCOMES, () => vouch(res, it, id)),
  };
}

export type OwnMethods = ReturnType<typeof createOwnMethods>;
