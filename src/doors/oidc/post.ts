import { randomBytes } from 'node:crypto';
import express, { type RequestHandler } from 'express';
import type { EphemeralStore } from '../../core/store.ts';
import { hashOf } from './adapter.ts';
import { ROUTES } from './routes.ts';

const PARAMETER = 'posted_request';
const LIFETIME = 600_000;

/**
 * An authorization request that arrives by POST from another site comes without our Lax cookie. It is
 * stored and answered 303 to our own GET, where the cookie returns (OpenID Connect Core section 3.1.2.1).
 */
export function postedRequests(store: EphemeralStore): RequestHandler[] {
  const key = (id: string) => `oidc:posted:${hashOf(id)}`;
  const keep: RequestHandler = async (req, res, next) => {
    if (req.method !== 'POST' || req.path !== ROUTES.authorization) return next();
    const id = randomBytes(32).toString('base64url');
    await store.set(key(id), typeof req.body === 'string' ? req.body : '', LIFETIME);
    res.redirect(303, `${ROUTES.authorization}?${PARAMETER}=${id}`);
  };
  const restore: RequestHandler = async (req, _res, next) => {
    if (req.method !== 'GET' || req.path !== ROUTES.authorization) return next();
    const id = new URL(req.url, 'http://localhost').searchParams.get(PARAMETER);
    const stored = id === null ? undefined : await store.get(key(id));
    if (stored !== undefined) req.url = `${ROUTES.authorization}?${stored}`;
    next();
  };
  const read = express.text({ type: 'application/x-www-form-urlencoded', limit: '64kb' });
  return [
    (req, res, next) => (req.method === 'POST' && req.path === ROUTES.authorization ? read(req, res, next) : next()),
    keep,
    restore,
  ];
}
