import type { Request, Response } from 'express';
import type { Credential } from '../../core/account.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Message } from '../../core/prompt.ts';
import { localsOf, type WebDeps } from '../context.ts';
import type { Csrf } from '../security.ts';
import type { Suspended } from '../seen.ts';
import type { Member, Membership } from './account-session.ts';

/** A method as its owner's pages show it. */
export interface OwnMethod {
  credential: Credential;
  /** The last second factor stays while any application asks for one. */
  removable: boolean;
  suspended?: Suspended;
  /** Names of those that can say whose it is. */
  elders?: string[];
  /** It was chosen to be asked for first. */
  preferred: boolean;
  /** It can be chosen so: what is lent or runs out can't. */
  choosable: boolean;
  state?: { message: Message; warn: boolean };
}

/**
 * What came of a change. `busy`: another one is under way; `lost`: the right to it is gone; `elder`: one that was there
 * before has to be shown first; `needed`: it is the last one that policy wants.
 */
export type MethodChange = 'removed' | 'confirmed' | 'needed' | 'busy' | 'lost' | 'elder';

/** What the pages of an account share: its methods, their removal, and forms that only its own pages could have sent. */
export function createOwnMethods(deps: WebDeps, csrf: Csrf, { holdsOwn, shown }: Membership) {
  const { audit, attempts, credentials, evaluator, issuing, methods, preferences } = deps;

  const tokenOf = ({ session }: Member) => csrf.token(`account\0${session}`);
  const checked = (req: Request, { session }: Member) => csrf.check(req, `account\0${session}`);

  /** What an audit event says of the request. */
  const about = (res: Response, { account }: Member) => {
    const { ip, userAgent, reference } = localsOf(res).browser;
    return { account: account.id, ip, userAgent, reference };
  };

  async function all({ account }: Member): Promise<OwnMethod[]> {
    const enrolled = await credentials.ofAccount(account.id);
    const stopped = await attempts.stopped(account.id);
    const { isOwn, works } = evaluator;
    const seconds = enrolled.filter((credential) => isOwn(credential) && works(credential));
    const needed = evaluator.needsSecond(account);
    const first = await preferences.of(account.id, enrolled);
    // A pass that has ended is nothing any more; one's own method that can't be trusted is something to act on.
    const reported = ({ suspendedAt }: Credential) => suspendedAt !== undefined;
    const told = enrolled.filter((credential) => works(credential) || isOwn(credential) || reported(credential));
    return told.map((credential) => ({
      credential,
      removable: !(needed && seconds.length === 1 && seconds[0]?.id === credential.id),
      ...(stopped.has(credential.id) ? { suspended: 'stopped' as const } : {}),
      ...(works(credential) || reported(credential) ? {} : { suspended: 'untrusted' as const }),
      ...(reported(credential)
        ? { suspended: 'reported' as const, elders: evaluator.elders(enrolled, credential).map(({ name }) => name) }
        : {}),
      preferred: credential.id === first,
      choosable: credential.id !== first && seconds.length > 1 && seconds.includes(credential),
      ...issuing.stateOf(credential),
    }));
  }

  /** @throws SallyportError ERR_NOT_FOUND, also for what is somebody else's */
  async function found(it: Member, id: unknown): Promise<OwnMethod> {
    const method = (await all(it)).find(({ credential }) => credential.id === id);
    if (method === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such method of this account');
    return method;
  }

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
    await credentials.confirm(credential, it.account.id);
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
    act: (since: number) => Promise<T>,
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
    tokenOf,
    checked,
    about,
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
