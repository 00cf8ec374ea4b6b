/** One request: who asks, from where; the number, or one of two ways to say no. */

import { accounts, clearNotice, lookForRequests, nameOf, services } from '../accounts.js';
import { answer } from '../api.js';
import { codeAt, grouped } from '../codes.js';
import { digitsOf } from '../digits.js';
import { announce, button, h, heading, notice } from '../dom.js';
import { clock, localized, t } from '../texts.js';
import { outcome } from './outcome.js';

/** When those who listen are told how long is left, seconds. */
const TOLD = [30, 10];

export async function request(go, issuer, id) {
  const asked = (await accounts()).filter((account) => account.issuer === issuer);
  if (asked.length === 0) return outcome('gone');
  const { requests, unreached } = await lookForRequests(asked);
  const found = requests.find((one) => one.id === id);
  if (found) return question(go, found, (await services()).get(issuer));
  return unreached.length > 0 ? offline(go, issuer, id, asked) : outcome('gone');
}

/** No network: the same request can be looked for again, or the sign-in page takes a code in its place. */
async function offline(go, issuer, id, asked) {
  const title = t('offline.title');
  const held = asked.filter(({ state }) => state === 'held');
  const offset = (await services()).get(issuer)?.offset ?? 0;
  const codes = await Promise.all(held.map((account) => codeAt(account, Date.now() + offset)));
  const again = () => go(`#request=${encodeURIComponent(issuer)}|${encodeURIComponent(id)}`, { replace: true });
  const body = [
    heading(title),
    notice('error', 'offline', h('p', {}, t('offline.text'))),
    button(t('again'), {}, again),
    codes.length > 0 && h('p', {}, t('offline.code')),
    ...codes.map(({ code }, at) =>
      h(
        'p',
        { class: 'code-line' },
        h('span', { class: 'muted' }, nameOf(held[at])),
        h('span', { class: 'code' }, grouped(code)),
      ),
    ),
  ];
  return { title, body: body.filter(Boolean), busy: true };
}

function question(go, found, service) {
  const application = localized(found.application);
  const title = t('request.title', { application });
  const ends = Date.now() + found.left;
  const failed = h('div', { role: 'alert' });
  const there = found.shown && application;
  const time = timer(ends, () => (there ? finish('expired') : go('#over', { replace: true })));
  const field = numberField(there);
  let sending = false;

  /** Where an application shows the number there is no sign-in page to go back to. */
  function unsent(kind) {
    if (kind === 'offline') return t(there ? 'request.unsent.there' : 'request.unsent');
    return there ? t('request.refused.there', { application: there }) : t('request.refused');
  }

  /** One answer at a time; what couldn't be sent can be sent again, as long as there is time. */
  async function send(decision, number) {
    if (sending) return;
    sending = true;
    failed.replaceChildren();
    try {
      const result = await answer(found.account, found.id, decision, number);
      finish(result);
    } catch (error) {
      if (error.kind === 'gone') finish('gone');
      else failed.replaceChildren(notice('error', 'offline', h('p', {}, unsent(error.kind))));
    } finally {
      sending = false;
    }
  }

  function finish(result) {
    time.stop();
    clearNotice(found.id);
    show(outcome(result, there));
  }

  const main = document.getElementById('main');
  const show = ({ title: heard, body, className = '' }) => {
    document.title = `${heard} · ${t('app.name')}`;
    main.className = className;
    main.replaceChildren(...body);
    main.querySelector('h1').focus();
  };

  const form = h(
    'form',
    { class: 'number-form', novalidate: true },
    field.element,
    h('button', { class: 'button button-large' }, t('request.sign-in')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const number = field.take();
    if (number !== undefined) send('approve', number);
  });

  const body = [
    h('p', { class: 'eyebrow' }, localized(service.name)),
    heading(title),
    h('dl', { class: 'facts' }, facts(found)),
    time.element,
    failed,
    form,
    h('p', { class: 'hint' }, t('request.warning')),
    refusals(send),
  ];
  return { title, body, leave: time.stop, busy: true, className: 'request' };
}

const FOLLOWS = ['request.sure.text.1', 'request.sure.text.2', 'request.sure.text.3'];

/** Two ways to say no. What ends so much, and can't be taken back here, is asked once more, with what will follow. */
function refusals(send) {
  const element = h('div', { class: 'refusals' });
  const show = (...content) => {
    element.replaceChildren(...content);
    element.querySelector('h2')?.focus();
  };
  const ways = () => [
    button(t('request.cancel'), { class: 'button button-quiet' }, () => send('cancel')),
    button(t('request.not-me'), { class: 'button button-quiet danger' }, () => show(...sure())),
  ];
  const sure = () => [
    h('h2', { tabindex: '-1' }, t('request.sure.title')),
    h('ul', {}, ...FOLLOWS.map((key) => h('li', {}, t(key)))),
    button(t('request.sure.yes'), { class: 'button button-danger' }, () => send('not-me')),
    button(t('request.sure.no'), { class: 'button button-quiet' }, () => {
      show(...ways());
      element.querySelector('.danger').focus();
    }),
  ];
  show(...ways());
  return element;
}

/** What is known of who asks; nothing stands where nothing is known. */
function facts({ username, place, browser, system, address, at, shown }) {
  const rows = [
    ['request.shown', shown?.text],
    ['request.account', username],
    ['request.place', place],
    ['request.browser', [browser, system].filter(Boolean).join(' · ')],
    ['request.address', address],
    ['request.at', clock(at)],
  ];
  return rows
    .filter(([, value]) => value)
    .map(([label, value]) => h('div', { class: 'fact' }, h('dt', {}, t(label)), h('dd', {}, value)));
}

/** `there`: the application that shows the number, where no sign-in page does. */
function numberField(there) {
  const label = there ? t('request.number.there', { application: there }) : t('request.number');
  const error = h('p', { class: 'error', id: 'number-error' });
  const field = h('input', {
    id: 'number',
    class: 'number',
    type: 'text',
    inputmode: 'numeric',
    autocomplete: 'off',
    enterkeyhint: 'go',
    'aria-describedby': 'number-error',
  });
  const element = h('div', { class: 'field' }, h('label', { for: 'number' }, label), field, error);
  const take = () => {
    const number = digitsOf(field.value);
    if (number?.length === 2) {
      error.textContent = '';
      field.removeAttribute('aria-invalid');
      return number;
    }
    error.textContent = t(there ? 'request.number.missing.there' : 'request.number.missing');
    field.setAttribute('aria-invalid', 'true');
    field.focus();
    return undefined;
  };
  return { element, take };
}

/** How long is left: seen each second, told twice, and `over` at its end. */
function timer(ends, over) {
  const whole = ends - Date.now();
  const bar = h('progress', { max: whole, value: whole, 'aria-hidden': 'true' });
  const text = h('p', { class: 'left' });
  const element = h('div', { class: 'time' }, text, bar);
  const told = new Set(TOLD.filter((seconds) => seconds * 1000 >= whole));
  let running;
  const stop = () => clearInterval(running);
  const show = () => {
    const left = ends - Date.now();
    if (left <= 0) {
      stop();
      over();
      return;
    }
    const seconds = Math.ceil(left / 1000);
    bar.value = left;
    text.textContent = t('request.left', { seconds });
    element.classList.toggle('soon', seconds <= 10);
    if (!TOLD.includes(seconds) || told.has(seconds)) return;
    told.add(seconds);
    announce(t('request.left', { seconds }));
  };
  running = setInterval(show, 500);
  show();
  return { element, stop };
}
