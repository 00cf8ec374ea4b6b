/** What makes pages pleasanter where scripts run. Nothing here is needed to get through. */

/** After this long a form can be sent again: the answer was lost, or the person stopped it. */
const LOST = 10_000;

// An error, or what was just done, is read out first.
document.querySelector('[data-focus]')?.focus();

for (const form of document.querySelectorAll('form[data-once]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent !== undefined) return event.preventDefault();
    form.dataset.sent = '';
    // Not `disabled`: that would take the button's value out of what is sent.
    setButtons(form, true);
    setTimeout(() => release(form), LOST);
  });
}

// Back from the next page, out of the browser's cache: the form is as it was left.
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-once]')) release(form);
});

function release(form) {
  delete form.dataset.sent;
  setButtons(form, false);
}

function setButtons(form, sent) {
  for (const button of form.querySelectorAll('button:not([type=button])')) {
    if (sent) button.setAttribute('aria-disabled', 'true');
    else button.removeAttribute('aria-disabled');
  }
}

for (const button of document.querySelectorAll('[data-reveal]')) {
  const field = document.getElementById(button.dataset.reveal);
  const status = document.querySelector('[data-reveal-status]');
  const show = (shown) => {
    field.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    const shown = field.type === 'password';
    show(shown);
    status.textContent = shown ? button.dataset.shown : button.dataset.hidden;
  });
  // Sent as a password, so that no browser keeps it among the texts that it suggests.
  field.form.addEventListener('submit', () => show(false));
}

for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) break;
  const source = document.getElementById(button.dataset.copy);
  const status = document.querySelector('[data-copy-status]');
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(source.textContent.replaceAll(/\s/g, ''));
    status.textContent = button.dataset.copied;
  });
}

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

for (const menu of document.querySelectorAll('.languages, .menu')) {
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary').focus();
  });
  document.addEventListener('click', (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
}

/** For whoever looks at the page: what is sent costs, and a tab left behind needs none. Nor does who types a code already. */
function pressOnceSeen(button) {
  const typed = () => [...button.form.querySelectorAll('input:not([type=hidden])')].some(({ value }) => value !== '');
  const press = () => {
    if (document.visibilityState !== 'visible') return;
    document.removeEventListener('visibilitychange', press);
    if (!typed()) button.form.requestSubmit(button);
  };
  document.addEventListener('visibilitychange', press);
  press();
}

// A button that isn't to be pressed yet counts the seconds down; the server keeps them too.
for (const button of document.querySelectorAll('button[data-wait]')) {
  const label = button.textContent;
  const until = Date.now() + Number(button.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${label} (${left})` : label;
    if (left > 0) setTimeout(tick, 1000);
    else if (button.dataset.itself !== undefined) pressOnceSeen(button);
  };
  tick();
}

// Times are shown where they are read. Without a script they are the institution's, and the page says so.
const { lang } = document.documentElement;
const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && zone !== document.body.dataset.timeZone) showTimesIn(lang === 'en' ? 'en-GB' : lang);

function showTimesIn(locale) {
  const styles = {
    date: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' }),
    day: new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }),
  };
  for (const time of document.querySelectorAll('time[data-local]')) {
    time.textContent = styles[time.dataset.local].format(new Date(time.dateTime));
  }
  const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'long' }).formatToParts();
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
  for (const line of document.querySelectorAll('[data-zone]')) line.textContent = line.dataset.zone.replace('{}', name);
}
