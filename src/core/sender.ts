import type { z } from 'zod';
import type { LogPort } from './door.ts';
import type { Examine } from './finding.ts';

/** A short message to a telephone number. */
export interface TextMessage {
  channel: 'text';
  /** E.164, with its plus sign. */
  to: string;
  /** Plain text, with line breaks where it needs them. */
  text: string;
  /** Where the number is, ISO 3166-1 letters: for the audit, which has no number. */
  country?: string;
}

/** A letter to a mailbox. */
export interface MailMessage {
  channel: 'mail';
  /** One address, without a name or brackets around it. */
  to: string;
  /** One line. */
  subject: string;
  /** Plain text, with line breaks where it needs them. */
  text: string;
  /** The same as a whole HTML document, which loads nothing from anywhere; who can show it shows it in the text's place. */
  html?: string;
  attachments?: readonly Attachment[];
}

/** A file that goes with a letter. */
export interface Attachment {
  /** A file's name, of plain letters, digits, hyphens and dots. */
  name: string;
  /** A media type: `text/csv; charset=utf-8`. */
  type: string;
  content: string;
}

/** What goes out to people, by channel. */
export type Outgoing = TextMessage | MailMessage;
export type Channel = Outgoing['channel'];

/**
 * How a message fared with whoever carries it: taken, which isn't yet delivered, or not. `reason` is for log and
 * audit: no text of the message, no number or address, no secret. `unsure`: it may have been taken all the same, as when no
 * answer came, so that sending it by another way could send it twice.
 */
export type Sent = { ok: true; id?: string } | { ok: false; reason: string; unsure?: boolean };

/** What carries messages out of the house. It connects when the first one comes. */
export interface Sender {
  /** Never throws, and answers within 30 seconds. */
  send(message: Outgoing): Promise<Sent>;
  /** What it shows on the management port. */
  readonly pages?: readonly ManagementPage[];
  /** Ends its connections; what comes afterwards isn't sent. */
  close?(): Promise<void>;
}

/** A page for the machine's own eyes, as data. */
export interface ManagementPage {
  path: `/${string}`;
  /** A media type, and the body. HTML is written escaped. */
  answer(): { type: string; body: string };
}

export interface SenderPorts {
  /** Epoch milliseconds. */
  now(): number;
  random(bytes: number): Uint8Array;
  /** Guarded: public addresses and allowed private ones only, no redirects. */
  fetch(url: string | URL, init?: RequestInit): Promise<globalThis.Response>;
  log: LogPort;
}

export interface SenderModule<S = unknown> {
  /** The folder's name. */
  readonly id: string;
  readonly carries: readonly Channel[];
  /** It shows messages to whoever is at this machine: refused unless the configuration is a demonstration. */
  readonly demonstration?: boolean;
  readonly settings: z.ZodType<S>;
  /** What `sallyport doctor` is told. */
  readonly examine?: Examine<S>;
  create(settings: S, ports: SenderPorts): Sender;
}
