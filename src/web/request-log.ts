import { localsOf, loggable, type Watched, type WebDeps } from './context.ts';

/** One line for each request, once it is answered. */
export function logRequests({ log }: Pick<WebDeps, 'log'>): Watched {
  return (req, res, run) => {
    const started = performance.now();
    // As it was asked: handlers change it.
    const { method, url = '' } = req;
    res.once('finish', () => {
      const { browser } = localsOf(res as never);
      const fields = {
        method,
        path: loggable(url.split('?')[0] ?? ''),
        status: res.statusCode,
        ms: Math.round(performance.now() - started),
        ip: browser?.ip,
        reference: browser?.reference,
      };
      log.info(fields, 'request');
    });
    run();
  };
}
