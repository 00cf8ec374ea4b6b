/** Elements without markup: what comes from elsewhere is text, and never more. */

const SVG = 'http://www.w3.org/2000/svg';

/** An element: attributes by name, `on…` as listeners, false and undefined as absent; children may be nested lists. */
export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat(2).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

const PATHS = {
  alert: 'M12 8v5m0 3.2v.3M12 3 2.5 20h19z',
  back: 'm15 5-7 7 7 7',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21h4',
  camera: 'M3 8V5a2 2 0 0 1 2-2h3m8 0h3a2 2 0 0 1 2 2v3m0 8v3a2 2 0 0 1-2 2h-3m-8 0H5a2 2 0 0 1-2-2v-3M8 8h8v8H8z',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  chevron: 'm9 5 7 7-7 7',
  clock: 'M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  cross: 'M6 6l12 12M18 6 6 18',
  offline: 'M3 3l18 18M8.5 16.5a5 5 0 0 1 7 0M5 13a10 10 0 0 1 4-2.5M19 13a10 10 0 0 0-5-2.800M12 20h.01',
  phone:
    'M7 2.5h10a1.5 1.5 0 0 1 1.5 1.5v16a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 20V4A1.5 1.5 0 0 1 7 2.5zM10.5 18.5h3',
  plus: 'M12 5v14M5 12h14',
  shield: 'M12 3 4.5 6v5.5c0 4.5 3 8 7.5 9.5 4.5-1.5 7.5-5 7.5-9.5V6zM12 8v4.5m0 3v.2',
};

/** A drawing for the eye alone: what it means stands beside it. */
export function icon(name, size = 20) {
  const path = svg('path', {
    d: PATHS[name],
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': 2,
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
  });
  const view = { viewBox: '0 0 24 24', width: size, height: size, 'aria-hidden': 'true', focusable: 'false' };
  return svg('svg', { class: `icon icon-${name}`, ...view }, path);
}

const ROUND = 2 * Math.PI * 15;

/** A ring that empties: `set` takes what is left, from 1 to 0. */
export function ring() {
  const circle = { cx: 18, cy: 18, r: 15, fill: 'none', 'stroke-width': 4 };
  const left = svg('circle', { ...circle, class: 'ring-left', 'stroke-dasharray': ROUND });
  const view = { viewBox: '0 0 36 36', width: 36, height: 36, 'aria-hidden': 'true', focusable: 'false' };
  const element = svg('svg', { class: 'ring', ...view }, svg('circle', { ...circle, class: 'ring-whole' }), left);
  const set = (part) => left.setAttribute('stroke-dashoffset', String(ROUND * (part - 1)));
  return { element, set };
}

export const heading = (text) => h('h1', { tabindex: '-1' }, text);

/** A box that says how things stand: `kind` is `warn`, `error` or `done`. */
export function notice(kind, sign, ...children) {
  return h('div', { class: `notice notice-${kind}` }, icon(sign), h('div', { class: 'notice-text' }, ...children));
}

/** A button that runs something slow once at a time; `work` may throw, which `failed` is told. */
export function button(label, attributes, work, failed) {
  const element = h('button', { type: 'button', class: 'button', ...attributes }, label);
  element.addEventListener('click', async () => {
    if (element.getAttribute('aria-disabled') === 'true') return;
    element.setAttribute('aria-disabled', 'true');
    try {
      await work();
    } catch (error) {
      failed?.(error);
    } finally {
      element.removeAttribute('aria-disabled');
    }
  });
  return element;
}

/** Says something to those who listen, where the eye sees it for itself; the same words twice are said twice. */
export function announce(text) {
  const status = document.getElementById('announce');
  status.textContent = '';
  setTimeout(() => {
    status.textContent = text;
  }, 50);
}
