import type { IncomingMessage } from 'node:http';
import type { LocalizedText } from './account.ts';
import type { Browser } from './browser.ts';

/** A request as far as its first lines say what it asks. */
export type Asked = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/** An answer as it is sent. */
export interface PlainAnswer {
  /** Names and values in turns, beside what the header of every answer has. */
  readonly headers: readonly string[];
  readonly body: string | Buffer;
}

/**
 * An address that programs ask often, in the form in which nearly all of them ask it: nothing about it needs a cookie, a
 * language or a page. Whatever else is asked there, and whatever is refused, is answered the long way, from the beginning.
 */
export interface PlainAddress {
  /** The whole of it, without a query, which is also its pattern for what measures. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** Bytes of its form at most; absent: it has none. */
  readonly form?: number;
  /** Undefined, or rejected: it is for the long way to say what. Nothing that counts may have been done by then. */
  answer(asked: Asked, form: string): Promise<PlainAnswer | undefined> | PlainAnswer | undefined;
}

/** A form that submits itself to an application, as a page. */
export interface PlainForm {
  readonly action: string;
  readonly inputs: readonly { readonly name: string; readonly value: string }[];
  /** Whose it is. */
  readonly application: LocalizedText;
}

/**
 * An address that applications send people to by GET, whose answer goes back to the application by way of the browser
 * where nothing has to be asked. As above, whatever else is so is answered the long way.
 */
export interface PlainVisit {
  /** Without the query; also its pattern for what measures. */
  readonly path: string;
  /**
   * `browser` brings no remembered device, and is given no cookie: both change with use. Undefined, or rejected: it is
   * for the long way to say what.
   */
  answer(asked: Asked, browser: Browser): Promise<PlainForm | undefined>;
}
