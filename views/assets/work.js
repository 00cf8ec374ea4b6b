/** Works out what keeps machines from asking for thousands: in the background, from when the page is there. */

const form = document.querySelector('form[data-work]');
const status = form.querySelector('[data-work-status]');
const worker = new Worker('/assets/work-search.js', { type: 'module' });
let wanted = false;

worker.addEventListener('message', ({ data }) => {
  form.elements.found.value = data;
  status.textContent = status.dataset.done;
  if (wanted) form.submit();
});

form.addEventListener('submit', (event) => {
  if (form.elements.found.value !== '') return;
  event.preventDefault();
  wanted = true;
  status.textContent = status.dataset.working;
});

worker.postMessage({ text: form.dataset.work, bits: Number(form.dataset.bits) });
