import {
  AuthorizationResponseError,
  allowInsecureRequests,
  ClientError,
  ClientSecretBasic,
  type Configuration,
  discovery,
  ResponseBodyError,
} from 'openid-client';
import { ApplicationError } from '../shared/error.ts';
import { patiently } from '../shared/patience.ts';
import { isLoopback } from '../shared/server.ts';
import type { DemoApplication } from './application.ts';

/** Answers an application's client, discovered at the first call. */
export type Clients = (application: DemoApplication) => Promise<Configuration>;

/**
 * Everything that the demo knows of the issuer comes from its discovery document. An issuer that isn't up
 * yet is asked again for ten seconds, then at the next sign-in. `stop` ends the asking.
 */
export function createClients(issuer: URL, stop: AbortSignal): Clients {
  const insecure = issuer.protocol === 'http:';
  // Secrets and tokens in the clear never leave the machine.
  if (insecure && !isLoopback(issuer)) throw new Error(`the issuer must use https: ${issuer.href}`);
  const found = new Map<string, Promise<Configuration>>();
  return (application) => {
    const known = found.get(application.id);
    if (known) return known;
    const asked = discover(issuer, application, insecure, stop);
    found.set(application.id, asked);
    asked.catch(() => found.delete(application.id));
    return asked;
  };
}

function discover(
  issuer: URL,
  { clientId, clientSecret }: DemoApplication,
  insecure: boolean,
  stop: AbortSignal,
): Promise<Configuration> {
  const execute = insecure ? [allowInsecureRequests] : [];
  return patiently(
    () => discovery(issuer, clientId, {}, ClientSecretBasic(clientSecret), { execute }),
    stop,
    (cause) => new ApplicationError(503, 'issuer_unavailable', `${issuer.href} doesn't answer`, { cause }),
  );
}

/** What the issuer, or the checks on its answer, found wrong. */
export function explained(error: unknown): ApplicationError {
  if (error instanceof ApplicationError) return error;
  const cause = { cause: error };
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return new ApplicationError(400, error.error, error.error_description ?? error.message, cause);
  }
  if (error instanceof ClientError)
    return new ApplicationError(400, error.code ?? 'invalid_response', error.message, cause);
  return new ApplicationError(500, 'server_error', 'something went wrong here', cause);
}
