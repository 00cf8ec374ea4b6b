import type { IncomingMessage, ServerResponse } from 'node:http';

/** A browser's request, and the answer to it that is being made. */
export interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
}
