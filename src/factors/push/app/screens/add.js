/** Adds an account from a code before the camera, or from a link. */

import { invitationIn } from '../accounts.js';
import { button, h, heading, icon } from '../dom.js';
import { t } from '../texts.js';

/** Between two looks at the camera's picture, milliseconds. */
const LOOK = 200;

export async function add(go) {
  const title = t('add.title');
  const camera = (await canScan()) ? scanner(go) : undefined;
  const body = [
    heading(title),
    h('p', { class: 'lead' }, t(camera ? 'add.text' : 'add.text.camera')),
    ...(camera?.body ?? []),
    paste(go),
  ];
  return { title, body, leave: camera?.stop, busy: true };
}

async function canScan() {
  if (!('BarcodeDetector' in self) || !navigator.mediaDevices?.getUserMedia) return false;
  return (await BarcodeDetector.getSupportedFormats()).includes('qr_code');
}

const enrol = (go, text) => go(`#enrol=${/#enrol=([\w-]+)/.exec(text)?.[1] ?? text.trim()}`, { replace: true });

function scanner(go) {
  const status = h('p', { class: 'hint', role: 'status' });
  const video = h('video', {
    class: 'camera',
    playsinline: true,
    muted: true,
    'aria-label': t('add.camera'),
    hidden: true,
  });
  let stream;
  let timer;
  let left = false;
  const stop = () => {
    left = true;
    clearInterval(timer);
    for (const track of stream?.getTracks() ?? []) track.stop();
  };
  const start = button([icon('camera'), t('add.scan')], {}, begin, () => {
    status.textContent = t('add.refused');
  });

  async function begin() {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    if (left) return stop();
    video.srcObject = stream;
    video.hidden = false;
    start.hidden = true;
    status.textContent = t('add.looking');
    await video.play();
    const detector = new BarcodeDetector({ formats: ['qr_code'] });
    timer = setInterval(async () => {
      const [code] = await detector.detect(video).catch(() => []);
      if (!code || left) return;
      if (invitationIn(code.rawValue)) enrol(go, code.rawValue);
      else status.textContent = t('add.other');
    }, LOOK);
    return undefined;
  }
  return { body: [start, video, status], stop };
}

function paste(go) {
  const error = h('p', { class: 'error', id: 'link-error' });
  const field = h('input', {
    id: 'link',
    type: 'text',
    inputmode: 'url',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    'aria-describedby': 'link-error',
  });
  const take = () => {
    if (invitationIn(field.value)) return enrol(go, field.value);
    error.textContent = t('add.wrong');
    field.setAttribute('aria-invalid', 'true');
    return field.focus();
  };
  const fromClipboard = button(t('add.paste'), { class: 'plain' }, async () => {
    field.value = await navigator.clipboard.readText();
    take();
  });
  const form = h(
    'form',
    { class: 'stack', novalidate: true },
    h('div', { class: 'field' }, h('label', { for: 'link' }, t('add.link')), joined(field, fromClipboard), error),
    h('button', { class: 'button button-even' }, t('continue')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    take();
  });
  return form;
}

const joined = (field, action) =>
  h('div', { class: 'joined' }, field, navigator.clipboard?.readText === undefined ? undefined : action);
