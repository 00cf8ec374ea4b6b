import type { EventEmitter } from 'node:events';
import type { RequestHandler } from 'express';
import type { Provider } from 'oidc-provider';
import type { LogPort } from '../../core/door.ts';
import type { Keyring } from '../../core/keyring.ts';

/** A provider, and what answers requests with it. */
export interface Serving {
  provider: Provider;
  answer(...request: Parameters<RequestHandler>): unknown;
}

/**
 * The provider of now. Its keys are fixed, so with other keys there is another one, which takes a few
 * milliseconds to build; a request that has begun ends with the one that it began with. Where building fails
 * the present one stays, and with it the keys that it has.
 */
export function createServing(keyring: Keyring, build: () => Provider, log: LogPort): () => Serving {
  let keys = keyring.published();
  let serving = serve(build(), log);

  function current(): Serving {
    const now = keyring.published();
    if (now === keys) return serving;
    keys = now;
    try {
      serving = serve(build(), log);
    } catch (err) {
      log.error({ err }, 'other signing keys could not be taken over');
    }
    return serving;
  }

  // Not in the course of a request, if it can be helped.
  keyring.onChange(current);
  return current;
}

function serve(provider: Provider, log: LogPort): Serving {
  provider.on('server_error', (ctx, err) => {
    ctx.state.failure = err;
  });
  (provider as EventEmitter).on('error', (err) => log.error({ err }, 'oidc-provider failed'));
  const callback = provider.callback();
  return { provider, answer: (req, res) => callback(req, res) };
}
