import { type RequestHandler, type Response, Router } from 'express';
import { fromBrowser } from '../accounts/context.ts';
import { TooManyError } from '../core/errors.ts';
import type { HouseAnswer, HouseCall, HouseRoute } from '../core/house.ts';
import { nameRoute } from '../core/route-name.ts';
import { createLimits } from '../lockout/limits.ts';
import { houseText } from './bodies.ts';
import { localsOf, type Rendering, send, type WebDeps } from './context.ts';
import { setPolicy } from './security.ts';
import { endThere } from './upstream-logout.ts';

/** Calls in a minute from one address, which may be a whole house's. */
const PER_MINUTE = 600;
const MINUTE = 60_000;

export type HouseRoutesNeeds = Rendering &
  Pick<WebDeps, 'accounts' | 'audit' | 'core' | 'ephemeral' | 'evidence' | 'houses' | 'log' | 'now'>;

/** What the houses behind directories call: no session counts there, and what is said is known by its signature. */
export function houseRoutes(deps: HouseRoutesNeeds): Router {
  const router = Router();
  const ends = endThere(deps);
  for (const { directory, base, routes, redirects } of deps.houses) {
    const end: HouseCall['end'] = async (ended) =>
      redirects ? ends({ directory, redirects }, ended) : { reached: true };
    const limits = createLimits(deps, `houses:${directory}`);
    for (const route of routes) {
      const path = base + route.path;
      const handler = handlerOf(deps, limits, path, route, end);
      if (route.method === 'GET') router.get(path, handler);
      else router.post(path, ...houseText(route.longest ?? 0), handler);
    }
  }
  return router;
}

function handlerOf(
  deps: HouseRoutesNeeds,
  limits: ReturnType<typeof createLimits>,
  path: string,
  route: HouseRoute,
  end: HouseCall['end'],
): RequestHandler {
  return async (req, res) => {
    nameRoute(res, path);
    const { address = '' } = fromBrowser(localsOf(res).browser);
    const counted = await limits.count([{ name: path, of: address, most: PER_MINUTE, per: MINUTE }]);
    if (!counted.allowed) throw new TooManyError(`${path} is asked too often`, counted.retryAfter);
    const raw = route.method === 'GET' ? (req.url.split('?')[1] ?? '') : typeof req.body === 'string' ? req.body : '';
    const type = req.headers['content-type'];
    answer(deps, res, await route.handle({ raw, ...(type === undefined ? {} : { type }), end }));
  };
}

function answer(deps: HouseRoutesNeeds, res: Response, told: HouseAnswer): void {
  if ('redirect' in told) return void res.redirect(303, told.redirect);
  if ('form' in told) {
    const { action, fields } = told.form;
    setPolicy(res, [new URL(action).protocol]);
    const inputs = Object.entries(fields).map(([name, value]) => ({ name, value }));
    send(deps, res, 'form-post', { action, inputs });
    return;
  }
  const { status = 200, type, text, maxAge } = told;
  if (maxAge !== undefined) res.set('cache-control', `public, max-age=${maxAge}`);
  res.status(status).type(type).send(text);
}
