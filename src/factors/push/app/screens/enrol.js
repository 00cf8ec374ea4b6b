/** Takes an invitation: whose it is, what this device is to be called, notifications, and then the account. */

import { accountOf, enrol, hear, invitationIn, lookForRequests, visit } from '../accounts.js';
import { button, h, heading, icon, notice } from '../dom.js';
import { deviceName, mustInstall } from '../platform.js';
import { get } from '../store.js';
import { permission } from '../subscriptions.js';
import { localized, t } from '../texts.js';
import { askToNotify, installing } from './guides.js';

/** While the other screen is asked, this one looks whether it has said so; milliseconds. */
const LOOK_EVERY = 3000;

const REASONS = { offline: 'enrol.offline', gone: 'enrol.over' };

export async function enrolling(go, encoded) {
  const invitation = invitationIn(encoded);
  if (invitation === undefined) return failed('enrol.invalid');
  if (mustInstall()) return installing(go, new URL(`#enrol=${encoded}`, location.href.split('#')[0]).href);
  let service;
  try {
    service = await visit(invitation);
  } catch (error) {
    return failed(REASONS[error.kind] ?? 'enrol.invalid', error.kind === 'offline' && (() => go(`#enrol=${encoded}`)));
  }
  return begin(go, invitation, service, (await get('settings', 'device')) ?? deviceName());
}

function failed(key, again) {
  const title = t('enrol.failed');
  const action = again ? button(t('again'), {}, again) : h('a', { class: 'button', href: '#add' }, t('enrol.another'));
  return { title, body: [heading(title), notice('error', 'alert', h('p', {}, t(key))), action] };
}

/** The steps share one screen, for they are one task: each takes the other's place. */
function begin(go, invitation, service, suggested) {
  let stop = () => undefined;
  const title = t('enrol.title', { service: localized(service.name) });
  const place = h('div', { class: 'stack' });
  const show = (text, ...body) => {
    place.replaceChildren(heading(text), ...body);
    place.querySelector('h1').focus();
  };
  const error = h('p', { class: 'error', id: 'name-error' });
  const field = h('input', {
    id: 'name',
    type: 'text',
    value: suggested,
    maxlength: 60,
    autocomplete: 'off',
    'aria-describedby': 'name-hint name-error',
  });
  const form = h(
    'form',
    { class: 'stack', novalidate: true },
    h(
      'div',
      { class: 'field' },
      h('label', { for: 'name' }, t('enrol.name')),
      h('p', { class: 'hint', id: 'name-hint' }, t('enrol.name.hint')),
      field,
      error,
    ),
    h('button', { class: 'button' }, t('continue')),
  );

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const name = field.value.trim();
    if (name === '') {
      error.textContent = t('enrol.name.missing');
      field.setAttribute('aria-invalid', 'true');
      field.focus();
    } else if (permission() === 'default') {
      const next = () => finish(name);
      show(t('notify.title'), ...askToNotify(next), button(t('later'), { class: 'link' }, next));
    } else finish(name);
  });

  async function finish(name) {
    show(t('enrol.working'), h('p', { role: 'status' }, t('enrol.working.text')));
    try {
      const account = await enrol(invitation, service, name);
      show(t('enrol.done'), ...success(account, name));
      stop = inStep(account, {
        held: () => show(t('enrol.ready'), ...ready(account)),
        gone: () => show(t('enrol.failed'), notice('error', 'alert', h('p', {}, t('account.gone')))),
        asked: ({ id }) => go(`#request=${encodeURIComponent(account.issuer)}|${encodeURIComponent(id)}`),
      });
    } catch (reason) {
      const again = reason.kind === 'offline' ? () => finish(name) : undefined;
      const made = failed(REASONS[reason.kind] ?? 'enrol.invalid', again);
      place.replaceChildren(...made.body);
      place.querySelector('h1').focus();
    }
  }

  place.append(
    heading(title),
    h('p', { class: 'muted' }, t('enrol.host', { host: new URL(service.issuer).host })),
    form,
  );
  return { title, body: [place], busy: true, leave: () => stop() };
}

/** What is left to do. Whether messages come is found out meanwhile, and said where they don't. */
function success(account, name) {
  const told = h('div', { role: 'status' });
  const tell = (key) => told.replaceChildren(notice('warn', 'bell', h('p', {}, t(key))));
  if (permission() !== 'granted') tell('notify.without');
  else hear(account).then((heard) => heard || tell('notify.unreached'));
  return [
    h('div', { class: 'picture' }, icon('phone', 48)),
    h('p', { class: 'lead' }, t('enrol.confirm', { device: name })),
    h('p', {}, t('enrol.account', { account: account.username })),
    told,
    h('a', { class: 'button', href: '#' }, t('done')),
  ];
}

/** Moves on with the other screen: whether it has confirmed this device, or hasn't, and what it asks for meanwhile. */
function inStep({ id }, { held, gone, asked }) {
  let known = 'unconfirmed';
  let looking = false;
  const look = async () => {
    const { requests } = await lookForRequests([await accountOf(id)]);
    const state = (await accountOf(id))?.state;
    if (requests.length > 0) return asked(requests[0]);
    if (state !== known && state === 'held') held();
    if (state !== known && state === 'gone') gone();
    known = state;
    return undefined;
  };
  const timer = setInterval(async () => {
    if (looking || document.visibilityState !== 'visible') return;
    looking = true;
    await look().finally(() => {
      looking = false;
    });
  }, LOOK_EVERY);
  return () => clearInterval(timer);
}

/** The other screen has gone on, and so does this one. */
const ready = (account) => [
  h('div', { class: 'picture picture-done' }, icon('check', 48)),
  h('p', { class: 'lead', role: 'status' }, t('enrol.ready.text')),
  h('p', {}, t('enrol.account', { account: account.username })),
  h('a', { class: 'button', href: '#' }, t('done')),
];
