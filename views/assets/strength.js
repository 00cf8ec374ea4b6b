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

function ask() {
  const text = field.value.normalize('NFC').slice(0, LONGEST);
  asked += 1;
  if (text === '') {
    told.hidden = true;
    return;
  }
  // Whoever types what their VPN can't send needn't wait for the answer to the form.
  if (told.dataset.ascii && /[^\x20-\x7e]/.test(text)) {
    meter.hidden = true;
    say(told.dataset.ascii);
    return;
  }
  if (worker === undefined) start();
  clearTimeout(late);
  late = setTimeout(stop, PATIENCE);
  worker.postMessage({ number: asked, text });
}

field?.addEventListener('input', () => {
  clearTimeout(pause);
  pause = setTimeout(ask, PAUSE);
});
