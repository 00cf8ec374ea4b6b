import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { RouteResult } from '../../core/route.ts';
import { isSigned, type Json, type Purpose, signedText } from './wire.ts';

/** How far a phone's clock may be off, milliseconds. */
const SKEW = 5 * 60_000;
/** Calls of one device in a minute: an app that is open asks every few seconds. */
const PER_MINUTE = 60;
const MINUTE = 60_000;

export const refused = (status: number, error: string, message: string, more: object = {}): RouteResult => ({
  status,
  json: { error, message, ...more },
});
export const unknown = () => refused(404, 'unknown_device', 'no such device');
export const gone = () => refused(410, 'gone', 'it is over, or was used');

/** What a call of the app's has to stand up to, whatever it says. */
export function createCalls({
  issuer,
  exchange,
  limit,
  now,
}: Pick<FactorPorts, 'issuer' | 'exchange' | 'limit' | 'now'>) {
  /** Nobody's: so that an unknown device takes as long as a wrong signature. */
  const nobody: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;

  /** All of a call's body is signed, whatever fields it has. */
  const holds = (
    key: KeyObject | undefined,
    purpose: Purpose,
    { signature, ...body }: { signature: string; [name: string]: Json },
  ) => isSigned(key ?? nobody, signedText(purpose, issuer, body), signature) && key !== undefined;

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

  return { holds, slowed, stale };
}

export type Calls = ReturnType<typeof createCalls>;
