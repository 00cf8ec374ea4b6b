/** Pages that wait for an answer from elsewhere, as from a phone: once it has come, their form asks what follows. */

/** Between two looks where the stream of events can't be had, milliseconds. */
const PAUSE = 3_000;

const form = document.querySelector('form[data-waiting]');
const { events, state } = form?.dataset ?? {};
let source;
let asking = false;

/** What was begun to be typed isn't taken away: its button asks as well. */
const isTyping = () => [...document.querySelectorAll('input[name=code]')].some((field) => field.value !== '');

function ask() {
  if (asking) return;
  asking = true;
  source?.close();
  form.requestSubmit();
}

function over() {
  source?.close();
  source = undefined;
  if (!isTyping()) ask();
}

async function look() {
  if (asking) return;
  try {
    const response = await fetch(state, { cache: 'no-store', headers: { accept: 'application/json' } });
    const known = response.ok ? await response.json() : { changed: response.status < 500 && response.status !== 429 };
    if (known.changed) return ask();
    if (known.over) return over();
  } catch {
    // No network for a moment: it is asked again.
  }
  setTimeout(look, PAUSE);
}

function listen() {
  asking = false;
  if (typeof EventSource !== 'function') return look();
  source = new EventSource(events);
  source.addEventListener('changed', ask);
  source.addEventListener('over', over);
  source.addEventListener('error', () => {
    // While it tries again by itself, it isn't closed.
    if (source?.readyState !== EventSource.CLOSED) return;
    source = undefined;
    look();
  });
}

// How long it still can be answered; said by the server where there is no script.
for (const left of document.querySelectorAll('[data-left]')) {
  const until = Date.now() + Number(left.textContent) * 1000;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    left.textContent = String(seconds);
    for (const bar of document.querySelectorAll('[data-left-bar]')) bar.value = seconds;
    if (seconds > 0) setTimeout(tick, 1000);
  };
  tick();
}

if (form) {
  listen();
  // Out of the browser's cache of pages: streams didn't come along.
  addEventListener('pageshow', (event) => event.persisted && listen());
}
