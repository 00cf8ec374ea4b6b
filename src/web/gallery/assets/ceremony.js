/** A ceremony that answers with the options that it was given. */
const form = document.querySelector('[data-ceremony]');
const start = form.querySelector('[data-ceremony-start]');
start.hidden = false;
start.addEventListener('click', () => {
  form.elements.response.value = form.dataset.ceremony;
  form.requestSubmit();
});
