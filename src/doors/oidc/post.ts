import { randomBytes } from 'node:crypto';
import express, { type Request, type RequestHandler } from 'express';
import type { EphemeralStore } from '../../core/store.ts';
import { hashOf } from './adapter.ts';
import { ROUTES } from './routes.ts';

const PARAMETER = 'posted_request';
const LIFETIME = 600_000;

/** Endpoints that browsers are sent to, by GET or POST (OpenID Connect Core 3.1.2.1, RP-Initiated Logout section 2). */
const FOR_BROWSERS: ReadonlySet<string> = new Set([ROUTES.authorization, ROUTES.end_session]);

/**
 * A request that arrives by POST from another site comes without our Lax cookie. It is
 * stored and answered 303 to our own GET, where the cookie returns.
 */
export function postedRequests(store: EphemeralStore): RequestHandler[] {
  const key = (path: string, id: string) => `oidc:posted:${path}:${hashOf(id)}`;
  const isPosted = ({ method, path }: Request) => method === 'POST' && FOR_BROWSERS.has(path);
  const keep: RequestHandler = async (req, res, next) => {
    if (!isPosted(req)) return next();
    const id = randomBytes(32).toString('base64url');
    await store.set(key(req.path, id), typeof req.body === 'string' ? req.body : '', LIFETIME);
    res.redirect(303, `${req.path}?${PARAMETER}=${id}`);
  };
  const restore: RequestHandler = async (req, _res, next) => {
    if (req.method !== 'GET' || !FOR_BROWSERS.has(req.path)) return next();
    const id = new URL(req.url, 'http://localhost').searchParams.get(PARAMETER);
    const stored = id === null ? undefined : await store.get(key(req.path, id));
    if (stored !== undefined) req.url = `${req.path}?${stored}`;
    next();
  };
  const read = express.text({ type: 'application/x-www-form-urlencoded', limit: '64kb' });
  return [(req, res, next) => (isPosted(req) ? read(req, res, next) : next()), keep, restore];
}
