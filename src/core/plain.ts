import type { IncomingMessage } from 'node:http';

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
