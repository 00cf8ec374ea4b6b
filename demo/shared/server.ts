import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { ApplicationError } from './error.ts';
import { errorPage, type Shown } from './pages.ts';

const STYLE = fileURLToPath(new URL('style.css', import.meta.url));

/** A demonstration's applications, at one address. */
export interface Site<A extends { id: string }> {
  hostname: string;
  /** 0 takes a free one. */
  port: number;
  /** Whom its forms lead to, besides itself. */
  issuer: URL;
  applications: readonly A[];
  shown(application: A): Shown;
  home: string;
  /** What stands below an application's `/<id>`. `url`: the site's own, without a slash at the end. */
  routes(application: A, url: string): RequestHandler;
  /** What went wrong, for people. */
  explained(thrown: unknown): ApplicationError;
  /** Answers whoever reads no pages: false where a page is to be shown. */
  answerProgram(path: string, res: Response, error: ApplicationError): boolean;
  /** Told of errors that aren't the protocol's. */
  onError?: ((error: unknown) => void) | undefined;
  /** Told when it closes. */
  stop: AbortController;
}

export interface Running {
  /** Without a slash at the end. */
  url: string;
  close(): Promise<void>;
}

/** Resolves once it listens. */
export async function startSite<A extends { id: string }>(site: Site<A>): Promise<Running> {
  const { applications, hostname, issuer, home, stop } = site;
  const app = express();
  const server = await listen(app, site.port, hostname);
  const url = `http://${hostname}:${(server.address() as AddressInfo).port}`;

  app.disable('x-powered-by');
  app.use(ownHost(new URL(url).host), security(issuer));
  app.get('/', (_req, res) => void res.send(home));
  app.get('/style.css', (_req, res) => res.sendFile(STYLE));
  for (const application of applications) app.use(`/${application.id}`, site.routes(application, url));
  app.use(() => {
    throw new ApplicationError(404, 'not_found', 'there is no such page');
  });
  app.use(failures(site));

  return {
    url,
    close() {
      stop.abort();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function failures<A extends { id: string }>(site: Site<A>): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    if (res.headersSent) return next(thrown);
    const error = site.explained(thrown);
    if (error.status >= 500) site.onError?.(thrown);
    const application = site.applications.find(({ id }) => req.originalUrl.startsWith(`/${id}/`));
    res.status(error.status).set('cache-control', 'no-store');
    if (!site.answerProgram(req.path, res, error)) res.send(errorPage(error, application && site.shown(application)));
  };
}

function listen(app: Express, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(app);
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** A foreign name for this address (DNS rebinding) would read the pages as its own. */
function ownHost(host: string): RequestHandler {
  return (req, res, next) => {
    if (req.headers.host === host) return next();
    res.status(421).type('text').send(`This is http://${host}/\n`);
  };
}

/** Headers of a site that runs no script and posts to itself and the issuer alone. */
function security(issuer: URL): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        // Signing out posts here and is sent on to the issuer.
        formAction: ["'self'", issuer.origin],
      },
    },
    strictTransportSecurity: false,
  });
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
