/**
 * Where messages go. A registration of the service worker has one subscription, and that has one sender's key: the
 * first institution gets the app's own registration, each further one a registration below it.
 */

import { tellSubscription } from './api.js';
import { fromBase64url, toBase64url, utf8 } from './encoding.js';
import { all, change } from './store.js';

export const canNotify = () => 'Notification' in self && 'PushManager' in self && 'serviceWorker' in navigator;

/** `granted`, `denied`, `default` (not asked yet), or `unsupported`. */
export const permission = () => (canNotify() ? Notification.permission : 'unsupported');

const SCRIPT = new URL('./sw.js', import.meta.url);
const WHOLE = new URL('./', import.meta.url).href;

/** The app's own registration. Undefined where the browser has no service workers, or not of this kind. */
export async function registerWorker(scope = WHOLE) {
  if (!('serviceWorker' in navigator)) return undefined;
  try {
    return await navigator.serviceWorker.register(SCRIPT, { type: 'module', scope, updateViaCache: 'none' });
  } catch {
    return undefined;
  }
}

/** Looks for a newer app, in all registrations. */
export async function updateWorkers() {
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.allSettled(registrations.map((registration) => registration.update()));
}

let choosing = Promise.resolve();

/** One service after the other, for each keeps what it was given. */
function scopeOf(service) {
  choosing = choosing.then(() => chooseScope(service));
  return choosing;
}

async function chooseScope({ issuer }) {
  const known = await all('services');
  const own = known.find((service) => service.issuer === issuer)?.scope;
  if (own !== undefined) return own;
  const name = toBase64url(await crypto.subtle.digest('SHA-256', utf8(issuer))).slice(0, 16);
  const scope = known.some(({ scope }) => scope === WHOLE) ? `${WHOLE}at/${name}/` : WHOLE;
  await change('services', issuer, { scope });
  return scope;
}

const sameKey = (subscription, key) => toBase64url(subscription.options?.applicationServerKey ?? []) === key;

/** Waits until the worker runs: a subscription needs an active one. */
function activated(registration) {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (!worker || worker.state === 'activated') return Promise.resolve();
  return new Promise((resolve) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated' || worker.state === 'redundant') resolve();
    });
  });
}

/** Where a push service can't be reached, browsers wait for it without end. Milliseconds. */
const PATIENCE = 10_000;

/** What is under way, by issuer: a browser that is asked again while it waits waits twice. */
const underWay = new Map();

/**
 * This device's subscription for a service, made if need be; null where there can be none, for which the app needs
 * no reason: requests are shown whenever it is opened. Undefined where the push service hasn't answered yet.
 */
export async function subscriptionFor(service) {
  if (permission() !== 'granted') return null;
  const { issuer } = service;
  const made = underWay.get(issuer) ?? subscribe(service).finally(() => underWay.delete(issuer));
  underWay.set(issuer, made);
  return Promise.race([made, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
}

async function subscribe(service) {
  try {
    const registration = await registerWorker(await scopeOf(service));
    if (registration === undefined) return null;
    await activated(registration);
    const manager = registration.pushManager;
    let subscription = await manager.getSubscription();
    if (subscription && !sameKey(subscription, service.vapid)) {
      await subscription.unsubscribe();
      subscription = null;
    }
    const applicationServerKey = fromBase64url(service.vapid);
    subscription ??= await manager.subscribe({ userVisibleOnly: true, applicationServerKey });
    const { endpoint, keys } = subscription.toJSON();
    return { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } };
  } catch {
    return null;
  }
}

/** Brings the service up to date where messages for this account go elsewhere than it was told. */
export async function refresh(account, service) {
  const subscription = await subscriptionFor(service);
  if (subscription === undefined || (subscription?.endpoint ?? '') === account.endpoint) return;
  await tellSubscription(account, subscription);
}

/** Ends the subscription of a service that has no account here any more. */
export async function unsubscribe({ scope }) {
  if (scope === undefined) return;
  const registration = await navigator.serviceWorker?.getRegistration(scope);
  if (registration?.scope !== scope) return;
  await (await registration.pushManager?.getSubscription())?.unsubscribe();
  if (scope !== WHOLE) await registration.unregister();
}
