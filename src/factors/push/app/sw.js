/**
 * The service worker: keeps the app for when there is no network, shows that a request has come, and opens the app
 * for it. It shows neither number nor account: a locked screen is read by anybody.
 */

import { tellScope } from './api.js';
import { get } from './store.js';
import { FILES, VERSION } from './version.js';

const CACHE = `app-${VERSION}`;
const HOME = new URL('./', self.location.href).href;
const addressOf = (file) => new URL(file, HOME).href;

self.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

/** All files of this version or none: an app of two versions would be neither. */
async function keep() {
  const cache = await caches.open(CACHE);
  if ((await cache.keys()).length === FILES.length) return;
  const answers = await Promise.all(
    FILES.map(async (file) => {
      const response = await fetch(addressOf(file), { cache: 'no-cache' });
      if (!response.ok) throw new Error(`${file}: ${response.status}`);
      return [addressOf(file), response];
    }),
  );
  await Promise.all(answers.map(([address, response]) => cache.put(address, response)));
}

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const address = new URL(request.url);
  address.hash = '';
  address.search = '';
  if (request.method !== 'GET' || !address.href.startsWith(HOME) || address.href.startsWith(`${HOME}api/`)) return;
  event.respondWith(answer(request, request.mode === 'navigate' ? HOME : address.href));
});

async function answer(request, address) {
  const kept = await (await caches.open(CACHE)).match(address);
  return kept ?? fetch(request);
}

self.addEventListener('push', (event) => {
  event.waitUntil(announce(event.data));
});

/** A message that can't be read is shown all the same: browsers take the permission away from those who don't. */
async function announce(data) {
  const { issuer = '', request = '' } = read(data);
  const [service, notice] = await Promise.all([get('services', issuer), get('settings', 'notice')]);
  await self.registration.showNotification(notice?.title ?? 'Sign-in request', {
    body: (service && notice?.services?.[issuer]) ?? notice?.body ?? '',
    tag: request,
    lang: notice?.lang ?? 'en',
    dir: 'auto',
    icon: addressOf('icons/192.png'),
    badge: addressOf('icons/badge.png'),
    requireInteraction: true,
    data: { issuer, request },
  });
  await tellWindows({ kind: 'request', issuer, request });
}

function read(data) {
  try {
    const message = data.json();
    return message.v === 1 ? message : {};
  } catch {
    return {};
  }
}

const windows = () => self.clients.matchAll({ type: 'window', includeUncontrolled: true });

async function tellWindows(message) {
  for (const client of await windows()) client.postMessage(message);
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data ?? {}));
});

/** Shows the request in the app that is open, else opens it. */
async function open({ issuer, request }) {
  const target =
    issuer && request ? `${HOME}#request=${encodeURIComponent(issuer)}|${encodeURIComponent(request)}` : HOME;
  const [client] = await windows();
  if (client === undefined) return self.clients.openWindow(target);
  client.postMessage({ kind: 'open', issuer, request });
  return client.focus();
}

self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(renew(event));
});

/** The browser has ended a subscription: another is made, and the services are told where messages go now. */
async function renew({ newSubscription, oldSubscription }) {
  const options = oldSubscription?.options;
  const made = newSubscription ?? (options && (await self.registration.pushManager.subscribe(options)));
  const { endpoint, keys } = made?.toJSON() ?? {};
  const told = endpoint ? { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } } : null;
  await tellScope(self.registration.scope, told);
}
