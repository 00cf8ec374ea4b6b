import { ApplicationError } from '../shared/error.ts';
import { dropOldest } from '../shared/oldest.ts';
import { type Running, startSite } from '../shared/server.ts';
import { endpointsOf } from './application.ts';
import { createIdentityProviders } from './identity-provider.ts';
import { metadataOf } from './metadata.ts';
import { homePage, shown } from './pages.ts';
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

export type ServiceProvider = Running;

const MOST_SEEN = 10_000;

/** Starts the demo's SAML applications. Resolves once it listens: the identity provider may come up later. */
export async function startServiceProvider(options: ServiceProviderOptions): Promise<ServiceProvider> {
  const { url, applications, keys } = options.prepared;
  const metadata = new URL('/saml/metadata', options.identityProvider);
  const stop = new AbortController();
  const idps = createIdentityProviders(metadata, stop.signal);
  const { hostname, port } = new URL(url);
  const sessions = new Sessions();
  const once = onlyOnce();
  return startSite({
    ...{ hostname, port: Number(port), issuer: metadata, applications, shown },
    ...{ explained, onError: options.onError, stop },
    home: homePage(applications),
    routes(application) {
      const party = { application, endpoints: endpointsOf(url, application.id), keys };
      return applicationRoutes({ party, idps, sessions, metadata: metadataOf(application, url, keys), once });
    },
    answerProgram(path, res, { message }) {
      if (!path.endsWith('/soap')) return false;
      res.type('text').send(`${message}\n`);
      return true;
    },
  });
}

/** Answers true for each ID once; assertions live for minutes, so the last thousands are enough. */
function onlyOnce(): (id: string) => boolean {
  const seen = new Set<string>();
  return (id) => {
    if (id === '' || seen.has(id)) return false;
    seen.add(id);
    dropOldest(seen, MOST_SEEN);
    return true;
  };
}

/** What went wrong, for people; a body that is too large and the like bring their own status. */
function explained(thrown: unknown): ApplicationError {
  if (thrown instanceof ApplicationError) return thrown;
  const status = (thrown as { status?: unknown } | undefined)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ApplicationError(status, 'invalid_request', 'the request is malformed', { cause: thrown });
  }
  return new ApplicationError(500, 'server_error', 'something went wrong here', { cause: thrown });
}
