/** How a request ended, and what happens now. */

import { h, heading, icon } from '../dom.js';
import { t } from '../texts.js';

/** By outcome: the drawing, its colour, and how many paragraphs say what happens now. */
const KINDS = {
  approved: ['check', 'done', 1],
  'wrong-number': ['cross', 'error', 2],
  cancelled: ['check', 'done', 1],
  reported: ['shield', 'warn', 3],
  gone: ['clock', 'plain', 1],
  expired: ['clock', 'plain', 1],
};

/** `result`: one of the service's outcomes, `gone` where it knows no such request, `expired` when its time ran out. */
export function outcome(result) {
  const kind = result in KINDS ? result : 'gone';
  const [sign, colour, texts] = KINDS[kind];
  const title = t(`outcome.${kind}.title`);
  const told = Array.from({ length: texts }, (_, at) => h('p', {}, t(`outcome.${kind}.text.${at + 1}`)));
  const body = [
    h('div', { class: `picture picture-${colour}` }, icon(sign, 48)),
    heading(title),
    ...told,
    h('a', { class: 'button', href: '#' }, t('done')),
  ];
  return { title, body, className: 'outcome' };
}

export const over = () => outcome('expired');
