import { escapedHtml } from '../core/html.ts';
import type { Values } from './i18n.ts';
import type { Times } from './times.ts';

/** A time within a sentence, shown as a day or with the time of day. Epoch milliseconds. */
export type Moment = { date: number } | { day: number };

/** Private use: in no text that people read, and so safe to stand for a time until all else is escaped. */
const placeholder = (at: number): string => String.fromCodePoint(0xe000 + at);

/**
 * Times as elements, which `page.js` shows in the browser's own zone: a page is read where its reader is,
 * and an hour at which one slept looks like somebody else's sign-in. Both answer HTML.
 */
export function moments(times: Times, t: (key: string, values?: Values) => string) {
  function time(ms: number, style: 'date' | 'day' = 'date'): string {
    return `<time datetime="${times.iso(ms)}" data-local="${style}">${escapedHtml(times[style](ms))}</time>`;
  }
  const element = (moment: Moment) => ('date' in moment ? time(moment.date) : time(moment.day, 'day'));

  return {
    time,
    /** A text in whose placeholders times stand, beside plain values. */
    sentence(key: string, values: Readonly<Record<string, string | number | Moment>>): string {
      const elements: string[] = [];
      const plain = Object.entries(values).map(([name, value]) => {
        if (typeof value === 'string') return [name, value.replace(/[\ue000-\ue0ff]/g, '')];
        if (typeof value !== 'object') return [name, value];
        elements.push(element(value));
        return [name, placeholder(elements.length - 1)];
      });
      const text = escapedHtml(t(key, Object.fromEntries(plain)));
      return elements.reduce((html, it, at) => html.replace(placeholder(at), () => it), text);
    },
  };
}
