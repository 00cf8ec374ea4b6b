import { type Running, startSite } from '../shared/server.ts';
import type { DemoApplication } from './application.ts';
import { createClients, explained } from './client.ts';
import { createLogoutTokens } from './logout-token.ts';
import { homePage } from './pages.ts';
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

export type RelyingParty = Running;

/** Starts the demo's applications. Resolves once it listens: the issuer may come up later. */
export async function startRelyingParty(options: RelyingPartyOptions): Promise<RelyingParty> {
  const { host, port, applications, onError } = options;
  const issuer = new URL(options.issuer);
  const stop = new AbortController();
  const clients = createClients(issuer, stop.signal);
  const sessions = new Sessions();
  const logoutTokens = createLogoutTokens();
  return startSite({
    ...{ hostname: host, port, issuer, applications, explained, onError, stop },
    shown: (application) => application,
    home: homePage(applications),
    routes: (application, url) => applicationRoutes({ url, application, clients, sessions, logoutTokens }),
    answerProgram(path, res, { error, message }) {
      if (!path.endsWith('/backchannel-logout')) return false;
      res.json({ error, error_description: message });
      return true;
    },
  });
}
