/** What a service is asked: JSON, without cookies; the device's signature is all that it goes by. */

import { toBase64url } from './encoding.js';
import { signed } from './keys.js';
import { all, change, get as stored } from './store.js';

/** Long enough for a slow network, short enough for a request that lives a minute. Milliseconds. */
const PATIENCE = 15_000;

/** `kind`: `offline` (no answer came), `gone` (410), `unknown` (404: the service has no such device), `refused`. */
export class Failed extends Error {
  constructor(kind, answer = {}) {
    super(kind);
    this.kind = kind;
    /** The service's word for it, as `endpoint_refused`. */
    this.reason = answer.error;
    /** The service's time, where ours was too far off. */
    this.now = answer.now;
  }
}

const KINDS = { 404: 'unknown', 410: 'gone' };

async function call(issuer, path, body) {
  const signal = AbortSignal.timeout(PATIENCE);
  const plain = { credentials: 'omit', redirect: 'error', cache: 'no-store', referrerPolicy: 'no-referrer', signal };
  const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  let response;
  let answer;
  try {
    response = await fetch(`${issuer}/authenticator/api/${path}`, body === undefined ? plain : { ...plain, ...sent });
    answer = response.status === 204 ? {} : await response.json();
  } catch {
    throw new Failed(response !== undefined && response.status < 500 ? 'refused' : 'offline');
  }
  if (response.ok) return answer;
  // A service that is away for a moment is away as a network is.
  if (response.status >= 500 || response.status === 429) throw new Failed('offline', answer);
  throw new Failed(KINDS[response.status] ?? 'refused', answer);
}

/** What a service says of itself. Refused where it speaks for another issuer than the one that was asked. */
export async function describe(issuer) {
  const said = await call(issuer, 'service');
  if (said.issuer !== issuer || typeof said.vapid !== 'string') throw new Failed('refused');
  return said;
}

export async function register(issuer, { token, key, jwk, subscription, name }) {
  return call(issuer, 'register', await signed(key, 'register', issuer, { token, key: jwk, subscription, name }));
}

/** Calls with the time and something that comes once; again, once, with the service's time where ours was off. */
async function timed(account, purpose, more = {}) {
  const { issuer, device, key } = account;
  const ask = async (offset) => {
    const at = Date.now() + offset;
    const nonce = toBase64url(crypto.getRandomValues(new Uint8Array(16)));
    return call(issuer, purpose, await signed(key, purpose, issuer, { device, at, nonce, ...more }));
  };
  try {
    return await ask((await stored('services', issuer))?.offset ?? 0);
  } catch (error) {
    if (!(error instanceof Failed) || !Number.isFinite(error.now)) throw error;
    return ask(await learnTime(issuer, error.now));
  }
}

/** Keeps how far the service's clock is ahead of this device's: codes and time left go by it. */
async function learnTime(issuer, now) {
  const offset = Math.round(now - Date.now());
  await change('services', issuer, { offset });
  return offset;
}

/**
 * The requests that wait for this account, each with `left`, milliseconds that it has from now on; whether the account
 * still has to be confirmed where its code was shown; and whether the service knows where messages go.
 */
export async function pending(account) {
  const { now, requests, unconfirmed = false, subscribed } = await timed(account, 'pending');
  await learnTime(account.issuer, now);
  const live = requests.map((request) => ({ ...request, left: request.expires - now }));
  return { requests: live, unconfirmed, subscribed };
}

/** `decision`: `approve` with the number, `cancel`, `not-me`. Answers the outcome. */
export async function answer({ issuer, device, key }, request, decision, number = '') {
  return (await call(issuer, 'answer', await signed(key, 'answer', issuer, { device, request, decision, number })))
    .outcome;
}

/** Tells the service where messages for this account go from now on; null is nowhere. */
export async function tellSubscription(account, subscription) {
  await timed(account, 'subscription', { subscription });
  await change('accounts', account.id, { endpoint: subscription?.endpoint ?? '' });
}

/** Tells all accounts of a scope. Those that can't be reached now are told when the app is opened. */
export async function tellScope(scope, subscription) {
  const services = (await all('services')).filter((service) => service.scope === scope);
  const issuers = new Set(services.map(({ issuer }) => issuer));
  const accounts = (await all('accounts')).filter(({ issuer, state }) => issuers.has(issuer) && state === 'held');
  await Promise.allSettled(accounts.map((account) => tellSubscription(account, subscription)));
}
