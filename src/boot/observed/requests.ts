import type { RequestHandler } from 'express';
import { routeNameOf } from '../../core/route-name.ts';
import type { Metrics } from '../metrics/index.ts';

/** Measures each request from here to its end, whoever ends it. */
export function observedRequests({ requests }: Pick<Metrics, 'requests'>): RequestHandler {
  return (req, res, next) => {
    const begun = performance.now();
    requests.began();
    res.once('close', () => {
      const route = routeNameOf(req, res);
      const status = res.writableFinished ? res.statusCode : undefined;
      const stream = String(res.getHeader('content-type') ?? '').startsWith('text/event-stream');
      requests.ended({ route, method: req.method, status, seconds: (performance.now() - begun) / 1000 }, stream);
    });
    next();
  };
}
