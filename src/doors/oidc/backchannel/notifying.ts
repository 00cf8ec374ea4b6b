import { setTimeout as pause } from 'node:timers/promises';
import type { BackchannelAuthenticationRequest, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { hasCode } from '../../../core/errors.ts';
import type { OidcPorts } from '../ports.ts';
import type { BackchannelAdapter } from './adapter.ts';
import type { Asking } from './asking.ts';
import type { Later } from './later.ts';

/** Until it looks again where another call is at it, milliseconds. */
const AGAIN = 100;

interface Parts {
  ports: Pick<OidcPorts, 'audit' | 'log' | 'now'>;
  later: Later;
  provider(): Provider;
  asking: Asking;
  adapter: BackchannelAdapter;
}

/**
 * Ping mode (CIBA Core 1.0 section 10.2): waits at this node for what the phone says, and tells the client once, at the
 * address that is configured for it. Best effort: a client that hears nothing may ask, as one that polls.
 */
export function createNotifying({ ports, later, provider, asking, adapter }: Parts) {
  const ends = new AbortController();

  async function wait(id: string): Promise<boolean> {
    const { journey } = later.ports();
    for (;;) {
      const kept = await asking.keptOf(id);
      if (kept === undefined || ends.signal.aborted) return false;
      try {
        await journey.changed(kept.journey, kept.nonce, ends.signal);
      } catch (error) {
        // The client has asked meanwhile, and been told.
        if (hasCode(error, 'ERR_SIGN_IN_EXPIRED')) return false;
        throw error;
      }
      if ((await adapter.decide(id)) !== undefined) return true;
      // Somebody else looks right now.
      await pause(AGAIN, undefined, { signal: ends.signal }).catch(() => undefined);
    }
  }

  async function notify(request: BackchannelAuthenticationRequest): Promise<void> {
    const { clientId: application, accountId: account } = request;
    const facts = { application: String(application), account: String(account) };
    try {
      if (!(await wait(String(request.jti)))) return;
      const client = await provider().Client.find(facts.application);
      await client?.backchannelPing(request);
      ports.audit.note({ event: 'backchannel.notified', ...facts });
    } catch (error) {
      const reason = error instanceof Error ? error.message : '';
      ports.log.warn({ ...facts, reason }, 'an application was not told that its request was answered');
      ports.audit.note({ event: 'backchannel.unreached', ...facts, reason });
    }
  }

  return {
    /** Once the client has been answered. */
    begin({ res, oidc }: KoaContextWithOIDC, request: BackchannelAuthenticationRequest): void {
      if (oidc.client?.backchannelTokenDeliveryMode !== 'ping') return;
      res.once('finish', () => void notify(request));
    },
    close: () => ends.abort(),
  };
}
