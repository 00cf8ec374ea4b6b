import webPush from 'web-push';
import type { FactorPorts } from '../../core/factor-ports.ts';
import { isAllowed } from './endpoints.ts';
import type { Subscription } from './schemas.ts';
import type { Settings } from './settings.ts';
import { subjectOf, type Vapid } from './vapid.ts';

/** Somebody looks at a page meanwhile: a push service that is slower is as good as away. Milliseconds. */
const PATIENCE = 3_000;
/** Characters of a topic (RFC 8030 section 5.4). */
const TOPIC = 32;

/** `gone`: the subscription is over (RFC 8030 section 7.3). `unreached`: it may come all the same. */
export type Delivery = 'sent' | 'gone' | 'unreached';

/** A message that says that there is something to fetch, and nothing else: it passes through somebody else's hands. */
export interface Summons {
  device: string;
  request: string;
  /** Milliseconds that are left of it. */
  left: number;
}

/** Sends summonses by Web Push: encrypted for the device (RFC 8291), urgent, and for as long as the request lives. */
export function createDelivery(settings: Settings, ports: Pick<FactorPorts, 'fetch' | 'log' | 'issuer'>) {
  const subject = subjectOf(settings.subject, ports.issuer);

  return async function deliver(vapid: Vapid, to: Subscription, { device, request, left }: Summons): Promise<Delivery> {
    // The list may have become shorter since it was registered.
    if (!isAllowed(to.endpoint, settings)) return 'gone';
    const payload = JSON.stringify({ v: 1, issuer: ports.issuer, device, request });
    try {
      const { headers, body } = webPush.generateRequestDetails(to, payload, {
        vapidDetails: { subject, ...vapid },
        TTL: Math.max(1, Math.ceil(left / 1000)),
        urgency: 'high',
        topic: request.slice(0, TOPIC),
        contentEncoding: 'aes128gcm',
      });
      const { 'Content-Length': _, ...sent } = headers;
      const response = await ports.fetch(to.endpoint, {
        method: 'POST',
        headers: Object.entries(sent).map(([name, value]): [string, string] => [name, String(value)]),
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(PATIENCE),
      });
      await response.body?.cancel();
      if (response.ok) return 'sent';
      if (response.status === 404 || response.status === 410) return 'gone';
      ports.log.warn(
        { status: response.status, service: new URL(to.endpoint).host },
        'a push service refused a message',
      );
      return 'unreached';
    } catch (error) {
      ports.log.warn({ service: new URL(to.endpoint).host, cause: (error as Error).name }, 'a push service is away');
      return 'unreached';
    }
  };
}

export type Deliver = ReturnType<typeof createDelivery>;
