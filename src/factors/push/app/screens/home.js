/** The accounts on this device, with their codes. */

import { accounts, lookForRequests, nameOf, refreshSubscriptions, services, unheard } from '../accounts.js';
import { codeAt, grouped } from '../codes.js';
import { announce, button, h, heading, icon, notice, ring } from '../dom.js';
import { canInstall, install, mustInstall } from '../platform.js';
import { permission } from '../subscriptions.js';
import { localized, t } from '../texts.js';

export async function home(go) {
  const [held, known] = [await accounts(), await services()];
  if (held.length === 0) return welcome(go);
  const cards = await Promise.all(held.map((account) => card(account, known.get(account.issuer))));
  const stop = tick(cards);
  const found = h('div', { class: 'stack', role: 'status' });
  const look = async () => {
    const result = await lookForRequests();
    if (result.changed) go('#', { replace: true });
    else tell(found, result, true);
  };
  const body = [
    heading(t('home.title')),
    found,
    ...(await advice(go)),
    h(
      'ul',
      { class: 'accounts' },
      cards.map(({ element }) => element),
    ),
    h(
      'div',
      { class: 'pair' },
      button(t('home.look'), { class: 'button button-even' }, look),
      h('a', { class: 'button button-quiet', href: '#add' }, icon('plus'), t('home.add')),
    ),
  ];
  return { title: t('home.title'), body, leave: stop, offers: true, tell: (result) => tell(found, result) };
}

function welcome() {
  const steps = ['welcome.step.open', 'welcome.step.add', 'welcome.step.scan'].map((key) => h('li', {}, t(key)));
  const body = [
    h('img', { class: 'welcome-mark', src: 'icons/mark.svg', alt: '', width: 72, height: 72 }),
    heading(t('welcome.title')),
    h('p', { class: 'lead' }, t('welcome.text')),
    mustInstall() && installFirst(),
    h('ol', { class: 'steps' }, steps),
    h('a', { class: 'button', href: '#add' }, icon('camera'), t('welcome.action')),
    h('p', { class: 'hint' }, t('welcome.hint')),
  ];
  return { title: t('welcome.title'), body: body.filter(Boolean), className: 'welcome', offers: true };
}

const installFirst = () =>
  notice('warn', 'phone', h('p', {}, t('install.must')), h('a', { class: 'link', href: '#install' }, t('install.how')));

/** What would be good to do, if anything. */
async function advice(go) {
  const state = permission();
  const told = [];
  if (mustInstall()) told.push(installFirst());
  else if (state === 'default' || state === 'denied') {
    const key = state === 'default' ? 'notify.off' : 'notify.refused';
    const how = h('a', { class: 'link', href: '#notifications' }, t(state === 'default' ? 'notify.on' : 'notify.how'));
    told.push(notice('warn', 'bell', h('p', {}, t(key)), how));
  } else if ((await unheard()).length > 0) {
    const again = button(t('again'), { class: 'link' }, async () => {
      await refreshSubscriptions();
      if ((await unheard()).length === 0) go('#', { replace: true });
    });
    told.push(notice('warn', 'bell', h('p', {}, t('notify.unreached')), again));
  }
  if (canInstall()) {
    const action = button(t('install.action'), { class: 'link' }, async () => {
      await install();
      go('#', { replace: true });
    });
    told.push(notice('plain', 'phone', h('p', {}, t('install.offer')), action));
  }
  return told;
}

/** One account: whose, its code, and how long it is good. */
async function card(account, service) {
  const name = nameOf(account);
  const title = [h('p', { class: 'eyebrow' }, localized(service?.name)), h('h2', {}, name)];
  const manage = h(
    'a',
    { class: 'manage', href: `#account=${encodeURIComponent(account.id)}`, 'aria-label': t('home.manage', { name }) },
    icon('chevron', 24),
  );
  const head = h('div', { class: 'card-head' }, h('div', {}, ...title), manage);
  if (account.state !== 'held') {
    const gone = account.state === 'gone';
    const told = h('p', {}, t(gone ? 'account.gone' : 'account.unconfirmed'));
    const said = gone ? notice('error', 'alert', told) : notice('warn', 'clock', told);
    return { element: h('li', { class: 'card' }, head, said), show: () => undefined };
  }
  const code = h('span', { class: 'code' });
  const left = ring();
  let shown = '';
  const copy = button(
    [icon('copy', 22), h('span', { class: 'hear' }, t('code.copy', { name }))],
    { class: 'copy' },
    async () => {
      await navigator.clipboard.writeText(shown);
      announce(t('code.copied'));
      copy.classList.add('copied');
      setTimeout(() => copy.classList.remove('copied'), 1500);
    },
  );
  const show = async () => {
    const now = Date.now() + (service?.offset ?? 0);
    const { code: fresh, ends, span } = await codeAt(account, now);
    left.set((ends - now) / span);
    if (fresh === shown) return;
    shown = fresh;
    code.textContent = grouped(fresh);
  };
  await show();
  const line = h(
    'div',
    { class: 'code-line' },
    h('span', { class: 'hear' }, t('code.label')),
    code,
    left.element,
    copy,
  );
  return { element: h('li', { class: 'card' }, head, line), show };
}

/** Once a second; answers what stops it. */
function tick(cards) {
  const timer = setInterval(() => {
    for (const { show } of cards) show();
  }, 1000);
  return () => clearInterval(timer);
}

/** Requests that wait; with `asked`, also that there are none. */
function tell(place, { requests, unreached }, asked = false) {
  const ids = requests.map(({ id }) => id).join(' ');
  // What stands there already is left alone: somebody may just be on it.
  if (!asked && ids === (place.dataset.shown ?? '')) return;
  place.dataset.shown = ids;
  const links = requests.map(({ id, account, application }) =>
    h(
      'a',
      { class: 'button', href: `#request=${encodeURIComponent(account.issuer)}|${encodeURIComponent(id)}` },
      t('home.request', { application: localized(application) }),
    ),
  );
  const said = (kind, sign, key) => [notice(kind, sign, h('p', {}, t(key)))];
  const nothing =
    unreached.length > 0 ? said('error', 'offline', 'home.unreached') : said('done', 'check', 'home.nothing');
  place.replaceChildren(...(links.length > 0 || !asked ? links : nothing));
}
