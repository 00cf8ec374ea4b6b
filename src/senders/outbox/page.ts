import { escapedHtml } from '../../core/html.ts';
import type { MailMessage } from '../../core/sender.ts';

/** A message as it would have gone out. */
export interface Kept {
  at: number;
  to: string;
  /** Of a mail. */
  subject?: string;
  text: string;
  html?: string;
  attachments?: MailMessage['attachments'];
}

const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
li { margin: 0 0 1rem; padding: .75rem 1rem; border: 1px solid #8888; border-radius: .5rem; list-style: none }
ol { padding: 0 }
h2 { margin: .25rem 0 0; font-size: 1rem }
pre { margin: .25rem 0 0; white-space: pre-wrap; font: inherit }
time, .to { font-size: .875rem }`;

/** The newest first. It is for the management port, which has neither scripts nor the gateway's own styles. */
export function page(kept: readonly Kept[]): string {
  const items = kept.map(({ at, to, subject, text }) => {
    const time = new Date(at).toISOString();
    const title = subject === undefined ? '' : `<h2>${escapedHtml(subject)}</h2>`;
    return `<li><span class="to">${escapedHtml(to)}</span> <time datetime="${time}">${time}</time>${title}<pre>${escapedHtml(text)}</pre></li>`;
  });
  const list = items.length > 0 ? `<ol>${items.join('')}</ol>` : '<p>Nothing was sent yet.</p>';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Outbox</title><style>${STYLE}</style></head><body><h1>Outbox</h1>
<p>Messages that would have gone out, the newest first. Load the page again for later ones.</p>${list}</body></html>`;
}
