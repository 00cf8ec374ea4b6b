import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet, type JWK } from 'jose';
import { z } from 'zod';
import type { DoorPorts } from '../../core/door.ts';
import { authorityOf, type EntraApplication, type Tenant } from './settings.ts';

/** How old a hint may be: it is expired on purpose, and was made as Entra sent the person here. Milliseconds. */
const OLDEST = 10 * 60_000;
const SKEW = 60_000;
/** Keys of a tenant are asked for anew after this, and where one isn't known: then at most this often. */
const FRESH = 3_600_000;
const APART = 30_000;
const LONGEST = 1_048_576;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), issuer: z.string().optional() })).max(100) });
const hint = z.object({
  iss: z.string(),
  aud: z.string(),
  iat: z.number(),
  nbf: z.number().optional(),
  sub: z.string().min(1).max(1_000),
  tid: z.string(),
  oid: z.string().min(1).max(100),
  preferred_username: z.string().max(1_000).optional(),
});

/** Of whom Entra speaks: `oid` is theirs in this tenant for good, `sub` is what it wants to hear back. */
export interface Hinted {
  oid: string;
  sub: string;
  /** To be shown, and for nothing else: it changes and is given to others. */
  shown?: string;
}

export type ReadHint = { hinted: Hinted } | { fault: string; unavailable?: true };

/** A key may say for whom it signs: `{tenantid}` stands for any. */
const isFor = (issuer: string, tenant: string) => (key: { issuer?: string | undefined }) =>
  key.issuer === undefined || key.issuer.replace('{tenantid}', tenant) === issuer;

/** Entra's word of whose password it has seen: a token of the tenant's, for our registration, of a moment ago. */
export function createHints({ fetch, now, log }: Pick<DoorPorts, 'fetch' | 'now' | 'log'>) {
  const known = new Map<string, { keys: JSONWebKeySet; at: number }>();

  async function load(settings: EntraApplication): Promise<JSONWebKeySet> {
    const { tenant } = settings;
    const address = `${authorityOf(settings)}/${tenant}/discovery/v2.0/keys`;
    const answered = await fetch(address);
    const text = await answered.text();
    if (!answered.ok || text.length > LONGEST) throw new Error(`answers ${answered.status}`);
    const { keys } = keySet.parse(JSON.parse(text));
    const own = keys.filter(isFor(issuerOf(settings), tenant)) as JWK[];
    const set = { keys: own };
    known.set(address, { keys: set, at: now() });
    return set;
  }

  async function keysOf(settings: EntraApplication, anew: boolean): Promise<JSONWebKeySet | undefined> {
    const kept = known.get(`${authorityOf(settings)}/${settings.tenant}/discovery/v2.0/keys`);
    const age = kept === undefined ? Number.POSITIVE_INFINITY : now() - kept.at;
    if (kept && age < (anew ? APART : FRESH)) return kept.keys;
    try {
      return await load(settings);
    } catch (error) {
      log.warn(
        { tenant: settings.tenant, reason: error instanceof Error ? error.message : '' },
        'keys of the tenant can’t be read',
      );
      return kept?.keys;
    }
  }

  async function payloadOf(text: string, settings: EntraApplication, anew = false): Promise<unknown> {
    const keys = await keysOf(settings, anew);
    if (keys === undefined) throw new Error('unavailable');
    try {
      const { payload } = await compactVerify(text, createLocalJWKSet(keys), { algorithms: ['RS256'] });
      return JSON.parse(new TextDecoder().decode(payload)) as unknown;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey && !anew) return payloadOf(text, settings, true);
      throw error;
    }
  }

  return async function read(text: string, { settings }: Tenant): Promise<ReadHint> {
    let payload: unknown;
    try {
      payload = await payloadOf(text, settings);
    } catch (error) {
      if (error instanceof errors.JOSEError) return { fault: `hint: ${error.code}` };
      const unavailable = error instanceof Error && error.message === 'unavailable';
      return unavailable ? { fault: 'hint: keys unavailable', unavailable } : { fault: 'hint: unreadable' };
    }
    const said = hint.safeParse(payload);
    if (!said.success) return { fault: 'hint: claims are missing' };
    const fault = faultOf(said.data, settings, now());
    if (fault !== undefined) return { fault: `hint: ${fault}` };
    const { oid, sub, preferred_username: shown } = said.data;
    return { hinted: { oid: oid.toLowerCase(), sub, ...(shown === undefined ? {} : { shown }) } };
  };
}

export const issuerOf = (settings: EntraApplication): string => `${authorityOf(settings)}/${settings.tenant}/v2.0`;

/** All that has to hold besides the signature, a line each. */
function faultOf(said: z.output<typeof hint>, settings: EntraApplication, now: number): string | undefined {
  if (said.iss !== issuerOf(settings)) return 'another issuer';
  if (said.tid.toLowerCase() !== settings.tenant) return 'another tenant';
  if (said.aud.toLowerCase() !== settings.applicationId) return 'another audience';
  const at = said.iat * 1000;
  if (at > now + SKEW || (said.nbf ?? 0) * 1000 > now + SKEW) return 'of a time to come';
  return now - at > OLDEST ? 'too old' : undefined;
}
