import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import { fromBrowser } from '../accounts/context.ts';
import { isUnavailable, SallyportError } from '../core/errors.ts';
import type { Parameters } from '../core/parameters.ts';
import type { ProgramAnswer, ProgramRoutes } from '../core/program.ts';
import { nameRoute } from '../core/route-name.ts';
import { createLimits } from '../lockout/limits.ts';
import { programBody } from './bodies.ts';
import { localsOf, type WebDeps } from './context.ts';

/** Calls in a minute from one address, whoever makes them: what tells clients apart comes after it. */
const PER_MINUTE = 6000;
const MINUTE = 60_000;

function answer(res: Response, { status, headers = {}, type, json }: ProgramAnswer): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.status(status);
  if (json === undefined) return void res.end();
  res.type(type).send(Buffer.from(JSON.stringify(json)));
}

/** Nothing of the inside is told; the log has it, under the reference. */
function failed({ log }: Pick<WebDeps, 'log'>, routes: ProgramRoutes): ErrorRequestHandler {
  return (error: unknown, _req, res: Response, next) => {
    if (res.headersSent) return next(error);
    const { reference } = localsOf(res).browser;
    if (isUnavailable(error)) return answer(res, routes.refused(503, 'Try again in a moment.'));
    const status: unknown = (error as { status?: unknown } | undefined)?.status;
    if (status === 413) return answer(res, routes.refused(413, `A body has ${routes.longest} bytes at most.`));
    if (status === 415) return answer(res, routes.refused(415, `Send the body as ${routes.types.join(' or ')}.`));
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return answer(res, routes.refused(status, 'The request can’t be read.'));
    }
    log.error({ err: error, reference }, 'a program’s call failed');
    answer(res, routes.refused(500, `The fault is ours: reference ${reference}.`));
  };
}

export type ProgramRoutesNeeds = Pick<WebDeps, 'audit' | 'ephemeral' | 'issuer' | 'log' | 'now' | 'programs'>;

function handlerOf(deps: ProgramRoutesNeeds, { directory, routes, follow }: WebDeps['programs'][number]) {
  const { base, types, longest } = routes;
  const limit = createLimits(deps, `programs:${directory}`);
  const parse = programBody(types, longest);

  async function read(req: Request, res: Response): Promise<unknown> {
    const sent = Number(req.headers['content-length'] ?? 0) > 0 || 'transfer-encoding' in req.headers;
    if (!sent) return undefined;
    if (!req.is([...types])) throw Object.assign(new Error('another media type'), { status: 415 });
    await new Promise<void>((resolve, reject) => {
      void parse(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(error as Error)));
    });
    return req.body;
  }

  const handler: RequestHandler = async (req, res) => {
    nameRoute(res, `${base}/*`);
    const { ip, userAgent, reference } = localsOf(res).browser;
    const { address = '' } = fromBrowser(localsOf(res).browser);
    const counted = await limit.count([{ name: base, of: address, most: PER_MINUTE, per: MINUTE }]);
    if (!counted.allowed) {
      const { headers, ...refused } = routes.refused(429, 'Too many requests from this address.');
      const seconds = String(Math.max(1, Math.ceil(counted.retryAfter / 1000)));
      return answer(res, { ...refused, headers: { ...headers, 'retry-after': seconds } });
    }
    const { authorization, 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = req.headers;
    const given = {
      ...(authorization === undefined ? {} : { authorization }),
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    };
    const { method, path } = req;
    const call = { ...given, method, path, query: req.query as Parameters, body: () => read(req, res) };
    const facts = { ip, reference, ...(userAgent === undefined ? {} : { userAgent }) };
    answer(
      res,
      await routes.handle({
        ...call,
        ...{ address, limit, url: `${deps.issuer.replace(/\/$/, '')}${base}` },
        follow: (consequences, by) => follow(consequences, { ...facts, by }),
      }),
    );
  };
  return handler;
}

/** What directories answer for programs, each below its own path at the issuer. */
export function programRoutes(deps: ProgramRoutesNeeds): Router {
  const router = Router();
  const bases = deps.programs.map(({ routes }) => routes.base);
  const [twice] = bases.filter((base, at) => bases.indexOf(base) !== at);
  if (twice !== undefined) {
    throw new SallyportError('ERR_INPUT', `two directories answer programs at ${twice}: give one of them another path`);
  }
  for (const program of deps.programs) {
    router.use(program.routes.base, handlerOf(deps, program), failed(deps, program.routes));
  }
  return router;
}
