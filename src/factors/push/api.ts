import type { z } from 'zod';
import type { FactorPorts } from '../../core/factor-ports.ts';
import { givenName } from '../../core/naming.ts';
import type { RouteResult } from '../../core/route.ts';
import { createAnswering } from './answering.ts';
import { createCalls, gone, refused, unknown } from './calls.ts';
import { CODES, newSecret } from './codes.ts';
import type { Devices } from './devices.ts';
import { isAllowed, isUsable } from './endpoints.ts';
import { enrolmentKey, type Registrations } from './registrations.ts';
import type { Requests } from './requests.ts';
import type { Subscription } from './schemas.ts';
import type { Settings } from './settings.ts';
import { type changed, publicKey, type register } from './wire.ts';

interface Parts {
  settings: Settings;
  devices: Devices;
  requests: Requests;
  registrations: Registrations;
}

/** What the app calls. All that it is known by is its key. */
export function createApi(ports: FactorPorts, { settings, devices, requests, registrations }: Parts) {
  const { issuer, exchange, now } = ports;
  const calls = createCalls(ports);
  const { holds, slowed, stale } = calls;

  const fault = (subscription: Subscription | null): RouteResult | undefined => {
    if (subscription === null) return undefined;
    if (!isAllowed(subscription.endpoint, settings)) {
      return refused(400, 'endpoint_refused', 'messages are not sent there');
    }
    return isUsable(subscription)
      ? undefined
      : refused(400, 'invalid', 'nothing can be encrypted for this subscription');
  };

  return {
    ...createAnswering(ports, { calls, devices, requests, registrations }),

    service: (vapid: string): RouteResult => ({
      json: { issuer, name: ports.service.name, vapid, locales: ports.service.locales, now: now() },
    }),

    async register(body: z.output<typeof register>): Promise<RouteResult> {
      const { token, key, subscription } = body;
      const invitation = await registrations.invitation(token);
      const signed = holds(publicKey(key), 'register', body);
      if (invitation === undefined) return gone();
      if (!signed) return refused(400, 'signature', 'the signature is not of this key');
      const wrong = fault(subscription);
      if (wrong) return wrong;
      const device = Buffer.from(ports.random(16)).toString('base64url');
      const codes = newSecret(ports.random);
      const name = givenName(body.name) ?? '';
      if (!(await registrations.register(token, name, { device, key, subscription, codes }))) return gone();
      await exchange.changed(enrolmentKey(token));
      const account = { username: invitation.username, name: invitation.name };
      return { status: 201, json: { device, account, codes: { secret: codes, ...CODES } } };
    },

    async subscription(body: z.output<typeof changed>): Promise<RouteResult> {
      const { device, at, nonce, subscription } = body;
      const found = await devices.find(device);
      const waiting = found === undefined ? await registrations.unconfirmed(device) : undefined;
      const key = found?.data.key ?? waiting?.key;
      if (!holds(key && publicKey(key), 'subscription', body)) return unknown();
      const wrong = (await slowed(device)) ?? (await stale(device, at, nonce)) ?? fault(subscription);
      if (wrong) return wrong;
      const noted = waiting !== undefined && (await registrations.subscribe(waiting.token, device, subscription));
      // Its owner may have confirmed it meanwhile.
      return (await devices.subscribe(device, subscription)) || noted ? { status: 204 } : unknown();
    },
  };
}

export type Api = ReturnType<typeof createApi>;
