import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';
import type { DirectoryPorts } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Settings } from './settings.ts';

/** How long what a provider publishes of itself is believed, and how long it isn't asked again in vain, milliseconds. */
const BELIEVED = 3_600_000;
const REST = 5_000;
/** Seconds that any of its answers may take. */
const PATIENCE = 10;

/** The provider as openid-client knows it. */
export type ReadClient = () => Promise<Configuration>;

/** Asks the provider who it is when it is first needed, and then once an hour: it may be away when we start. */
export function createClient(
  { issuer, clientId, clientSecret, authentication }: Settings,
  { now, fetch, log, id }: Pick<DirectoryPorts, 'now' | 'fetch' | 'log' | 'id'>,
): ReadClient {
  let known: { config: Configuration; at: number } | undefined;
  let asking: Promise<Configuration> | undefined;
  let failed: { cause: unknown; at: number } | undefined;

  const secret = authentication === 'client_secret_post' ? ClientSecretPost : ClientSecretBasic;

  async function discovered(): Promise<Configuration> {
    const execute = [enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [allowInsecureRequests] : [])];
    const config = await discovery(new URL(issuer), clientId, undefined, secret(clientSecret), {
      [customFetch]: (url, init) => fetch(url, init as RequestInit),
      execute,
      timeout: PATIENCE,
    });
    // The library compares addresses as addresses, and lets some providers off.
    if (config.serverMetadata().issuer === issuer) return config;
    throw new Error(`it calls itself ${config.serverMetadata().issuer}`);
  }

  async function ask(): Promise<Configuration> {
    try {
      const config = await discovered();
      known = { config, at: now() };
      failed = undefined;
      return config;
    } catch (cause) {
      failed = { cause, at: now() };
      log.warn({ directory: id, error: String(cause) }, 'a provider can’t be asked who it is');
      // What it said before stands: another key of its is found by the look at its keys.
      if (known) return known.config;
      throw unavailable(id, cause);
    } finally {
      asking = undefined;
    }
  }

  return async () => {
    const at = now();
    if (known && at - known.at < BELIEVED) return known.config;
    if (failed && at - failed.at < REST) {
      if (known) return known.config;
      throw unavailable(id, failed.cause);
    }
    asking ??= ask();
    return asking;
  };
}

export const unavailable = (id: string, cause: unknown): SallyportError =>
  new SallyportError('ERR_DIRECTORY_UNAVAILABLE', `directories.${id}: the provider can’t be asked`, { cause });
