import { lookup as lookupName } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { networkLookup } from '../policy/index.ts';
import { spanned } from './observed/tracing.ts';

/** Answers are small: logout endpoints and key sets. */
const PATIENCE = 5_000;

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;
type AgentClass = new (options: { connect: { lookup: LookupFunction } }) => unknown;

/** Node's own fetch keeps its dispatcher here; the class isn't exported. */
function agentClass(): AgentClass {
  const symbols = [Symbol.for('undici.globalDispatcher.2'), Symbol.for('undici.globalDispatcher.1')];
  // Reading Response makes Node load its fetch.
  void Response;
  const found = symbols.map((symbol) => (globalThis as Record<symbol, object | undefined>)[symbol]).find(Boolean);
  if (found === undefined) throw new Error("Node's fetch has no dispatcher: can't guard outgoing calls");
  return found.constructor as AgentClass;
}

/**
 * Fetches addresses that clients gave us. Addresses that aren't public are refused but for the ranges that
 * the operator allowed (SSRF), by the address that is really connected to: a name that answers differently
 * the second time (DNS rebinding) gains nothing. Redirects aren't followed.
 */
export function guardedFetch(allowed: readonly string[]): Fetch {
  const networksOf = networkLookup([{ name: 'allowed', ranges: allowed }]);
  const permits = (address: string): boolean =>
    ipaddr.process(address).range() === 'unicast' || networksOf(address).length > 0;
  const refuse = (host: string) => new Error(`${host} is at an address that isn't public; see allowedPrivateNetworks`);

  const lookup: LookupFunction = (hostname, options, callback) => {
    lookupName(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const refused = addresses.find(({ address }) => !permits(address));
      if (refused !== undefined || addresses[0] === undefined) return callback(refuse(hostname), '');
      if (options.all === true) return callback(null, addresses);
      callback(null, addresses[0].address, addresses[0].family);
    });
  };
  const Agent = agentClass();
  const dispatcher = new Agent({ connect: { lookup } });

  return async (url, init) => {
    const { hostname } = new URL(url);
    const literal = hostname.replace(/^\[|\]$/g, '');
    // An address literal is connected to without a look-up.
    if (isIP(literal) !== 0 && !permits(literal)) throw refuse(hostname);
    const signal = init?.signal ?? AbortSignal.timeout(PATIENCE);
    // By the host alone: a path may hold whatever a key is. And nobody outside is told of a trace.
    const facts = { 'server.address': hostname, 'http.request.method': init?.method ?? 'GET' };
    return spanned('fetch', facts, () =>
      fetch(url, { ...init, redirect: 'manual', signal, dispatcher } as RequestInit),
    );
  };
}
