/** The app: which screen is shown, and what happens when it is opened, looked at again, or told of a request. */

import { accounts, lookForRequests, refreshSubscriptions, tellWorker } from './accounts.js';
import { h, heading, icon, notice } from './dom.js';
import { watchInstall } from './platform.js';
import { account, forgetting } from './screens/account.js';
import { add } from './screens/add.js';
import { enrolling } from './screens/enrol.js';
import { installing, notifications } from './screens/guides.js';
import { home } from './screens/home.js';
import { over } from './screens/outcome.js';
import { request } from './screens/request.js';
import { registerWorker, updateWorkers } from './subscriptions.js';
import { LANGUAGES, language, t, useLanguage } from './texts.js';

/**
 * Addresses and screens. A screen is `(go, ...parts) => { title, body }`, or a promise of it; the page's only h1 is in
 * `body`. `leave` stops what it runs; `busy` ones aren't taken away for a request; `tell` shows which requests wait;
 * `offers` is shown anew when the browser offers to install the app.
 */
const ROUTES = [
  [/^#enrol=(.+)$/, enrolling],
  [/^#request=([^|]+)\|(.+)$/, request],
  [/^#add$/, add],
  [/^#install$/, installing],
  [/^#notifications$/, notifications],
  [/^#over$/, over],
  [/^#account=([^|]+)\|forget$/, forgetting],
  [/^#account=([^|]+)$/, account],
  [/^/, home],
];

/** Where no messages come, the app looks by itself while it is open: this often, and less so later; milliseconds. */
const LOOK_EVERY = 4000;
const LOOK_OFTEN_FOR = 120_000;
const LOOK_LATER_EVERY = 16_000;

const main = document.getElementById('main');

/** Where we are. The browser's address bar shows the same, but for what nobody else is to read there. */
let address = location.hash;
/** The screen that is shown. */
let current = {};
/** Counts screens: what was asked for a screen that is gone isn't shown. */
let turn = 0;
/** Whether anything was shown yet. */
let shown = false;
/** Requests that were shown: none is opened by itself again, for the person may have gone away from it. */
const opened = new Set();

const go = (to, { replace = false } = {}) => {
  address = to;
  if (replace) history.replaceState(null, '', to === '#' ? './' : to);
  else if (location.hash !== (to === '#' ? '' : to)) {
    location.hash = to;
    return;
  }
  show();
};

function screenAt(to) {
  const [pattern, screen] = ROUTES.find(([it]) => it.test(to));
  try {
    return [screen, pattern.exec(to).slice(1).map(decodeURIComponent)];
  } catch {
    return [home, []];
  }
}

/** Where the browser lets nothing be kept, as some do in private windows, there is no app. */
function broken() {
  const title = t('broken.title');
  return { title, body: [heading(title), notice('error', 'alert', h('p', {}, t('broken.text')))], broken: true };
}

async function show({ quiet = false } = {}) {
  turn += 1;
  const mine = turn;
  const [screen, parts] = screenAt(address);
  if (screen === request) opened.add(parts[1]);
  // What invites is a secret for some minutes: neither the history nor a screenshot of the address keeps it.
  if (screen === enrolling) history.replaceState(null, '', './');
  const made = await Promise.resolve(screen(go, ...parts)).catch(broken);
  if (mine !== turn) return made.leave?.();
  current.leave?.();
  current = made;
  document.title = `${made.title} · ${t('app.name')}`;
  header(screen !== home);
  main.replaceChildren(...made.body);
  main.className = made.className ?? '';
  if (screen === home && shown && !made.broken) lookAround();
  shown = true;
  if (quiet) return undefined;
  scrollTo(0, 0);
  main.querySelector('h1')?.focus({ preventScroll: true });
  return undefined;
}

function header(back) {
  const top = document.getElementById('top');
  const home = h(
    'a',
    { class: back ? 'back' : 'brand', href: '#' },
    back ? icon('back') : mark(),
    h('span', {}, back ? t('back') : t('app.name')),
  );
  home.addEventListener('click', (event) => {
    event.preventDefault();
    go('#');
  });
  const offline = h('p', { class: 'offline', role: 'status' });
  top.replaceChildren(home, offline);
  tellNetwork();
}

const mark = () => h('img', { src: 'icons/mark.svg', alt: '', width: 32, height: 32 });

/** Whether no service answered when they were last asked: a browser may think itself online and reach nothing. */
let unreached = false;

function tellNetwork() {
  const offline = unreached || !navigator.onLine;
  document.querySelector('.offline')?.replaceChildren(...(offline ? [icon('offline', 18), t('offline.short')] : []));
}

function footer() {
  const choice = h(
    'select',
    { id: 'language', onchange: ({ target }) => choose(target.value) },
    Object.entries(LANGUAGES).map(([tag, name]) =>
      h('option', { value: tag, lang: tag, selected: tag === language() }, name),
    ),
  );
  document.getElementById('foot').replaceChildren(h('label', { for: 'language' }, t('language')), choice);
}

async function choose(tag) {
  await useLanguage(tag);
  footer();
  await Promise.all([show({ quiet: true }), tellWorker()]);
}

/** Looks what waits. The first time that a request is seen, it is opened; later the list of accounts names it. */
async function look() {
  if (current.busy) return;
  const found = await lookForRequests();
  unreached = found.unreached.length > 0 && found.unreached.length === found.asked;
  tellNetwork();
  if (current.busy) return;
  const [first] = found.requests.filter(({ id }) => !opened.has(id));
  if (first) open(first.account.issuer, first.id);
  else if (found.changed) await Promise.all([show({ quiet: true }), refreshSubscriptions()]);
  current.tell?.(found);
}

let looking;

/** When the app is opened, and whenever it is seen again. */
async function lookAround() {
  clearInterval(looking);
  const since = Date.now();
  let last = since;
  const timer = setInterval(async () => {
    if (document.visibilityState !== 'visible') return clearInterval(timer);
    const every = Date.now() < since + LOOK_OFTEN_FOR ? LOOK_EVERY : LOOK_LATER_EVERY;
    if (Date.now() < last + every - LOOK_EVERY / 2) return undefined;
    last = Date.now();
    if ((await accounts()).some(({ endpoint, state }) => endpoint === '' || state === 'unconfirmed')) await look();
    return undefined;
  }, LOOK_EVERY);
  looking = timer;
  await look();
}

function open(issuer, id) {
  go(`#request=${encodeURIComponent(issuer)}|${encodeURIComponent(id)}`);
}

function listen() {
  addEventListener('hashchange', () => {
    address = location.hash;
    show();
  });
  addEventListener('online', tellNetwork);
  addEventListener('offline', tellNetwork);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    lookAround();
    updateWorkers();
  });
  navigator.serviceWorker?.addEventListener('message', ({ data }) => {
    if (!data?.issuer || !data.request) return;
    // A second message of the same request shows nothing anew; what the person is typing is left to them.
    if (data.kind === 'open' || (!current.busy && !opened.has(data.request))) open(data.issuer, data.request);
  });
  watchInstall(() => {
    if (current.offers) show({ quiet: true });
  });
}

async function start() {
  await useLanguage();
  listen();
  footer();
  const invited = ROUTES.slice(0, 2).some(([pattern]) => pattern.test(address));
  await show({ quiet: !invited });
  if (current.broken) return;
  lookAround();
  if ((await registerWorker()) !== undefined) updateWorkers();
  await Promise.all([refreshSubscriptions(), tellWorker()]);
}

start();
