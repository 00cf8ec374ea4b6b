/** One account on this device: what it is called, whether messages come, and how to be rid of it. */

import { accountOf, forget, nameOf, rename, serviceOf } from '../accounts.js';
import { announce, button, h, heading, icon, notice } from '../dom.js';
import { mustInstall } from '../platform.js';
import { permission } from '../subscriptions.js';
import { day, localized, t } from '../texts.js';
import { home } from './home.js';

const addressOf = ({ id }, more = '') => `#account=${encodeURIComponent(id)}${more}`;

const fact = (label, value) => h('div', { class: 'fact' }, h('dt', {}, t(label)), h('dd', {}, value));

export async function account(go, id) {
  const held = await accountOf(id);
  if (held === undefined) return home(go);
  const service = await serviceOf(held.issuer);
  const title = nameOf(held);
  const body = [
    h('p', { class: 'eyebrow' }, localized(service?.name)),
    heading(title),
    held.state === 'gone' && notice('error', 'alert', h('p', {}, t('account.gone'))),
    h(
      'dl',
      { class: 'facts' },
      fact('account.user', held.username),
      fact('account.service', new URL(held.issuer).host),
      fact('account.added', day(held.added)),
      fact('account.messages', messages(held)),
    ),
    renaming(held),
    h('a', { class: 'button button-quiet danger', href: addressOf(held, '|forget') }, t('forget.action')),
  ];
  return { title, body: body.filter(Boolean) };
}

function messages({ endpoint, state }) {
  if (state === 'gone') return t('messages.off');
  if (endpoint !== '') return t('messages.on');
  if (mustInstall()) return h('a', { href: '#install' }, t('install.how'));
  if (permission() === 'granted') return t('messages.unheard');
  return h('span', {}, t('messages.off'), ' ', h('a', { href: '#notifications' }, t('notify.how')));
}

function renaming(held) {
  const field = h('input', { id: 'label', type: 'text', value: nameOf(held), maxlength: 60, autocomplete: 'off' });
  const form = h(
    'form',
    { class: 'stack' },
    h(
      'div',
      { class: 'field' },
      h('label', { for: 'label' }, t('rename.label')),
      h('p', { class: 'hint' }, t('rename.hint')),
      field,
    ),
    h('button', { class: 'button button-even' }, t('rename.action')),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { label, username } = await rename(held.id, field.value);
    document.querySelector('h1').textContent = label || username;
    announce(t('rename.done'));
  });
  return form;
}

export async function forgetting(go, id) {
  const held = await accountOf(id);
  if (held === undefined) return home(go);
  const title = t('forget.title', { name: nameOf(held) });
  const body = [
    heading(title),
    h('p', { class: 'lead' }, t('forget.text')),
    notice(
      'warn',
      'alert',
      h('p', {}, t('forget.also')),
      h(
        'p',
        {},
        h(
          'a',
          { href: `${held.issuer}/account`, target: '_blank', rel: 'noopener' },
          `${new URL(held.issuer).host}/account`,
        ),
      ),
    ),
    h(
      'div',
      { class: 'pair' },
      button([icon('cross'), t('forget.confirm')], { class: 'button button-danger' }, async () => {
        await forget(held);
        go('#', { replace: true });
        announce(t('forget.done'));
      }),
      h('a', { class: 'button button-quiet', href: addressOf(held) }, t('cancel')),
    ),
  ];
  return { title, body };
}
