import type { ErrorRequestHandler, RequestHandler } from 'express';
import { SallyportError } from '../core/errors.ts';
import { localsOf, loggable, send, type WebDeps } from './context.ts';

/** What people read, by code: the key of the page's texts and the HTTP status. */
const PAGES: Readonly<Record<string, [key: string, status: number]>> = Object.freeze({
  ERR_BOOTSTRAP: ['lent', 403],
  ERR_CSRF: ['csrf', 403],
  ERR_INPUT: ['request', 400],
  ERR_MISDIRECTED: ['misdirected', 421],
  ERR_NOT_FOUND: ['not-found', 404],
  ERR_SIGN_IN_EXPIRED: ['expired', 400],
  ERR_SIGN_IN_OTHER_BROWSER: ['other-browser', 400],
  ERR_STORE_UNAVAILABLE: ['unavailable', 503],
});

function pageOf(error: unknown): [key: string, status: number] {
  if (error instanceof SallyportError) return PAGES[error.code] ?? ['server', 500];
  // Faults that Express and its body parsers find in a request.
  const status = (error as { status?: unknown }).status;
  return typeof status === 'number' && status >= 400 && status < 500 ? ['request', status] : ['server', 500];
}

export const notFound: RequestHandler = () => {
  throw new SallyportError('ERR_NOT_FOUND', 'no such page');
};

/** One sentence and a reference id for people; the detail for the log. */
export function showErrors(deps: WebDeps): ErrorRequestHandler {
  return (error, req, res, next) => {
    const [key, status] = pageOf(error);
    const { browser } = localsOf(res);
    const fields = { err: error, path: loggable(req.path), reference: browser.reference };
    if (status >= 500) deps.log.error(fields, 'request failed');
    else deps.log.info(fields, 'request refused');
    if (res.headersSent) return next(error);
    const away = status === 503 || status === 421;
    if (status === 503) res.setHeader('retry-after', '30');
    // Never where the browser came from: that may be the fault itself.
    send(deps, res, 'error', { status, key, ...(away ? {} : { back: '/applications' }) }, status);
  };
}
