import { setTimeout as pause } from 'node:timers/promises';
import type { BackchannelAuthenticationRequest, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { hasCode } from '../../../core/errors.ts';
import { taggedKey } from '../../../core/keys.ts';
import { hashOf } from '../adapter.ts';
import type { OidcPorts } from '../ports.ts';
import type { BackchannelAdapter, Standing } from './adapter.ts';
import { type Asking, LIFE } from './asking.ts';
import type { Later } from './later.ts';

/** Where those stand whose client is still to be told, each sealed: whichever node is there then finds it. */
const UNTOLD = 'oidc:backchannel-untold';
/** How long one node may take to tell a client before another one does, milliseconds: the first may have stopped. */
const TELLING = 30_000;
/** How often a node looks for what another one has left, milliseconds. */
const EVERY = 5_000;
/** Until it looks again where another call is at it, milliseconds. */
const AGAIN = 100;

interface Parts {
  ports: Pick<OidcPorts, 'audit' | 'ephemeral' | 'log' | 'sealer'>;
  later: Later;
  provider(): Provider;
  asking: Asking;
  adapter: BackchannelAdapter;
}

/** A client that is to be told, and what it gave to know us by (CIBA Core 1.0 section 7.1). */
interface Untold {
  id: string;
  token: string;
  application: string;
  account: string;
}

/**
 * Ping mode (CIBA Core 1.0 section 10.2): the node that was asked waits for what the phone says, and tells the client,
 * once, at the address that is configured for it. What it leaves behind where it stops, another one finds.
 */
export function createNotifying({ ports, later, provider, asking, adapter }: Parts) {
  const { ephemeral, sealer, audit, log } = ports;
  const ends = new AbortController();
  /** Of this node's own, which waits for them. */
  const waiting = new Set<string>();
  /** Decided by somebody else, who tells the client, or was asked by it: unless that one has stopped. */
  const left = new Set<string>();
  let sweeping: NodeJS.Timeout | undefined;

  /** Until the phone has said something, or there is nothing to wait for. */
  async function wait(id: string): Promise<Standing> {
    const { journey } = later.ports();
    for (;;) {
      const kept = await asking.keptOf(id);
      if (kept === undefined || ends.signal.aborted) return 'open';
      try {
        await journey.changed(kept.journey, kept.nonce, ends.signal);
      } catch (error) {
        // Somebody has taken what was said.
        if (hasCode(error, 'ERR_SIGN_IN_EXPIRED')) return 'decided';
        throw error;
      }
      const standing = await adapter.standing(id);
      if (standing !== 'open') return standing;
      // Somebody else looks right now.
      await pause(AGAIN, undefined, { signal: ends.signal }).catch(() => undefined);
    }
  }

  async function tell(kept: string, { id, token, application, account }: Untold): Promise<void> {
    if (!(await ephemeral.add(taggedKey('oidc:backchannel-telling', hashOf(id)), '1', TELLING))) return;
    const facts = { application, account };
    try {
      const client = await provider().Client.find(application);
      if (client === undefined) throw new Error('there is no such client any more');
      const params = { client_notification_token: token };
      await client.backchannelPing({ jti: id, kind: 'BackchannelAuthenticationRequest', params } as never);
      audit.note({ event: 'backchannel.notified', ...facts });
    } catch (error) {
      const reason = error instanceof Error ? error.message : '';
      log.warn({ ...facts, reason }, 'an application was not told that its request was answered');
      audit.note({ event: 'backchannel.unreached', ...facts, reason });
    }
    await ephemeral.removeMember(UNTOLD, kept);
  }

  /** Tells what can be told by now, and forgets what is gone. */
  async function settle(kept: string, known?: Standing): Promise<void> {
    const untold = JSON.parse(sealer.open(kept, UNTOLD)) as Untold;
    const standing = known ?? (await adapter.standing(untold.id));
    const again = left.delete(kept);
    if (standing === 'now' || (standing === 'decided' && again)) await tell(kept, untold);
    else if (standing === 'decided') left.add(kept);
    else if (standing === 'gone') await ephemeral.removeMember(UNTOLD, kept);
  }

  async function waitFor(kept: string, id: string): Promise<void> {
    waiting.add(kept);
    try {
      const standing = await wait(id);
      if (standing === 'now' || !ends.signal.aborted) await settle(kept, standing);
    } catch (err) {
      log.warn({ err }, 'a request by CIBA could not be waited for');
    } finally {
      waiting.delete(kept);
    }
  }

  async function sweep(): Promise<void> {
    try {
      const members = (await ephemeral.members(UNTOLD)).filter((it) => !waiting.has(it));
      for (const kept of members) if (!ends.signal.aborted) await settle(kept);
    } catch (err) {
      log.warn({ err }, 'what other nodes have left to be told could not be looked for');
    }
    if (!ends.signal.aborted) sweeping = setTimeout(() => void sweep(), EVERY).unref();
  }

  return {
    /** Keeps it before the client is answered, and waits once it has been. */
    async begin({ res, oidc }: KoaContextWithOIDC, request: BackchannelAuthenticationRequest): Promise<void> {
      if (oidc.client?.backchannelTokenDeliveryMode !== 'ping') return;
      const { clientId, accountId, params } = request;
      const [id, token] = [String(request.jti), String(params?.client_notification_token)];
      const untold: Untold = { id, token, application: String(clientId), account: String(accountId) };
      const kept = sealer.seal(JSON.stringify(untold), UNTOLD);
      await ephemeral.addMember(UNTOLD, kept, LIFE * 1000);
      res.once('finish', () => void waitFor(kept, id));
    },
    /** Looks at once for what was left when a node stopped, and from then on. */
    opens: () => void sweep(),
    close(): void {
      ends.abort();
      clearTimeout(sweeping);
    },
  };
}
