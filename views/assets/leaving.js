/** Goes on by itself from the page that shows how far a sign-out has come. Without scripts its link does. */
const link = document.querySelector('[data-after]');
let timer;

function goOn() {
  clearTimeout(timer);
  if (link) timer = setTimeout(() => location.assign(link.href), Number(link.dataset.after));
}

// Applications in frames may keep this page from ever being whole: they aren't waited for longer.
if (link?.dataset.atMost) setTimeout(() => location.assign(link.href), Number(link.dataset.atMost));

// Filled once the page stands: what is there from the beginning isn't read out.
const status = document.querySelector('[data-say]');
if (status) {
  const text = status.textContent;
  status.textContent = '';
  setTimeout(() => {
    status.textContent = text;
  }, 100);
}

// Back from an application, out of the browser's cache: the page shows what was.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
  else goOn();
});
