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
}

/** A document, or where the browser that brought the call goes on. */
export type HouseAnswer =
  | { status?: number; type: string; text: string; maxAge?: number }
  | { redirect: string }
  | { form: { action: string; fields: Readonly<Record<string, string>> } };
