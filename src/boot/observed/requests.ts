import type { IncomingMessage } from 'node:http';
import { routeNameOf } from '../../core/route-name.ts';
import { networkLookup } from '../../policy/index.ts';
import type { Watched } from '../../web/index.ts';
import type { Config } from '../config.ts';
import type { Metrics } from '../metrics/index.ts';
import { requestSpan } from './tracing.ts';

type Measured = Pick<Metrics, 'requests'>;

/** Measures and traces each request from here to its end, whoever ends it. */
export function observedRequests({ tracing }: Pick<Config, 'tracing'>, { requests }: Measured): Watched {
  const believed = networkLookup([{ name: 'believed', ranges: tracing.acceptFrom }]);
  /** The peer itself is asked for: what a forwarded header says is whatever somebody wrote. */
  const headersOf = ({ socket, headers }: IncomingMessage) =>
    tracing.acceptFrom.length > 0 && believed(socket.remoteAddress ?? '').length > 0 ? headers : undefined;

  return (req, res, run) => {
    const begun = performance.now();
    const { method = '' } = req;
    const span = requestSpan(known(method), headersOf(req));
    requests.began();
    res.once('close', () => {
      const route = routeNameOf(req as never, res as never);
      const status = res.writableFinished ? res.statusCode : undefined;
      const stream = String(res.getHeader('content-type') ?? '').startsWith('text/event-stream');
      const facts = { 'http.request.method': known(method), 'http.route': route };
      requests.ended({ route, method: known(method), status, seconds: (performance.now() - begun) / 1000 }, stream);
      span.end(`${known(method)} ${route}`, facts, status);
    });
    span.within(run);
  };
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** A method by its name; whatever else somebody sends is `other`. */
const known = (method: string): string => (METHODS.has(method) ? method : 'other');
