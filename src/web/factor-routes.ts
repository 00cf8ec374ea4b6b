import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorRequestHandler, type RequestHandler, type Response, Router } from 'express';
import { fromBrowser } from '../accounts/context.ts';
import { hasCode, isUnavailable } from '../core/errors.ts';
import type { AppFiles, FactorRoute, FactorRoutes, RouteAnswer, RouteResult } from '../core/route.ts';
import { nameRoute } from '../core/route-name.ts';
import { createLimits } from '../lockout/limits.ts';
import type { Assets } from './assets.ts';
import { jsonBody, LONGEST_JSON } from './bodies.ts';
import { localsOf, type WebDeps } from './context.ts';
import { readServed, type Served } from './served.ts';

const PER_MINUTE = 600;
const MINUTE = 60_000;
/** How long a browser may keep the answer to a preflight, seconds. */
const PREFLIGHT = 86_400;

/**
 * Files of an app by their path below it; `index.html` is `/`. Throws on a type that isn't served, on an asset that
 * the pages haven't, and on one that would stand in the place of a file of the app's.
 */
function filesOf({ folder, assets: taken = [] }: AppFiles, assets: Assets): ReadonlyMap<string, Served> {
  const root = fileURLToPath(folder);
  const found = new Map<string, Served>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(root, file).split(sep).join('/')}`;
    found.set(path === '/index.html' ? '/' : path, readServed(file));
  }
  for (const name of taken) {
    const asset = assets.get(`/assets/${name}`);
    if (asset === undefined || found.has(`/${name}`)) throw new Error(`${root}: can't take ${name} of the pages'`);
    found.set(`/${name}`, asset);
  }
  return found;
}

function serve({ files }: FactorRoutes, assets: Assets): RequestHandler {
  const found: ReadonlyMap<string, Served> = files ? filesOf(files, assets) : new Map();
  return (req, res, next) => {
    const file = req.method === 'GET' || req.method === 'HEAD' ? found.get(req.path) : undefined;
    if (file === undefined || files === undefined) return next();
    nameRoute(res, `${req.baseUrl}/*`);
    // Asked again each time: an app that is old in one file and new in another would be neither.
    res.set({ ...files.headers, 'cache-control': 'no-cache', etag: file.etag });
    if (req.headers['if-none-match'] === file.etag) return void res.status(304).end();
    res.set('content-type', file.type).send(file.body);
  };
}

/** Does what a route says is to happen, and then knows what to answer. */
async function carriedOut(
  { reports }: Pick<WebDeps, 'reports'>,
  factor: string,
  result: RouteResult,
): Promise<RouteAnswer> {
  if (!('report' in result)) return result;
  const { account, about } = result.report;
  try {
    await reports.make(account, about, { by: 'owner', factor });
  } catch (error) {
    await result.failed();
    throw error;
  }
  return result.done();
}

function answer(res: Response, result: RouteAnswer): void {
  if ('redirect' in result) {
    res.redirect(303, result.redirect);
    return;
  }
  if (!('json' in result)) {
    res.status(result.status).end();
    return;
  }
  if (result.retryAfter !== undefined) res.set('retry-after', String(Math.max(1, Math.ceil(result.retryAfter / 1000))));
  res.status(result.status ?? 200).json(result.json);
}

const refuse = (res: Response, status: number, error: string, message: string) =>
  void res.status(status).json({ error, message });

/** What is wrong is said in JSON: no page is shown to a program, and nothing of the inside is told. */
const failed =
  (deps: Pick<WebDeps, 'log'>): ErrorRequestHandler =>
  (error, _req, res, next) => {
    if (res.headersSent) return next(error);
    if (isUnavailable(error) || hasCode(error, 'ERR_OVERLOADED')) {
      return refuse(res, 503, 'unavailable', 'try again in a moment');
    }
    const status: unknown = (error as { status?: unknown } | undefined)?.status;
    if (status === 413) return refuse(res, 413, 'too_large', 'the body is too large');
    if (typeof status === 'number' && status >= 400 && status < 500)
      return refuse(res, status, 'invalid', 'not readable');
    deps.log.error({ err: error, reference: localsOf(res).browser.reference }, 'a route failed');
    refuse(res, 500, 'error', 'something went wrong');
  };

type CallNeeds = Pick<WebDeps, 'audit' | 'ephemeral' | 'log' | 'now' | 'reports'>;

function handlerOf(deps: CallNeeds, factor: string, base: string, route: FactorRoute): RequestHandler {
  const limits = createLimits(deps, `routes:${factor}`);
  const call = async (body: unknown, address: string) =>
    carriedOut(deps, factor, await route.handle({ body, address }));
  return async (req, res) => {
    const { address = '' } = fromBrowser(localsOf(res).browser);
    const budget = { name: base + route.path, of: address, most: route.perMinute ?? PER_MINUTE, per: MINUTE };
    const counted = await limits.count([budget]);
    if (!counted.allowed) {
      const json = { error: 'too_many', message: 'too many requests' };
      return answer(res, { status: 429, retryAfter: counted.retryAfter, json });
    }
    if (route.body === undefined) return answer(res, await call(undefined, address));
    if (!req.is('application/json')) return refuse(res, 415, 'invalid', 'the body must be JSON');
    const read = route.body.safeParse(req.body);
    if (!read.success) return refuse(res, 400, 'invalid', 'the body has another shape');
    answer(res, await call(read.data, address));
  };
}

/** Any page may call and read it, for no cookie of ours counts there. */
const cors: RequestHandler = (req, res, next) => {
  res.set('access-control-allow-origin', '*');
  if (req.method !== 'OPTIONS') return next();
  res.set({
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': String(PREFLIGHT),
  });
  res.status(204).end();
};

export type FactorRoutesNeeds = CallNeeds & Pick<WebDeps, 'assets' | 'routes'>;

/** Routes and app of each factor that has some, below its path at the issuer. */
export function factorRoutes(deps: FactorRoutesNeeds): Router {
  const router = Router();
  for (const { factor, routes: mounted } of deps.routes) {
    const { base, origin, routes } = mounted;
    const own = Router();
    for (const route of routes) {
      if (route.cors) own.all(route.path, cors);
      const json = jsonBody(LONGEST_JSON);
      const handler = handlerOf(deps, factor, base, route);
      if (route.method === 'GET') own.get(route.path, handler);
      else own.post(route.path, json, handler);
    }
    own.use(failed(deps));
    // One app at one place: two would each have their own keys.
    if (origin === undefined) {
      router.get(base, (req, res, next) => (req.path === base ? res.redirect(301, `${base}/`) : next()));
      own.use(serve(mounted, deps.assets));
    } else own.get('/', (_req, res) => res.redirect(303, `${origin}/`));
    router.use(base, own);
  }
  return router;
}

/** An app's own origin, where it has one: its files, and nothing else of the gateway. */
export function ownOrigins(deps: Pick<WebDeps, 'assets' | 'routes'>): RequestHandler {
  const sites = new Map(
    deps.routes.flatMap(({ routes }) =>
      routes.origin === undefined ? [] : [[new URL(routes.origin).host, serve(routes, deps.assets)] as const],
    ),
  );
  return (req, res, next) => {
    const site = sites.get(req.headers.host?.toLowerCase() ?? '');
    if (site === undefined) return next();
    site(req, res, () => void res.status(404).type('text').send('not found'));
  };
}
