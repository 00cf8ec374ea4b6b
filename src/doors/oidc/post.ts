import { randomBytes } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import type { DoorPorts } from '../../core/door.ts';
import { parametersOf } from '../../core/parameters.ts';
import { hashOf } from './adapter.ts';
import { LONGEST } from './parameters.ts';
import { ROUTES } from './routes.ts';

const PARAMETER = 'posted_request';
/** It waits for its own redirect and no longer. Milliseconds. */
const LIFETIME = 60_000;

/** Endpoints that browsers are sent to, by GET or POST (OpenID Connect Core 3.1.2.1, RP-Initiated Logout section 2). */
const FOR_BROWSERS: ReadonlySet<string> = new Set([ROUTES.authorization, ROUTES.end_session]);

/**
 * A request that arrives by POST from another site comes without our Lax cookie. It is
 * stored and answered 303 to our own GET, where the cookie returns.
 */
export function postedRequests({ ephemeral, form }: Pick<DoorPorts, 'ephemeral' | 'form'>): RequestHandler[] {
  const key = (path: string, id: string) => `oidc:posted:${path}:${hashOf(id)}`;
  const isPosted = ({ method, path }: Request) => method === 'POST' && FOR_BROWSERS.has(path);
  const keep: RequestHandler = async (req, res, next) => {
    if (!isPosted(req)) return next();
    const id = randomBytes(32).toString('base64url');
    await ephemeral.set(key(req.path, id), typeof req.body === 'string' ? req.body : '', LIFETIME);
    res.redirect(303, `${req.path}?${PARAMETER}=${id}`);
  };
  const restore: RequestHandler = async (req, _res, next) => {
    if (req.method !== 'GET' || !FOR_BROWSERS.has(req.path)) return next();
    const id = parametersOf(req.url.split('?')[1] ?? '')[PARAMETER];
    const stored = typeof id === 'string' ? await ephemeral.take(key(req.path, id)) : undefined;
    if (stored !== undefined) req.url = `${req.path}?${stored}`;
    next();
  };
  const read = form(LONGEST).map(
    (handler): RequestHandler =>
      (req, res, next) =>
        isPosted(req) ? handler(req, res, next) : next(),
  );
  return [...read, keep, restore];
}
