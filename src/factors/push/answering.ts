import bowser from 'bowser';
import type { z } from 'zod';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Reported } from '../../core/reported.ts';
import type { RouteResult } from '../../core/route.ts';
import { type Calls, gone, unknown } from './calls.ts';
import type { Devices } from './devices.ts';
import { PATIENCE, type Registrations } from './registrations.ts';
import { type Requests, requestKey } from './requests.ts';
import { type Enrolled, isSuspended } from './schemas.ts';
import type { PushRequest } from './standing.ts';
import { type answer as answerShape, type pending, publicKey } from './wire.ts';

interface Parts {
  calls: Calls;
  devices: Devices;
  requests: Requests;
  registrations: Registrations;
}

/** What a phone is asked, and what it says to that. */
export function createAnswering(
  { exchange, now, audit }: Pick<FactorPorts, 'exchange' | 'now' | 'audit'>,
  { calls, devices, requests, registrations }: Parts,
) {
  const { holds, slowed, stale } = calls;

  return {
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
  };

  /** In force before the phone is told so; where that fails, the request can be answered again. Who it was is answered. */
  async function denied(device: Enrolled, request: PushRequest, outcome: string): Promise<Partial<Reported>> {
    const { account, id: credential } = device;
    const { applicationId, ip, userAgent } = request;
    const of = { ...(applicationId ? { application: applicationId } : {}), ...(ip ? { ip } : {}) };
    const about = { ...of, ...(userAgent ? { userAgent } : {}) };
    try {
      await audit({ event: 'push.denied', account, credential, outcome, ...about });
      if (outcome !== 'reported') return about;
      // Before it is so: the same answer again would find them suspended, and tell nothing.
      const asked = await devices.asked(account);
      if (asked > 0) await audit({ event: 'push.suspended', account, credential, devices: asked, ...about });
      await devices.suspend(account);
      return about;
    } catch (error) {
      await requests.reopen(account, request.id);
      throw error;
    }
  }
}

/** A request as the phone shows it: whose, for what, and from where. */
function shown({ id, application, username, ip, userAgent, place, at, expires, shown }: PushRequest) {
  const parsed = userAgent ? bowser.parse(userAgent) : undefined;
  const browser = parsed?.browser.name ?? '';
  const system = parsed?.os.name ?? '';
  const from = { ...(ip ? { address: ip } : {}), ...(place ? { place } : {}) };
  return { id, application, username, browser, system, ...from, at, expires, ...(shown ? { shown } : {}) };
}
