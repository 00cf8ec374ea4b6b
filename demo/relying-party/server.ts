import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { listen, ownHost, STYLE, security } from '../shared/server.ts';
import { type DemoApplication, RelyingPartyError } from './application.ts';
import { createClients, explained } from './client.ts';
import { createLogoutTokens } from './logout-token.ts';
import { errorPage, homePage } from './pages.ts';
import { applicationRoutes } from './routes.ts';
import { Sessions } from './sessions.ts';

export interface RelyingPartyOptions {
  /** 0 takes a free one. */
  port: number;
  host: '127.0.0.1';
  /** `http:` only on loopback; everything else about it is discovered. */
  issuer: string;
  applications: readonly DemoApplication[];
  /** Told of errors that aren't the protocol's. */
  onError?(error: unknown): void;
}

export interface RelyingParty {
  /** Without a slash at the end. */
  url: string;
  close(): Promise<void>;
}

/** Starts the demo's applications. Resolves once it listens: the issuer may come up later. */
export async function startRelyingParty(options: RelyingPartyOptions): Promise<RelyingParty> {
  const { host, applications } = options;
  const issuer = new URL(options.issuer);
  const stop = new AbortController();
  const clients = createClients(issuer, stop.signal);
  const app = express();
  const server = await listen(app, options.port, host);
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  const sessions = new Sessions();
  const logoutTokens = createLogoutTokens();

  app.disable('x-powered-by');
  app.use(ownHost(new URL(url).host), security(issuer));
  app.get('/', (_req, res) => void res.send(homePage(applications)));
  app.get('/style.css', (_req, res) => res.sendFile(STYLE));
  for (const application of applications) {
    app.use(`/${application.id}`, applicationRoutes({ url, application, clients, sessions, logoutTokens }));
  }
  app.use(() => {
    throw new RelyingPartyError(404, 'not_found', 'there is no such page');
  });
  app.use(failures(applications, options.onError));

  return {
    url,
    close() {
      stop.abort();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function failures(applications: readonly DemoApplication[], onError?: (error: unknown) => void): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    if (res.headersSent) return next(thrown);
    const error = explained(thrown);
    if (error.status >= 500) onError?.(thrown);
    const application = applications.find(({ id }) => req.originalUrl.startsWith(`/${id}/`));
    res.status(error.status).set('cache-control', 'no-store');
    if (req.path.endsWith('/backchannel-logout')) {
      res.json({ error: error.error, error_description: error.message });
    } else {
      res.send(errorPage(error, application));
    }
  };
}
