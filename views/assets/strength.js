/** How easily a password is guessed, told while it is typed: guidance alone, reckoned in this browser, and sent nowhere. */

/** Characters that are looked at: more would only take time. */
const LONGEST = 64;
/** After the last key, milliseconds: whoever listens isn't told of each. */
const PAUSE = 400;
/** An answer that takes longer isn't waited for, milliseconds; the first one loads the lists. */
const PATIENCE = 15_000;

const told = document.querySelector('[data-strength]');
const field = document.getElementById(told?.dataset.strength);
const meter = told?.querySelector('meter');
const words = told?.querySelector('[role=status]');
let worker;
let pause;
let late;
let asked = 0;

function stop() {
  clearTimeout(late);
  worker?.terminate();
  worker = undefined;
  told.hidden = true;
}

function start() {
  const { worker: script, core, common, mine } = told.dataset;
  worker = new Worker(script);
  worker.addEventListener('error', stop);
  worker.addEventListener('message', ({ data }) => {
    clearTimeout(late);
    // Of what was typed since, another answer comes.
    if (data.number === asked) show(data.score);
  });
  worker.postMessage({ core, common, mine: mine.split('\n').filter(Boolean) });
}

function show(score) {
  meter.hidden = false;
  meter.value = score;
  say(told.dataset[`score${score}`]);
}

function say(text) {
  told.hidden = false;
  words.textContent = text;
}

/** What their VPN can't send, of all that is typed: nobody needs to wait for the answer to the form. */
function unsendable(text) {
  const { ascii, longest, tooLong } = told.dataset;
  if (ascii === undefined) return undefined;
  if (/[^\x20-\x7e]/.test(text)) return ascii;
  return text.length > Number(longest) ? tooLong : undefined;
}

function ask() {
  const typed = field.value.normalize('NFC');
  asked += 1;
  if (typed === '') {
    told.hidden = true;
    return;
  }
  const wrong = unsendable(typed);
  if (wrong !== undefined) {
    meter.hidden = true;
    say(wrong);
    return;
  }
  if (worker === undefined) start();
  clearTimeout(late);
  late = setTimeout(stop, PATIENCE);
  worker.postMessage({ number: asked, text: typed.slice(0, LONGEST) });
}

field?.addEventListener('input', () => {
  clearTimeout(pause);
  pause = setTimeout(ask, PAUSE);
});
