/** Sends a page's form at once: the answer of response mode form_post. Without scripts its button does. */
document.querySelector('form[data-submit]')?.submit();
