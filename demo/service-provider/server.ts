import express, { type ErrorRequestHandler } from 'express';
import { listen, ownHost, STYLE, security } from '../shared/server.ts';
import { type DemoServiceProvider, endpointsOf, ServiceProviderError } from './application.ts';
import { createIdentityProviders } from './identity-provider.ts';
import { metadataOf } from './metadata.ts';
import { errorPage, homePage } from './pages.ts';
import type { Prepared } from './prepare.ts';
import { applicationRoutes } from './routes.ts';
import { Sessions } from './sessions.ts';

export interface ServiceProviderOptions {
  /** What `prepareServiceProvider` answered; its address is where this listens. */
  prepared: Prepared;
  /** Origin of the identity provider: `http:` only on loopback. */
  identityProvider: string;
  /** Told of errors that aren't the protocol's. */
  onError?(error: unknown): void;
}

export interface ServiceProvider {
  /** Without a slash at the end. */
  url: string;
  close(): Promise<void>;
}

const MOST_SEEN = 10_000;

/** Starts the demo's SAML applications. Resolves once it listens: the identity provider may come up later. */
export async function startServiceProvider(options: ServiceProviderOptions): Promise<ServiceProvider> {
  const { url, applications, keys } = options.prepared;
  const metadata = new URL('/saml/metadata', options.identityProvider);
  const stop = new AbortController();
  const idps = createIdentityProviders(metadata, stop.signal);
  const { hostname, port, host } = new URL(url);
  const app = express();
  const server = await listen(app, Number(port), hostname);
  const sessions = new Sessions();
  const once = onlyOnce();

  app.disable('x-powered-by');
  app.use(ownHost(host), security(metadata));
  app.get('/', (_req, res) => void res.send(homePage(applications)));
  app.get('/style.css', (_req, res) => res.sendFile(STYLE));
  for (const application of applications) {
    const party = { application, endpoints: endpointsOf(url, application.id), keys };
    const own = metadataOf(application, url, keys);
    app.use(`/${application.id}`, applicationRoutes({ party, idps, sessions, metadata: own, once }));
  }
  app.use(() => {
    throw new ServiceProviderError(404, 'not_found', 'there is no such page');
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

/** Answers true for each ID once; assertions live for minutes, so the last thousands are enough. */
function onlyOnce(): (id: string) => boolean {
  const seen = new Set<string>();
  return (id) => {
    if (id === '' || seen.has(id)) return false;
    seen.add(id);
    for (const oldest of seen) {
      if (seen.size <= MOST_SEEN) break;
      seen.delete(oldest);
    }
    return true;
  };
}

function failures(
  applications: readonly DemoServiceProvider[],
  onError?: (error: unknown) => void,
): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    if (res.headersSent) return next(thrown);
    const error = explained(thrown);
    if (error.status >= 500) onError?.(thrown);
    const application = applications.find(({ id }) => req.originalUrl.startsWith(`/${id}/`));
    res.status(error.status).set('cache-control', 'no-store');
    if (req.path.endsWith('/soap')) res.type('text').send(`${error.message}\n`);
    else res.send(errorPage(error, application));
  };
}

/** What went wrong, for people; a body that is too large and the like bring their own status. */
function explained(thrown: unknown): ServiceProviderError {
  if (thrown instanceof ServiceProviderError) return thrown;
  const status = (thrown as { status?: unknown } | undefined)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ServiceProviderError(status, 'invalid_request', 'the request is malformed', { cause: thrown });
  }
  return new ServiceProviderError(500, 'server_error', 'something went wrong here', { cause: thrown });
}
