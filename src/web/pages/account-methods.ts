import type { Request, Response } from 'express';
import type { Credential } from '../../core/account.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Message } from '../../core/prompt.ts';
import { localsOf, type WebDeps } from '../context.ts';
import type { Csrf } from '../security.ts';
import type { Member } from './account-session.ts';

/** A method as its owner's pages show it. */
export interface OwnMethod {
  credential: Credential;
  /** The last second factor stays while any application asks for one. */
  removable: boolean;
  /** It can't prove anything any more. */
  suspended: boolean;
  /** It was chosen to be asked for first. */
  preferred: boolean;
  /** It can be chosen so: what is lent or runs out can't. */
  choosable: boolean;
  state?: { message: Message; warn: boolean };
}

/** How long one removal keeps others of the account waiting at most, milliseconds. */
const CLAIM = 60_000;

/** What the pages of an account share: its methods, their removal, and forms that only its own pages could have sent. */
export function createOwnMethods(deps: WebDeps, csrf: Csrf) {
  const { audit, signIn } = deps;
  const { credentials, devices, evaluator, issuing, preferences } = signIn;

  const tokenOf = ({ session }: Member) => csrf.token(`account\0${session}`);
  const checked = (req: Request, { session }: Member) => csrf.check(req, `account\0${session}`);

  /** What an audit event says of the request. */
  const about = (res: Response, { account }: Member) => {
    const { ip, userAgent, reference } = localsOf(res).browser;
    return { account: account.id, ip, userAgent, reference };
  };

  async function all({ account }: Member): Promise<OwnMethod[]> {
    const enrolled = await credentials.ofAccount(account.id);
    const { isOwn, works } = evaluator;
    const seconds = enrolled.filter((credential) => isOwn(credential) && works(credential));
    const needed = evaluator.needsSecond(account);
    const first = await preferences.of(account.id, enrolled);
    // A pass that has ended is nothing any more; one's own method that can't be trusted is something to act on.
    const shown = enrolled.filter((credential) => works(credential) || isOwn(credential));
    return shown.map((credential) => ({
      credential,
      removable: !(needed && seconds.length === 1 && seconds[0]?.id === credential.id),
      suspended: !works(credential),
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

  async function take(res: Response, it: Member, id: unknown): Promise<boolean> {
    const { credential, removable } = await found(it, id);
    if (!removable) return false;
    await audit.commit({
      event: 'credential.removed',
      credential: credential.id,
      factor: credential.factor,
      ...about(res, it),
    });
    await credentials.remove(credential.id, it.account.id);
    await devices.revoke(it.account.id, { credential: credential.id });
    return true;
  }

  return {
    tokenOf,
    checked,
    about,
    all,
    found,

    /** With what rests on it. `busy`: another removal is under way. `needed`: it is the last one that policy wants. */
    async remove(res: Response, it: Member, id: unknown): Promise<'removed' | 'needed' | 'busy'> {
      // One at a time: two at once would each take the other's method for the one that stays.
      const claim = `removing-method:{${it.account.id}}`;
      if (!(await deps.ephemeral.add(claim, '1', CLAIM))) return 'busy';
      try {
        return (await take(res, it, id)) ? 'removed' : 'needed';
      } finally {
        await deps.ephemeral.delete(claim);
      }
    },
  };
}

export type OwnMethods = ReturnType<typeof createOwnMethods>;
