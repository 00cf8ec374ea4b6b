import type { Request, Response } from 'express';
import type { Account } from '../../../core/account.ts';
import type { InternalApplication } from '../../../core/application.ts';
import { NO_REQUEST, type Proof } from '../../../core/assurance.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { SessionSight } from '../../../core/sign-in.ts';
import { localsOf, type WebDeps } from '../../context.ts';

export interface Member {
  account: Account;
  session: string;
  sight: SessionSight;
}

/** How old a second factor may be where policy would have one for each request, milliseconds. */
const RECENT = 10 * 60_000;

const OWN = /^\/(?:account|enrol)(?:\/[\w./-]*)?(?:\?notice=[a-z-]+)?$/;

/** Only our own pages, and only those of the account: this value passes through the browser. */
export function ownPath(path: unknown): string {
  const text = typeof path === 'string' && !path.includes('..') ? path : '';
  return [text, text.split('?')[0] ?? ''].find((one) => OWN.test(one)) ?? '/account';
}

export type MembershipNeeds = Pick<WebDeps, 'core' | 'evaluator' | 'helpDesk' | 'now'>;

/** Who is signed in, as far as these pages ask: policy holds for them as for any application. */
export function createMembership(deps: MembershipNeeds) {
  const { core, evaluator, helpDesk } = deps;
  const NOTHING_MORE = { acrValues: [], acrEssential: false, reauthenticate: false };

  /** How a session stands with an application now. `own`: what only a lent pass has proven doesn't count. */
  function evaluated(
    res: Response,
    who: { account: string; sight: SessionSight },
    application: InternalApplication,
    own = false,
  ) {
    const asked = { application, ...who, request: NO_REQUEST, wants: NOTHING_MORE, recent: RECENT };
    return evaluator.evaluate({
      ...asked,
      browser: localsOf(res).browser,
      ...(own ? { bootstrap: false as const } : {}),
    });
  }

  /** The member behind a request, if what was proven is enough for this application. */
  async function known(req: Request, res: Response, application: InternalApplication): Promise<Member | undefined> {
    const current = await core.session(req, res);
    if (current === undefined) return undefined;
    const locals = localsOf(res);
    const { satisfied, account } = await evaluated(res, current, application);
    if (!satisfied || account === undefined) return undefined;
    const { name, locale } = account;
    const agent = helpDesk.settings && (await helpDesk.agentOf(account));
    locals.person = { name, ...(agent ? { desk: true } : {}) };
    if (locale) locals.locale = locals.speak({ account: locale });
    return { account, session: current.session, sight: current.sight };
  }

  /**
   * The member; otherwise the browser has been sent to sign in, and the answer is undefined.
   * `sallyport-security` wants an MFA that isn't older than ten minutes and takes no remembered device for it.
   */
  async function member(
    req: Request,
    res: Response,
    application: InternalApplication,
    returnTo = ownPath(req.originalUrl),
  ): Promise<Member | undefined> {
    const it = await known(req, res, application);
    if (it === undefined) res.redirect(303, core.begin(application, { returnTo }));
    return it;
  }

  /** Whether a method of one's own was shown, not only a pass that was lent. */
  async function holdsOwn(res: Response, { account, sight }: Member, application: InternalApplication) {
    return (await evaluated(res, { account: account.id, sight }, application, true)).satisfied;
  }

  /** The right that `member` found, for the moment of its exercise. */
  async function holds(res: Response, { account, sight }: Member, application: InternalApplication) {
    return (await evaluated(res, { account: account.id, sight }, application)).satisfied;
  }

  /** What was shown of one's own lately, and still stands; nothing where that isn't enough for managing methods. */
  async function shown(res: Response, { account, sight }: Member): Promise<readonly Proof[]> {
    const who = { account: account.id, sight };
    const { satisfied, evidence } = await evaluated(res, who, 'sallyport-security', true);
    return satisfied ? evidence.filter(({ at }) => deps.now() - at <= RECENT) : [];
  }

  /**
   * For what a lent pass is not for: a method of one's own must have been shown.
   *
   * @throws SallyportError ERR_BOOTSTRAP where all else is there, so that asking again would go in circles
   */
  async function owner(
    req: Request,
    res: Response,
    application: InternalApplication,
    returnTo = ownPath(req.originalUrl),
  ): Promise<Member | undefined> {
    const it = await member(req, res, application, returnTo);
    if (it === undefined || (await holdsOwn(res, it, application))) return it;
    throw new SallyportError('ERR_BOOTSTRAP', 'only a pass was shown');
  }

  return { known, member, owner, holds, holdsOwn, shown };
}

export type Membership = ReturnType<typeof createMembership>;
