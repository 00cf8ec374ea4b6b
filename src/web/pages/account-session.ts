import type { Request, Response } from 'express';
import type { Account } from '../../core/account.ts';
import type { InternalApplication } from '../../core/application.ts';
import { type Evidence, NO_REQUEST } from '../../core/assurance.ts';
import { SallyportError } from '../../core/errors.ts';
import { localsOf, type WebDeps } from '../context.ts';

export interface Member {
  account: Account;
  session: string;
}

/** How old a second factor may be where policy would have one for each request, milliseconds. */
const RECENT = 10 * 60_000;

const OWN = /^\/(?:account|enrol)(?:\/[\w./-]*)?(?:\?notice=[a-z-]+)?$/;

/** Only our own pages, and only those of the account: this value passes through the browser. */
export function ownPath(path: unknown): string {
  const text = typeof path === 'string' && !path.includes('..') ? path : '';
  return [text, text.split('?')[0] ?? ''].find((one) => OWN.test(one)) ?? '/account';
}

/** Who is signed in, as far as these pages ask: policy holds for them as for any application. */
export function createMembership(deps: WebDeps) {
  const { core, signIn } = deps;
  const NOTHING_MORE = { acrValues: [], acrEssential: false, reauthenticate: false };

  /** The member behind a request, if what was proven is enough for this application. */
  async function known(req: Request, res: Response, application: InternalApplication): Promise<Member | undefined> {
    const current = await core.session(req, res);
    if (current === undefined) return undefined;
    const asked = { application, ...current, request: NO_REQUEST, wants: NOTHING_MORE, recent: RECENT };
    const locals = localsOf(res);
    const { satisfied, account } = await signIn.evaluator.evaluate({ ...asked, browser: locals.browser });
    if (!satisfied || account === undefined) return undefined;
    const { name, locale } = account;
    const agent = signIn.helpDesk.settings && (await signIn.helpDesk.agentOf(account));
    locals.person = { name, ...(agent ? { desk: true } : {}) };
    if (locale) locals.locale = locals.speak({ account: locale });
    return { account, session: current.session };
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
  async function holdsOwn(res: Response, { account, session }: Member, application: InternalApplication) {
    const asked = {
      application,
      account: account.id,
      session,
      request: NO_REQUEST,
      wants: NOTHING_MORE,
      recent: RECENT,
    };
    const { browser } = localsOf(res);
    return (await signIn.evaluator.evaluate({ ...asked, browser, bootstrap: false })).satisfied;
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

  /** This session's proofs, for remembering the device anew. */
  const proofs = ({ account, session }: Member): Promise<Evidence[]> => signIn.evidence.of(session, account.id);

  return { known, member, owner, holdsOwn, proofs };
}

export type Membership = ReturnType<typeof createMembership>;
