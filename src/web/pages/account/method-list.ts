import type { Account, Credential } from '../../../core/account.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { Message } from '../../../core/prompt.ts';
import { isUpstream, upstreamOf } from '../../../core/said.ts';
import type { WebDeps } from '../../context.ts';
import type { Suspended } from '../../seen.ts';
import type { Member } from './session.ts';

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

export type OwnMethodListNeeds = Pick<WebDeps, 'attempts' | 'credentials' | 'evaluator' | 'issuing' | 'preferences'>;

/** Address of what is done with a method. */
export const methodPath = (id: string, action: string): string =>
  `/account/methods/${encodeURIComponent(id)}/${action}`;

/** The methods of an account, each with what its owner may do with it now. */
export function createOwnMethodList(deps: OwnMethodListNeeds) {
  const { attempts, credentials, evaluator, issuing, preferences } = deps;

  /** The link that alone can show a second kind, of whoever has no method of their own for it. */
  function lastLink(account: Account, enrolled: readonly Credential[], seconds: readonly Credential[]) {
    if (seconds.length > 0) return undefined;
    const able = evaluator.housesAble(account, enrolled.filter(evaluator.works));
    const [only, another] = enrolled.filter((one) => isUpstream(one) && able.includes(one.factor));
    return another === undefined && !able.includes(upstreamOf(account.directory)) ? only?.id : undefined;
  }

  async function all({ account }: Member): Promise<OwnMethod[]> {
    const enrolled = await credentials.ofAccount(account.id);
    const stopped = await attempts.stopped(account.id);
    const { isOwn, works } = evaluator;
    const seconds = enrolled.filter((credential) => isOwn(credential) && works(credential));
    const needed = evaluator.needsSecond(account);
    const first = await preferences.of(account.id, enrolled);
    // A pass that has ended is nothing any more; one's own method that can't be trusted is something to act on.
    const reported = ({ suspendedAt }: Credential) => suspendedAt !== undefined;
    const lasting = lastLink(account, enrolled, seconds);
    const told = enrolled.filter((credential) => works(credential) || isOwn(credential) || reported(credential));
    return told.map((credential) => ({
      credential,
      removable: !(needed && [seconds.length === 1 ? seconds[0]?.id : undefined, lasting].includes(credential.id)),
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

  return { all, found };
}
