import type { Request, Response } from 'express';
import type { Account } from '../../../core/account.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { SessionSight } from '../../../core/sign-in.ts';
import type { Agent } from '../../../help-desk/agent.ts';
import { localsOf, type WebDeps } from '../../context.ts';
import { createMembership, type MembershipNeeds } from '../account/session.ts';

/** An agent at the desk: whose rights are those of this very request. */
export interface AtDesk {
  agent: Agent;
  session: string;
  sight: SessionSight;
}

/** Address of somebody's page at the desk. */
export const hereOf = (person: string): string => `/helpdesk/people/${encodeURIComponent(person)}`;

const OWN = /^\/helpdesk(?:\/[\w-]+)*$/;

/** Pages whose address says what they show, in letters that need no thought. */
const ASKING = '/helpdesk/reports';
const QUERY = /^[\w=&%.~+-]{1,400}$/;

/** Only the help desk's own pages: this value passes through the browser. */
export function deskPath(path: unknown): string {
  const [text = '', query = ''] = typeof path === 'string' ? path.split('?') : [];
  if (!OWN.test(text)) return '/helpdesk';
  return text === ASKING && QUERY.test(query) ? `${text}?${query}` : text;
}

export type DeskSessionNeeds = MembershipNeeds & Pick<WebDeps, 'accounts' | 'core' | 'helpDesk'>;

/** Who is at the desk. */
export function createDeskSession(deps: DeskSessionNeeds) {
  const { owner, holdsOwn } = createMembership(deps);
  const { helpDesk, accounts } = deps;
  const nobody = () => new SallyportError('ERR_NOT_FOUND', 'not of the help desk');

  /** Asked first: who is no agent is told of no help desk, and asked for no passkey. */
  async function turnAway(req: Request, res: Response): Promise<void> {
    const current = await deps.core.session(req, res);
    const account = current && (await accounts.usable(current.account));
    if (account && (await helpDesk.agentOf(account)) === undefined) throw nobody();
  }

  /**
   * The agent; otherwise the browser has been sent to sign in, and the answer is undefined. No remembered device and
   * no lent pass opens this.
   *
   * @throws SallyportError ERR_NOT_FOUND for everybody else
   */
  async function atDesk(req: Request, res: Response, returnTo = req.originalUrl): Promise<AtDesk | undefined> {
    await turnAway(req, res);
    const it = await owner(req, res, 'sallyport-helpdesk', deskPath(returnTo));
    const agent = it && (await helpDesk.agentOf(it.account));
    if (it === undefined) return undefined;
    if (agent === undefined) throw nobody();
    return { agent, session: it.session, sight: it.sight };
  }

  /** What was shown is still enough, in the moment of acting. */
  const stillAtDesk = (res: Response, { agent: { account }, session, sight }: AtDesk): Promise<boolean> =>
    holdsOwn(res, { account, session, sight }, 'sallyport-helpdesk');

  /** @throws SallyportError ERR_NOT_FOUND: the same for nobody and for somebody out of scope */
  async function personOf({ agent }: AtDesk, id: unknown): Promise<Account> {
    const person = await helpDesk.person(agent, String(id));
    if (person === undefined) throw new SallyportError('ERR_NOT_FOUND', 'nobody in scope');
    return person;
  }

  /** From where an agent acts, for the audit. */
  function facts(res: Response) {
    const { ip, userAgent, reference } = localsOf(res).browser;
    return { ip, userAgent, reference };
  }

  return { atDesk, stillAtDesk, personOf, facts };
}

export type DeskSession = ReturnType<typeof createDeskSession>;
