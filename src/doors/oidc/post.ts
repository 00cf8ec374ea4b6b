import type { Request, RequestHandler } from 'express';
import { SallyportError } from '../../core/errors.ts';
import { parametersOf } from '../../core/parameters.ts';
import { LONGEST } from './parameters.ts';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';

const PARAMETER = 'posted_request';
const KIND_REQUEST = 'posted-authorize';
const KIND_SIGN_OUT = 'posted-logout';

/**
 * Endpoints that browsers are sent to, by GET or POST (OpenID Connect Core 3.1.2.1, RP-Initiated Logout section 2), and
 * how long what was posted there waits. The page that asks before signing out stands at its own address: it is
 * loaded again, as in another language, for as long as it is looked at. Milliseconds.
 */
const WAITS: ReadonlyMap<string, { kind: string; lifetime: number }> = new Map([
  [ROUTES.authorization, { kind: KIND_REQUEST, lifetime: 60_000 }],
  [ROUTES.end_session, { kind: KIND_SIGN_OUT, lifetime: 600_000 }],
]);

/**
 * A request that arrives by POST from another site comes without our Lax cookies. It is kept and answered 303 to our
 * own GET, where they return: in the same browser alone, and for an authorization request once.
 */
export function postedRequests({ deposits, form }: Pick<OidcPorts, 'deposits' | 'form'>): RequestHandler[] {
  const waitOf = (req: Request, method: string) => (req.method === method ? WAITS.get(req.path) : undefined);

  const keep: RequestHandler = async (req, res, next) => {
    const wait = waitOf(req, 'POST');
    if (wait === undefined) return next();
    const { path, body } = req;
    const text = typeof body === 'string' ? body : '';
    const id = await deposits.put({ req, res }, wait.kind, text, wait.lifetime);
    res.redirect(303, `${path}?${PARAMETER}=${id}`);
  };

  const restore: RequestHandler = async (req, res, next) => {
    const { path } = req;
    const wait = waitOf(req, 'GET');
    if (wait === undefined) return next();
    const id = parametersOf(req.url.split('?')[1] ?? '')[PARAMETER];
    if (id === undefined) return next();
    const find = path === ROUTES.authorization ? deposits.take : deposits.look;
    const posted = await find({ req, res }, wait.kind, id);
    if (posted !== undefined) req.url = `${path}?${posted}`;
    // To sign out without it is only asked in general.
    else if (path === ROUTES.authorization)
      throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'no posted request of this browser');
    next();
  };

  const read = form(LONGEST).map(
    (handler): RequestHandler =>
      (req, res, next) =>
        waitOf(req, 'POST') ? handler(req, res, next) : next(),
  );
  return [...read, keep, restore];
}
