import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { OidcSettings } from '../application.ts';
import { applicationsOf } from '../clients.ts';
import { usedBy } from '../demands.ts';
import type { OidcPorts } from '../ports.ts';
import { DISCOVERY } from '../routes.ts';
import { BackchannelAdapter } from './adapter.ts';
import { createAsking } from './asking.ts';
import { createFruitless } from './fruitless.ts';
import { hints } from './hints.ts';
import { createLater, type LaterPorts } from './later.ts';
import { createNotifying } from './notifying.ts';

/** Runs around oidc-provider, which takes it for granted that user codes are taken. */
export async function sayNoUserCodes(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> {
  await next();
  if (!DISCOVERY.includes(ctx.path) || typeof ctx.body !== 'object' || ctx.body === null) return;
  if ('backchannel_user_code_parameter_supported' in ctx.body)
    ctx.body.backchannel_user_code_parameter_supported = false;
}

/** OpenID CIBA Core 1.0, poll and ping, with a person's phone as the authentication device. */
export function createBackchannel(ports: OidcPorts, settings: OidcSettings, provider: () => Provider) {
  const later = createLater();
  const fruitless = createFruitless(ports);
  const asking = createAsking({ ports, settings, later, fruitless, provider });
  const adapter = new BackchannelAdapter(ports, asking.look);
  const notifying = createNotifying({ ports, later, provider, asking, adapter });
  const feature: NonNullable<NonNullable<Configuration['features']>['ciba']> = {
    enabled: usedBy(applicationsOf(ports)).ciba,
    deliveryModes: ['poll', 'ping'],
    ...hints({ ports, later, fruitless }),
    async triggerAuthenticationDevice(ctx, request) {
      await asking.trigger(ctx, request);
      await notifying.begin(ctx, request);
    },
  };
  const pings = applicationsOf(ports).some((it) => it.backchannelTokenDeliveryMode === 'ping');
  function opens(): void {
    if (pings) notifying.opens();
  }
  return { adapter, feature, opens, stands: (given: LaterPorts) => later.stands(given), close: notifying.close };
}

export type Backchannel = ReturnType<typeof createBackchannel>;
