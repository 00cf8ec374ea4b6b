/** The accounts on this device, and the services that they belong to. */

import { describe, Failed, pending, register } from './api.js';
import { sealSeed } from './codes.js';
import { fromBase64url } from './encoding.js';
import { makeSigningKey } from './keys.js';
import { all, change, get, put, remove } from './store.js';
import { permission, refresh, unsubscribe } from './subscriptions.js';
import { language, localized, t } from './texts.js';

export const accounts = async () => (await all('accounts')).sort((one, other) => one.added - other.added);
export const accountOf = (id) => get('accounts', id);
export const services = async () => new Map((await all('services')).map((service) => [service.issuer, service]));
export const serviceOf = (issuer) => get('services', issuer);

/** What the person calls an account here, or its user name. */
export const nameOf = ({ label, username }) => label || username;

/** An invitation out of a link or a scanned code: `{ issuer, token }`, undefined where it is none. */
export function invitationIn(text) {
  try {
    const [, encoded = text] = /#enrol=([\w-]+)/.exec(text) ?? [];
    const { issuer, token } = JSON.parse(new TextDecoder().decode(fromBase64url(encoded.trim())));
    return isIssuer(issuer) && /^[\w-]{20,100}$/.test(token) ? { issuer, token } : undefined;
  } catch {
    return undefined;
  }
}

/** An address without query, over TLS; without it on this machine alone, where developers are. */
function isIssuer(issuer) {
  const { protocol, hostname, href, search, hash, username, password } = new URL(issuer);
  if (`${search}${hash}${username}${password}` !== '' || href.replace(/\/$/, '') !== issuer) return false;
  return protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|127\.0\.0\.1)$/.test(hostname));
}

/** What the service that invites says of itself. */
export async function visit({ issuer }) {
  const { name, vapid, now } = await describe(issuer);
  return { issuer, name, vapid, ...(Number.isFinite(now) ? { offset: Math.round(now - Date.now()) } : {}) };
}

/**
 * Adds an account: its key and its name go to the service, its seed is sealed. Where messages go is said behind it
 * (`hear`): a push service that can't be reached keeps nobody from having the account.
 */
export async function enrol({ issuer, token }, found, name) {
  const known = await serviceOf(issuer);
  const service = { offset: 0, ...known, ...found };
  await put('services', service);
  try {
    const { privateKey: key, jwk } = await makeSigningKey();
    const answer = await register(issuer, { token, key, jwk, subscription: null, name });
    const id = `${issuer}|${answer.device}`;
    const { username, name: person } = answer.account;
    const seed = await sealSeed(answer.codes, id);
    const account = {
      id,
      issuer,
      device: answer.device,
      username,
      name: person,
      key,
      ...seed,
      added: Date.now(),
      state: 'unconfirmed',
      endpoint: '',
    };
    await put('accounts', account);
    await put('settings', name, 'device');
    await tellWorker();
    // Else a browser that is short of space may take the keys away.
    navigator.storage?.persist?.().catch(() => undefined);
    return account;
  } catch (error) {
    if (known === undefined) await remove('services', issuer);
    throw error;
  }
}

/** Tells the service where messages for an account go, where there is somewhere. Answers whether they come now. */
export async function hear({ id, issuer }) {
  const [account, service] = await Promise.all([accountOf(id), serviceOf(issuer)]);
  if (account === undefined || service === undefined) return false;
  try {
    await refresh(account, service);
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
  }
  return ((await accountOf(id))?.endpoint ?? '') !== '';
}

/** Accounts of which nothing rings here, although notifications are allowed: the push service isn't reached. */
export async function unheard() {
  if (permission() !== 'granted') return [];
  return (await accounts()).filter(({ endpoint, state }) => endpoint === '' && state === 'held');
}

export const rename = (id, label) => change('accounts', id, { label: label.trim() });

/** Takes an account off this device; its keys are gone with it. */
export async function forget({ id, issuer }) {
  await remove('accounts', id);
  if ((await accounts()).some((other) => other.issuer === issuer)) return;
  const service = await serviceOf(issuer);
  await remove('services', issuer);
  await tellWorker();
  if (service) await unsubscribe(service);
}

/** Leaves what the service worker shows, in the language of the app. */
export async function tellWorker() {
  const known = [...(await services()).values()];
  const bodies = known.map(({ issuer, name }) => [issuer, t('notice.from', { service: localized(name) })]);
  const notice = { title: t('notice.title'), body: t('notice.body'), lang: language() };
  await put('settings', { ...notice, services: Object.fromEntries(bodies) }, 'notice');
}

/**
 * Asks all services what waits. Answers how many were asked; the requests, each with its account; which services
 * couldn't be reached; and whether one has come to know an account or has it no more, which is kept with the account.
 */
export async function lookForRequests(among) {
  const found = await Promise.all((among ?? (await accounts())).map(look));
  return {
    asked: found.length,
    requests: found.flatMap(({ requests }) => requests),
    unreached: found.flatMap(({ unreached }) => (unreached ? [unreached] : [])),
    changed: found.some(({ changed }) => changed),
  };
}

async function look(account) {
  try {
    const { requests, unconfirmed, subscribed } = await pending(account);
    // What the service doesn't have, or has no more, it is told anew.
    if (subscribed === false && account.endpoint !== '') await change('accounts', account.id, { endpoint: '' });
    const live = requests.filter(({ left }) => left > 0).map((request) => ({ ...request, account }));
    return { requests: live, changed: await mark(account, unconfirmed ? 'unconfirmed' : 'held') };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    if (error.kind !== 'unknown') return { requests: [], unreached: account.issuer };
    return { requests: [], changed: await mark(account, 'gone') };
  }
}

/** Whether that is news. */
async function mark({ id, state }, fresh) {
  if (state === fresh) return false;
  await change('accounts', id, { state: fresh });
  return true;
}

/** Where subscriptions have changed, or permission has, services are told. Nothing is said where that fails. */
export async function refreshSubscriptions() {
  await Promise.all((await accounts()).filter(({ state }) => state === 'held').map(hear));
}

/** Takes the notification of a request away that is over. */
export async function clearNotice(request) {
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  for (const registration of registrations) {
    for (const shown of await registration.getNotifications({ tag: request })) shown.close();
  }
}
