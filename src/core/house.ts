import type { EndedThere } from './upstream.ts';

/** What the house behind a directory calls at the gateway, its own description of us above all: data, which the web layer mounts. */
export interface HouseRoute {
  readonly method: 'GET' | 'POST';
  /** Below `HousePorts.base`. */
  readonly path: `/${string}`;
  /** Bytes of a body; a GET has none. */
  readonly longest?: number;
  handle(call: HouseCall): Promise<HouseAnswer>;
}

export interface HouseCall {
  /** The query, or the body, as it was sent. */
  raw: string;
  /** Media type of the body. */
  type?: string;
  /**
   * Its own session is over: what rests on that here ends too, and the applications are told, never the house. What is
   * over already ended well. Answers whether all applications were reached.
   */
  end(ended: EndedThere): Promise<{ reached: boolean }>;
}

/** A document, or where the browser that brought the call goes on. */
export type HouseAnswer =
  | { status?: number; type: string; text: string; maxAge?: number }
  | { redirect: string }
  | { form: { action: string; fields: Readonly<Record<string, string>> } };
