/** What a person has to do with the phone itself: put the app on the home screen, let it notify. */

import { refreshSubscriptions, unheard } from '../accounts.js';
import { button, h, heading, icon, notice } from '../dom.js';
import { canInstall, install, isApple, isInstalled } from '../platform.js';
import { permission } from '../subscriptions.js';
import { t } from '../texts.js';

const steps = (...keys) =>
  h(
    'ol',
    { class: 'steps' },
    keys.map((key) => h('li', {}, t(key))),
  );

/** With an invitation's link, that is copied before: the installed app shares nothing with the browser. */
export function installing(go, link) {
  const title = t('install.title');
  if (isInstalled()) return done(title, 'install.done');
  if (isApple) return { title, body: [heading(title), h('p', { class: 'lead' }, t('install.why')), ...onApple(link)] };
  const action =
    canInstall() &&
    button(t('install.action'), {}, async () => {
      await install();
      go('#install', { replace: true });
    });
  const how = steps('install.menu.open', 'install.menu.choose');
  const body = [heading(title), h('p', { class: 'lead' }, t('install.offer')), action || how];
  return { title, body, offers: true };
}

function onApple(link) {
  if (!link) return [steps('install.apple.share', 'install.apple.add', 'install.apple.open')];
  const status = h('p', { class: 'done-text', role: 'status' });
  const copy = button(t('install.copy'), {}, async () => {
    await navigator.clipboard.writeText(link);
    status.textContent = t('install.copied');
  });
  const keys = ['install.apple.copy', 'install.apple.share', 'install.apple.add', 'install.apple.paste'];
  return [copy, status, steps(...keys), h('p', { class: 'hint' }, t('install.apple.soon'))];
}

const done = (title, key) => ({
  title,
  body: [
    heading(title),
    notice('done', 'check', h('p', {}, t(key))),
    h('a', { class: 'button', href: '#' }, t('done')),
  ],
});

/** Asks for notifications, when they press a button, and says before what for. */
export function askToNotify(answered) {
  return [
    h('div', { class: 'picture' }, icon('bell', 48)),
    h('p', { class: 'lead' }, t('notify.why')),
    h(
      'ul',
      { class: 'ticks' },
      ['notify.only', 'notify.hides', 'notify.ask'].map((key) => h('li', {}, icon('check'), t(key))),
    ),
    button(t('notify.allow'), {}, async () => {
      await Notification.requestPermission();
      await answered();
    }),
  ];
}

export function notifications(go) {
  const title = t('notify.title');
  const state = permission();
  if (state === 'granted') return granted(title);
  if (state === 'default') {
    const answered = () => go('#notifications', { replace: true });
    return {
      title,
      body: [heading(title), ...askToNotify(answered), h('a', { class: 'link', href: '#' }, t('later'))],
    };
  }
  const keys = state === 'denied' ? refusedKeys() : ['notify.unsupported'];
  const [lead, ...others] = keys;
  const body = [heading(title), h('p', { class: 'lead' }, t(lead)), others.length > 0 && steps(...others)];
  return { title, body: [...body, h('p', {}, t('notify.without'))].filter(Boolean) };
}

/** Allowed: whether they come is another question, which takes a moment where a push service doesn't answer. */
function granted(title) {
  const told = h('div', { role: 'status' }, h('p', {}, t('enrol.working.text')));
  const find = async () => {
    await refreshSubscriptions();
    const [kind, key] = (await unheard()).length > 0 ? ['warn', 'notify.unreached'] : ['done', 'notify.granted'];
    told.replaceChildren(notice(kind, kind === 'done' ? 'check' : 'bell', h('p', {}, t(key))));
  };
  find();
  return { title, body: [heading(title), told, h('a', { class: 'button', href: '#' }, t('done'))] };
}

const refusedKeys = () =>
  isApple
    ? ['notify.refused', 'notify.apple.settings', 'notify.apple.app', 'notify.apple.allow']
    : ['notify.refused', 'notify.browser.lock', 'notify.browser.allow', 'notify.browser.reload'];
