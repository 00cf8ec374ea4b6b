import type { IncomingMessage } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Provider } from 'oidc-provider';
import { parametersOf } from '../../core/parameters.ts';
import type { OidcPorts } from './ports.ts';
import { FOR_PROGRAMS, isOurs } from './routes.ts';

/** Bytes of a form, as many as fit in an address: whatever is asked for can be asked for in both ways. */
export const LONGEST = 16 * 1024;

/** Koa's own reader looks through the whole query once more for each parameter in it. */
export function readQueries(provider: Provider): void {
  Object.defineProperty(provider.request, 'query', {
    get(this: { querystring: string }) {
      return parametersOf(this.querystring);
    },
  });
}

/** Forms that oidc-provider reads by itself: bounded and counted before it does. */
export function formsOfPrograms({ form }: Pick<OidcPorts, 'form'>): (RequestHandler | ErrorRequestHandler)[] {
  const given: RequestHandler = (req, _res, next) => {
    if (typeof req.body === 'string') again(req, req.body);
    next();
  };
  const ours = ({ method, path }: { method: string; path: string }) => method === 'POST' && isOurs(path);
  const handlers = [...form(LONGEST), given].map(
    (handler): RequestHandler =>
      (req, res, next) =>
        ours(req) ? handler(req, res, next) : next(),
  );
  return [...handlers, refused];
}

/** The body once more, for whoever reads streams. What isn't UTF-8 has another length by now, and is refused. */
export function again(req: IncomingMessage, text: string): void {
  async function* iterator() {
    yield Buffer.from(text);
  }
  Object.defineProperties(req, {
    readable: { value: true, configurable: true },
    iterator: { value: iterator, configurable: true },
  });
}

/** Programs are told in JSON (RFC 6749 section 5.2). */
const refused: ErrorRequestHandler = (error, req, res, next) => {
  const { status } = error as { status?: unknown };
  if (!FOR_PROGRAMS.has(req.path) || typeof status !== 'number' || status >= 500) return next(error);
  const description = status === 413 ? 'the body is too long' : error.message;
  res.status(status).json({ error: 'invalid_request', error_description: description });
};
