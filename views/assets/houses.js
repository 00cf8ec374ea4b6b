/** Looks for houses while somebody types. Without it the form does the same. */

/** Milliseconds without a letter after which is asked. */
const PAUSE = 150;

const form = document.querySelector('[data-houses]');
const field = form?.querySelector('input');
let asked = new AbortController();
let timer;

async function look() {
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  const address = new URL(form.action);
  address.searchParams.set('q', field.value);
  try {
    const answer = await fetch(address, { signal });
    // It has gone on elsewhere, or is over: the form says where.
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const found = page.getElementById('houses');
    const shown = document.getElementById('houses');
    if (found === null || signal.aborted) return;
    // A live region is read out when its text changes, not when another takes its place.
    const count = document.getElementById('houses-count');
    count.textContent = page.getElementById('houses-count').textContent;
    shown.replaceChildren(count, ...[...found.children].slice(1));
  } catch {
    // The form is still there.
  }
}

field?.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE);
});
