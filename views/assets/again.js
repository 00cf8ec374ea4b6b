/** Loads the page anew where the service was away: after five seconds, then twice as long each time, a minute at most. */

const FIRST = 5;
const LONGEST = 60;
/** A later visit begins with short pauses again. */
const FORGET = 300_000;

const line = document.querySelector('[data-again]');
const key = `again ${line.dataset.again.split('?')[0]}`;

const before = JSON.parse(sessionStorage.getItem(key) ?? '{}');
const tries = Date.now() - (before.at ?? 0) < FORGET ? before.tries : 0;
sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), tries: tries + 1 }));

// Not all at the same moment: what has just come back would go away again.
const pause = Math.min(LONGEST, FIRST * 2 ** tries) * (1 + Math.random() / 4);
const due = Date.now() + pause * 1000;

function tick() {
  const left = Math.ceil((due - Date.now()) / 1000);
  if (left <= 0) {
    line.textContent = line.dataset.now;
    location.replace(line.dataset.again);
    return;
  }
  // Once a second would be too much to listen to.
  if (left % 5 === 0 || line.textContent === '') line.textContent = line.dataset.text.replace('{}', String(left));
  setTimeout(tick, 1000);
}
tick();
