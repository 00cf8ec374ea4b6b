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

/** What is another thing to say where an application has asked: no page waits, and nobody has typed a password. */
const THERE = new Set([
  ...['wrong-number.text.2', 'reported.text.1', 'reported.text.2'],
  ...['gone.text.1', 'expired.text.1'],
]);

/**
 * `result`: one of the service's outcomes, `gone` where it knows no such request, `expired` when its time ran out.
 * `there`: the application that showed the number, where no sign-in page did.
 */
export function outcome(result, there) {
  const kind = result in KINDS ? result : 'gone';
  const [sign, colour, texts] = KINDS[kind];
  const title = t(`outcome.${kind}.title`);
  const say = (key) =>
    there && THERE.has(key) ? t(`outcome.${key}.there`, { application: there }) : t(`outcome.${key}`);
  const told = Array.from({ length: texts }, (_, at) => h('p', {}, say(`${kind}.text.${at + 1}`)));
  const body = [
    h('div', { class: `picture picture-${colour}` }, icon(sign, 48)),
    heading(title),
    ...told,
    h('a', { class: 'button', href: '#' }, t('done')),
  ];
  return { title, body, className: 'outcome' };
}

export const over = () => outcome('expired');
