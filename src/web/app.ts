import express, { type Express, type RequestHandler, Router } from 'express';
import { parametersOf } from '../core/parameters.ts';
import { apiRoutes } from './api/passes.ts';
import { boundedQuery } from './bodies.ts';
import { cookieRules, recogniseBrowser } from './browser.ts';
import { localsOf, loggable, send, type WebDeps } from './context.ts';
import { notFound, showErrors } from './errors.ts';
import { factorRoutes, ownOrigins } from './factor-routes.ts';
import { accountPages } from './pages/account.ts';
import { applicationsPage } from './pages/applications.ts';
import { enrolPages } from './pages/enrol.ts';
import { helpDeskPages } from './pages/help-desk/index.ts';
import { reportPages } from './pages/reports/index.ts';
import { signInPages } from './pages/sign-in/index.ts';
import { waitingRoutes } from './pages/waiting.ts';
import { createCsrf, headers, ownHostOnly } from './security.ts';

const YEAR = 365 * 86_400_000;

function logged(deps: WebDeps): RequestHandler {
  return (req, res, next) => {
    const started = performance.now();
    res.on('finish', () => {
      const fields = {
        method: req.method,
        path: loggable(req.originalUrl.split('?')[0] ?? ''),
        status: res.statusCode,
        ms: Math.round(performance.now() - started),
        ip: localsOf(res).browser?.ip,
        reference: localsOf(res).browser?.reference,
      };
      deps.log.info(fields, 'request');
    });
    next();
  };
}

function assets(deps: WebDeps): RequestHandler {
  return (req, res, next) => {
    const asset = deps.assets.get(req.path);
    if (asset === undefined) return next();
    const forever = req.query.v === asset.version;
    res.setHeader('cache-control', forever ? 'public, max-age=31536000, immutable' : 'public, max-age=300');
    res.setHeader('etag', asset.etag);
    res.type(asset.type).send(asset.body);
  };
}

/** The language switch: a cookie for this browser, and the account's own if somebody is signed in. */
function language(deps: WebDeps): RequestHandler {
  const names = cookieRules(deps.issuer);
  return async (req, res) => {
    const { to, back } = req.query;
    const locale = deps.i18n.locales.find((tag) => tag === to);
    if (locale) {
      res.cookie(names.locale, locale, { ...names.options, maxAge: YEAR });
      // Another site can send a browser here; what it can't do is to change what the account keeps.
      const own = req.headers['sec-fetch-site'] === 'same-origin';
      const session = own ? await deps.core.session(req, res) : undefined;
      if (session) await deps.durable.accounts.setLocale(session.account, locale);
    }
    // A path of ours and nothing that a browser could read as another host.
    const target = typeof back === 'string' ? URL.parse(back, deps.issuer) : null;
    const own = target?.origin === deps.issuer && !target.pathname.startsWith('//');
    res.redirect(303, own ? `${target.pathname}${target.search}` : '/');
  };
}

/** What factors publish. Anybody may read it, from any origin. */
function published(deps: WebDeps): Router {
  const router = Router();
  for (const { path, body } of deps.published) {
    router.get(path, (_req, res) => {
      res.setHeader('access-control-allow-origin', '*');
      res.setHeader('cache-control', 'public, max-age=300');
      res.json(body);
    });
  }
  return router;
}

/** The gateway's front: every request passes these in this order. */
export function createWeb(deps: WebDeps): Express {
  const app = express();
  const csrf = createCsrf(deps.csrfKeys, deps.issuer);
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', parametersOf);
  app.set('trust proxy', [...deps.trustedProxies]);

  app.use(logged(deps));
  app.use(headers(deps.issuer));
  app.use(recogniseBrowser(deps));
  app.use(boundedQuery);
  app.use(ownOrigins(deps));
  app.use(ownHostOnly(deps.issuer));
  app.use(assets(deps));
  for (const door of deps.doors) app.use(door.handler);
  app.use(published(deps));
  app.use(factorRoutes(deps));
  app.get('/language', language(deps));
  app.get('/', async (req, res) => {
    const session = await deps.core.session(req, res);
    send(deps, res, 'home', { signedIn: session !== undefined });
  });
  app.use(applicationsPage(deps));
  app.use(waitingRoutes(deps));
  app.use(signInPages(deps, csrf));
  app.use(accountPages(deps, csrf));
  app.use(helpDeskPages(deps, csrf));
  app.use(apiRoutes(deps));
  app.use(reportPages(deps));
  app.use(enrolPages(deps, csrf));
  app.use(notFound);
  app.use(showErrors(deps));
  return app;
}
