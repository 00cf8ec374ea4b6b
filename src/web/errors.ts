import type { ErrorRequestHandler, RequestHandler } from 'express';
import { OverloadedError, SallyportError, secondsToWait, TooManyError } from '../core/errors.ts';
import { localsOf, loggable, type Rendering, send, type WebDeps } from './context.ts';
import { pageOfForm, type RefusalKey } from './whose-turn.ts';

/** What people read, by code: the key of the page's texts and the HTTP status. */
const PAGES: Readonly<Record<string, [key: RefusalKey, status: number]>> = Object.freeze({
  ERR_BOOTSTRAP: ['lent', 403],
  ERR_CSRF: ['csrf', 403],
  ERR_INPUT: ['input', 400],
  ERR_MISDIRECTED: ['misdirected', 421],
  ERR_NOT_FOUND: ['not-found', 404],
  ERR_OVERLOADED: ['busy', 503],
  ERR_SIGN_IN_EXPIRED: ['expired', 400],
  ERR_SIGN_IN_OTHER_BROWSER: ['other-browser', 400],
  ERR_DIRECTORY_UNAVAILABLE: ['directory', 503],
  ERR_STORE_UNAVAILABLE: ['unavailable', 503],
  ERR_TOO_MANY: ['too-many', 429],
});

function pageOf(error: unknown, own: boolean): [key: RefusalKey, status: number] {
  if (error instanceof SallyportError) return PAGES[error.code] ?? ['server', 500];
  // Faults that Express and its body parsers find in a request.
  const status = (error as { status?: unknown }).status;
  if (typeof status !== 'number' || status < 400 || status >= 500) return ['server', 500];
  return [own ? 'input' : 'request', status];
}

export const notFound: RequestHandler = () => {
  throw new SallyportError('ERR_NOT_FOUND', 'no such page');
};

export type ErrorsNeeds = Rendering & Pick<WebDeps, 'log'>;

/** One sentence and a reference id for people; the detail for the log. */
export function showErrors(deps: ErrorsNeeds): ErrorRequestHandler {
  return (error, req, res, next) => {
    const { browser } = localsOf(res);
    const [key, status] = pageOf(error, pageOfForm(req.path) !== undefined);
    const fields = { err: error, path: loggable(req.path), reference: browser.reference };
    // Many at once, and none of them a fault.
    const expected = error instanceof OverloadedError;
    if (status >= 500 && !expected) deps.log.error(fields, 'request failed');
    else deps.log.info(fields, 'request refused');
    if (res.headersSent) return next(error);
    if (status === 503) res.setHeader('retry-after', '30');
    if (error instanceof TooManyError || error instanceof OverloadedError)
      res.setHeader('retry-after', secondsToWait(error));
    send(deps, res, 'error', { status, key }, status);
  };
}
