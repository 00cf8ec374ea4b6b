/**
 * Runs WebAuthn ceremonies: options from the form's `data-ceremony`, the answer as JSON in its field `response`.
 * What is said when it doesn't work stands on the form's status: data-cancelled, -unsupported, -registered,
 * -insecure, -failed.
 */

const MESSAGES = {
  AbortError: 'cancelled',
  InvalidStateError: 'registered',
  NotAllowedError: 'cancelled',
  NotSupportedError: 'unsupported',
  SecurityError: 'insecure',
};

/** The ceremony that runs: a browser allows one. */
let running;

function fromBase64url(text) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function toBase64url(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function withIds(list) {
  return list?.map((one) => ({ ...one, id: fromBase64url(one.id) }));
}

/** As PublicKeyCredential's own parsers do, for browsers without them. */
function parse({ ceremony, publicKey }) {
  const native = ceremony === 'create' ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON';
  if (PublicKeyCredential[native]) return PublicKeyCredential[native](publicKey);
  const parsed = { ...publicKey, challenge: fromBase64url(publicKey.challenge) };
  if (ceremony === 'get') return { ...parsed, allowCredentials: withIds(publicKey.allowCredentials) };
  const user = { ...publicKey.user, id: fromBase64url(publicKey.user.id) };
  return { ...parsed, user, excludeCredentials: withIds(publicKey.excludeCredentials) };
}

/** Some browsers have toJSON, and some password managers break it. */
function toJson(credential) {
  try {
    return credential.toJSON();
  } catch {
    const { id, rawId, type, response } = credential;
    const parts = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];
    const encoded = parts.filter((part) => response[part]).map((part) => [part, toBase64url(response[part])]);
    const transports = response.getTransports ? { transports: response.getTransports() } : {};
    const answer = { ...Object.fromEntries(encoded), ...transports };
    return { id, rawId: toBase64url(rawId), type, response: answer, clientExtensionResults: {} };
  }
}

function ask(options, mediation) {
  running?.abort();
  running = new AbortController();
  const request = { publicKey: parse(options), signal: running.signal, ...(mediation ? { mediation } : {}) };
  return options.ceremony === 'create' ? navigator.credentials.create(request) : navigator.credentials.get(request);
}

function say(status, name) {
  // Emptied first: the same words twice are read out twice.
  status.textContent = '';
  status.hidden = name === undefined;
  if (name !== undefined) status.textContent = status.dataset[name] ?? status.dataset.failed ?? '';
}

function submit(form, credential) {
  form.elements.response.value = JSON.stringify(toJson(credential));
  form.requestSubmit();
}

/** On load, from the user name field: nothing is said where nothing comes of it. */
async function offer(form, options) {
  try {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    const credential = await ask(options, 'conditional');
    if (credential) submit(form, credential);
  } catch {
    // Begun by the page, not by the person: there is the button.
  }
}

/** A page that has another way says nothing of one that this browser can't go. */
const otherWay = document.querySelector('input[autocomplete~="webauthn"]');

function prepare(form) {
  const status = form.querySelector('[data-ceremony-status]');
  const start = form.querySelector('[data-ceremony-start]');
  const options = JSON.parse(form.dataset.ceremony);
  if (!window.PublicKeyCredential || !navigator.credentials) {
    if (otherWay) form.hidden = true;
    else say(status, 'unsupported');
    return;
  }
  const offered = options.mediation === 'conditional' && otherWay;
  start.hidden = false;
  start.addEventListener('click', async () => {
    start.disabled = true;
    say(status);
    try {
      const credential = await ask(options);
      if (credential) submit(form, credential);
      else say(status, 'cancelled');
    } catch (error) {
      say(status, MESSAGES[error?.name] ?? 'failed');
      // The button's dialogue ended the offer in the user name field.
      if (offered) offer(form, options);
    } finally {
      start.disabled = false;
    }
  });
  if (offered) offer(form, options);
}

for (const form of document.querySelectorAll('form[data-ceremony]')) prepare(form);

// A password that is being sent ends the offer, so that both don't answer.
document.addEventListener('submit', () => running?.abort());
