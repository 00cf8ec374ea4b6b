import type { RequestListener } from 'node:http';
import express, { type Express, type RequestHandler, Router } from 'express';
import { parametersOf } from '../core/parameters.ts';
import { type Admission, admission } from './admission.ts';
import { apiRoutes } from './api/passes.ts';
import { serveAssets } from './assets.ts';
import { boundedQuery } from './bodies.ts';
import { recogniseBrowser } from './browser.ts';
import { clientCertificates } from './client-certificate.ts';
import { send, type WebDeps } from './context.ts';
import { notFound, showErrors } from './errors.ts';
import { factorRoutes, ownOrigins } from './factor-routes.ts';
import { houseRoutes } from './house-routes.ts';
import { houseSignOut } from './house-sign-out.ts';
import { languageSwitch } from './language-switch.ts';
import { accountPages } from './pages/account/index.ts';
import { applicationsPage } from './pages/applications.ts';
import { enrolPages } from './pages/enrol/index.ts';
import { helpDeskPages } from './pages/help-desk/index.ts';
import { reportPages } from './pages/reports/index.ts';
import { resetPages } from './pages/reset/index.ts';
import { signInPages } from './pages/sign-in/index.ts';
import { waitingRoutes } from './pages/waiting.ts';
import { pictureRoutes } from './pictures/index.ts';
import { plainFirst } from './plain.ts';
import { programRoutes } from './program-routes.ts';
import { logRequests } from './request-log.ts';
import { createCsrf, headers, ownHostOnly } from './security.ts';
import { upstreamLogout } from './upstream-logout.ts';

/** What factors publish. Anybody may read it, from any origin. */
function publish({ published }: Pick<WebDeps, 'published'>): Router {
  const router = Router();
  for (const { path, body } of published) {
    router.get(path, (_req, res) => {
      res.setHeader('access-control-allow-origin', '*');
      res.setHeader('cache-control', 'public, max-age=300');
      res.json(body);
    });
  }
  return router;
}

/** What counts is answered by whoever is the node that this process was started as: another one may be by now. */
function heldOnly({ held }: Pick<WebDeps, 'held'>): RequestHandler {
  return async (_req, _res, next) => {
    await held();
    next();
  };
}

/**
 * One after the other, as Express would call them, none of which answers later than it returns: what every request passes
 * needn't be matched with its path each time.
 */
function inOrder(handlers: readonly RequestHandler[]): RequestHandler {
  return (req, res, next) => {
    const go = (at: number): void => {
      const handler = handlers[at];
      if (handler === undefined) next();
      else handler(req, res, (error?: unknown) => (error === undefined ? go(at + 1) : next(error)));
    };
    go(0);
  };
}

/**
 * The gateway's front: what is asked plainly is answered so, and all else passes what Express knows, in this order.
 * `router`: all routes, of which whoever looks for one without a bound makes a table.
 */
export function createWeb(deps: WebDeps): RequestListener & Pick<Express, 'router'> {
  const admitted = admission(deps);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', parametersOf);
  app.set('trust proxy', [...deps.trustedProxies]);
  passAll(app, deps, admitted);
  const answer = plainFirst(deps, admitted, app);
  const logged = logRequests(deps);
  const listener: RequestListener = (req, res) =>
    deps.observed(req, res, () => logged(req, res, () => answer(req, res)));
  return Object.assign(listener, { router: app.router });
}

function passAll(app: Express, deps: WebDeps, admitted: Admission): void {
  const csrf = createCsrf(deps.csrfKeys, deps.issuer);
  app.use(
    inOrder([
      clientCertificates(deps),
      headers(deps.issuer),
      recogniseBrowser(deps),
      boundedQuery,
      ownOrigins(deps),
      ownHostOnly(deps.issuer, deps.doors),
      serveAssets(deps.assets),
    ]),
  );
  app.use(publish(deps));
  app.use(pictureRoutes(deps.csrfKeys, deps));
  app.get('/language', languageSwitch(deps));
  app.use(applicationsPage(deps));
  app.use(heldOnly(deps));
  // Streams have bounds of their own, and stay open.
  app.use(waitingRoutes(deps));
  app.use(admitted.handler);
  // First what a crowd asks for in the morning: whatever stands before it is passed by each of its requests.
  app.use(signInPages(deps, csrf));
  for (const door of deps.doors) app.use(door.handler);
  app.use(factorRoutes(deps));
  app.use(programRoutes(deps));
  app.use(houseRoutes(deps));
  app.use(houseSignOut(deps));
  app.get('/', async (req, res) => {
    const session = await deps.core.session(req, res);
    send(deps, res, 'home', { signedIn: session !== undefined });
  });
  app.use(upstreamLogout(deps));
  app.use(resetPages(deps, csrf));
  app.use(accountPages(deps, csrf));
  app.use(helpDeskPages(deps, csrf));
  app.use(apiRoutes(deps));
  app.use(reportPages(deps));
  app.use(enrolPages(deps, csrf));
  app.use(notFound);
  app.use(showErrors(deps));
}
