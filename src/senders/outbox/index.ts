import { z } from 'zod';
import type { MailMessage, Sender, SenderModule, SenderPorts } from '../../core/sender.ts';
import { type Kept, page } from './page.ts';

/** Messages kept: the newest. */
const MOST = 100;

const mailOf = ({ subject, html, attachments }: MailMessage) => ({
  ...{ subject },
  ...(html === undefined ? {} : { html }),
  ...(attachments === undefined ? {} : { attachments }),
});

function create(_settings: object, ports: SenderPorts): Sender {
  const kept: Kept[] = [];
  return {
    async send(message) {
      const { to, text } = message;
      const mail = message.channel === 'mail' ? mailOf(message) : {};
      kept.unshift({ at: ports.now(), to, ...mail, text });
      kept.length = Math.min(kept.length, MOST);
      return { ok: true };
    },
    pages: [
      { path: '/outbox', answer: () => ({ type: 'text/html; charset=utf-8', body: page(kept) }) },
      { path: '/outbox.json', answer: () => ({ type: 'application/json', body: JSON.stringify(kept) }) },
    ],
    async close() {
      kept.length = 0;
    },
  };
}

/** Sends nothing: keeps messages in memory and shows them on the management port, to whoever tries things out. */
const outbox: SenderModule<object> = {
  id: 'outbox',
  carries: ['text', 'mail'],
  demonstration: true,
  settings: z.strictObject({}).prefault({}),
  create,
};

export default outbox;
