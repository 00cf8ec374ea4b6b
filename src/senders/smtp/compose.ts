import MailComposer from 'nodemailer/lib/mail-composer';
import type { MailMessage } from '../../core/sender.ts';
import { oneLine } from './address.ts';
import type { Settings } from './settings.ts';

export interface Composed {
  /** Without its brackets. */
  id: string;
  from: string;
  to: string;
  /** The whole message, RFC 5322. */
  raw: Buffer;
}

/** Writes the message. `to` was looked at before; `random` is 16 bytes, `at` epoch milliseconds. */
export async function compose(
  { to, subject, text, html, attachments = [] }: MailMessage,
  { from, replyTo }: Pick<Settings, 'from' | 'replyTo'>,
  random: Uint8Array,
  at: number,
): Promise<Composed> {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  const id = `${Buffer.from(random).toString('hex')}@${new URL(`http://${domain}`).hostname}`;
  const raw = await new MailComposer({
    // As objects: a text would be read for further addresses.
    from: { address: from.address, name: oneLine(from.name ?? '') },
    to: { address: to, name: '' },
    ...(replyTo === undefined ? {} : { replyTo: { address: replyTo, name: '' } }),
    subject: oneLine(subject),
    text,
    ...(html === undefined ? {} : { html }),
    attachments: attachments.map(({ name, type, content }) => ({ filename: name, contentType: type, content })),
    // As it is, whatever relays do to long lines and blanks at their ends.
    encoding: 'quoted-printable',
    messageId: `<${id}>`,
    date: new Date(at),
    headers: {
      // RFC 3834 section 5, and what Exchange asks for in its place: no answers by those on leave.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
  return { id, from: from.address, to, raw };
}
