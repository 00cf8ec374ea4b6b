import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import bowser from 'bowser';
import type { z } from 'zod';
import type { FactorPorts } from '../../core/factor-ports.ts';
import { givenName } from '../../core/naming.ts';
import type { Reported } from '../../core/reported.ts';
import type { RouteResult } from '../../core/route.ts';
import { CODES, newSecret } from './codes.ts';
import type { Devices } from './devices.ts';
import { isAllowed, isUsable } from './endpoints.ts';
import { enrolmentKey, PATIENCE, type Registrations } from './registrations.ts';
import { type Requests, requestKey } from './requests.ts';
import { type Enrolled, isSuspended, type Subscription } from './schemas.ts';
import type { Settings } from './settings.ts';
import type { PushRequest } from './standing.ts';
import {
  type answer as answerShape,
  type changed,
  isSigned,
  type Json,
  type Purpose,
  type pending,
  publicKey,
  type register,
  signedText,
} from './wire.ts';

/** How far a phone's clock may be off, milliseconds. */
const SKEW = 5 * 60_000;
/** Calls of one device in a minute: an app that is open asks every few seconds. */
const PER_MINUTE = 60;
const MINUTE = 60_000;

interface Parts {
  settings: Settings;
  devices: Devices;
  requests: Requests;
  registrations: Registrations;
}

const refused = (status: number, error: string, message: string, more: object = {}): RouteResult => ({
  status,
  json: { error, message, ...more },
});
const unknown = () => refused(404, 'unknown_device', 'no such device');
const gone = () => refused(410, 'gone', 'it is over, or was used');

/** What the app calls. All that it is known by is its key. */
export function createApi(ports: FactorPorts, { settings, devices, requests, registrations }: Parts) {
  const { issuer, exchange, limit, now } = ports;
  /** Nobody's: so that an unknown device takes as long as a wrong signature. */
  const nobody: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;

  /** All of a call's body is signed, whatever fields it has. */
  const holds = (
    key: KeyObject | undefined,
    purpose: Purpose,
    { signature, ...body }: { signature: string; [name: string]: Json },
  ) => isSigned(key ?? nobody, signedText(purpose, issuer, body), signature) && key !== undefined;

  const fault = (subscription: Subscription | null): RouteResult | undefined => {
    if (subscription === null) return undefined;
    if (!isAllowed(subscription.endpoint, settings)) {
      return refused(400, 'endpoint_refused', 'messages are not sent there');
    }
    return isUsable(subscription)
      ? undefined
      : refused(400, 'invalid', 'nothing can be encrypted for this subscription');
  };

  async function slowed(device: string): Promise<RouteResult | undefined> {
    const counted = await limit.count([{ name: 'device', of: device, most: PER_MINUTE, per: MINUTE }]);
    if (counted.allowed) return undefined;
    return { status: 429, retryAfter: counted.retryAfter, json: { error: 'too_many', message: 'too many requests' } };
  }

  /** What is wrong with the time of a call, or with one that came before. */
  async function stale(device: string, at: number, nonce: string): Promise<RouteResult | undefined> {
    if (Math.abs(now() - at) > SKEW) return refused(400, 'clock', 'the time is off by too much', { now: now() });
    const first = await exchange.add(`nonce:${device}:${nonce}`, '1', 2 * SKEW + MINUTE);
    return first ? undefined : refused(400, 'replayed', 'this call was made before');
  }

  return {
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

    async pending(body: z.output<typeof pending>): Promise<RouteResult> {
      const { device, at, nonce } = body;
      const found = await devices.find(device);
      const key = found?.data.key ?? (await registrations.unconfirmed(device))?.key;
      if (!holds(key && publicKey(key), 'pending', body)) return unknown();
      const wrong = (await slowed(device)) ?? (await stale(device, at, nonce));
      if (wrong) return wrong;
      if (found === undefined) return { json: { now: now(), requests: [], unconfirmed: true } };
      if (now() - found.createdAt < PATIENCE) await registrations.settled(device);
      const live = isSuspended(found) ? undefined : await requests.live(found.account);
      return {
        json: { now: now(), requests: live ? [shown(live)] : [], subscribed: found.data.subscription !== null },
      };
    },

    async answer(body: z.output<typeof answerShape>): Promise<RouteResult> {
      const { device, request: id, decision, number } = body;
      const found = await devices.find(device);
      const key = found && publicKey(found.data.key);
      if (!holds(key, 'answer', body) || found === undefined) return unknown();
      const wrong = await slowed(device);
      if (wrong) return wrong;
      // It may be another's who signed in as the account: not even a report is taken from it.
      if (found.suspendedAt !== undefined) return gone();
      // What can still be said is that it wasn't them: that may have failed half-way.
      if (found.data.suspended !== undefined && decision !== 'not-me') return gone();
      const answered = await requests.answer(found.account, { id, decision, number, by: found.id });
      if (answered === undefined) return gone();
      const { outcome, request } = answered;
      const done = async () => {
        await exchange.changed(requestKey(id));
        return { json: { outcome } };
      };
      if (outcome === 'approved') return done();
      const about = await denied(found, request, outcome);
      if (outcome !== 'reported') return done();
      const report = {
        account: found.account,
        about: { ...about, what: 'request', at: request.at, factor: 'push' },
      } as const;
      return { report, done, failed: () => requests.reopen(found.account, id) };
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

  /** In force before the phone is told so; where that fails, the request can be answered again. Who it was is answered. */
  async function denied(device: Enrolled, request: PushRequest, outcome: string): Promise<Partial<Reported>> {
    const { account, id: credential } = device;
    const { applicationId, ip, userAgent } = request;
    const of = { ...(applicationId ? { application: applicationId } : {}), ...(ip ? { ip } : {}) };
    const about = { ...of, ...(userAgent ? { userAgent } : {}) };
    try {
      await ports.audit({ event: 'push.denied', account, credential, outcome, ...about });
      if (outcome !== 'reported') return about;
      const suspended = await devices.suspend(account);
      if (suspended > 0)
        await ports.audit({ event: 'push.suspended', account, credential, devices: suspended, ...about });
      return about;
    } catch (error) {
      await requests.reopen(account, request.id);
      throw error;
    }
  }
}

/** A request as the phone shows it: whose, for what, and from where. */
function shown({ id, application, username, ip, userAgent, place, at, expires }: PushRequest) {
  const parsed = userAgent ? bowser.parse(userAgent) : undefined;
  const browser = parsed?.browser.name ?? '';
  const system = parsed?.os.name ?? '';
  const from = { ...(ip ? { address: ip } : {}), ...(place ? { place } : {}) };
  return { id, application, username, browser, system, ...from, at, expires };
}

export type Api = ReturnType<typeof createApi>;
