import type { RequestHandler } from 'express';
import { localsOf, loggable, type WebDeps } from './context.ts';

/** One line for each request, once it is answered. */
export function logRequests({ log }: Pick<WebDeps, 'log'>): RequestHandler {
  return (req, res, next) => {
    const started = performance.now();
    res.on('finish', () => {
      const fields = {
        method: req.method,
        path: loggable(req.originalUrl.split('?')[0] ?? ''),
        status: res.statusCode,
        ms: Math.round(performance.now() - started),
        ip: localsOf(res).browser?.ip,
        reference: localsOf(res).browser?.reference,
      };
      log.info(fields, 'request');
    });
    next();
  };
}
