import { timingSafeEqual } from 'node:crypto';
import { type ErrorRequestHandler, type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { parseDuration } from '../../core/duration.ts';
import { hasCode, isUnavailable } from '../../core/errors.ts';
import type { Doer } from '../../help-desk/agent.ts';
import { type Order, reasonOf } from '../../help-desk/orders.ts';
import { createLimits } from '../../lockout/limits.ts';
import { jsonBody, LONGEST_JSON } from '../bodies.ts';
import { localsOf, type WebDeps } from '../context.ts';
import { type ApiClient, type ApiSettings, hashOfSecret } from './clients.ts';

/** What is wrong, as RFC 9457 has it. */
class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, title: string, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.status = status;
    this.title = title;
    this.headers = headers;
  }
}

/** RFC 6750 section 3: without credentials no error is named. */
function unauthorized(given: boolean): Problem {
  const challenge = `Bearer realm="sallyport"${given ? ', error="invalid_token"' : ''}`;
  return new Problem(401, 'Not authorised', 'Show the secret of a configured client as a bearer token.', {
    'www-authenticate': challenge,
  });
}

const REASON = 'say why, in at least five characters';

const reason = z.string().refine((text) => reasonOf(text) !== undefined, REASON);
const unlocking = z.strictObject({ reason });
const issuing = z.strictObject({
  reason,
  lifetime: z
    .string()
    .refine((text) => parseDuration(text) !== undefined, 'a duration, as 60m or 8h')
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .optional(),
  start: z.iso
    .datetime({ offset: true, error: 'a time with its zone, as 2027-02-01T08:00:00+08:00' })
    .transform((text) => Date.parse(text))
    .optional(),
  uses: z.enum(['once', 'several', 'day-2', 'day-3', 'day-4', 'day-5']).optional(),
});

/** The client whose secret was shown: every one is compared, so that time doesn't tell which. */
function clientOf({ clients }: ApiSettings, req: Request): ApiClient {
  const [, secret] = /^Bearer ([\x21-\x7e]{1,1024})$/i.exec(req.headers.authorization ?? '') ?? [];
  if (secret === undefined) throw unauthorized(false);
  const hash = hashOfSecret(secret);
  const [found] = clients.filter(({ secretHash }) => timingSafeEqual(secretHash, hash));
  if (found === undefined) throw unauthorized(true);
  return found;
}

/** The same for nobody and for somebody out of scope. */
const nobody = (detail: string) => new Problem(404, 'Not found', detail);

function orderOf(res: Response, doer: Doer, person: string, reason: string): Order {
  const { ip, userAgent, reference } = localsOf(res).browser;
  return { doer: async () => doer, person, reason, ticked: [], facts: { ip, userAgent, reference } };
}

export type ApiRoutesNeeds = Pick<WebDeps, 'api' | 'audit' | 'ephemeral' | 'helpDesk' | 'log' | 'now'>;

/** `/api/v1/…` for programs: no cookie counts here, and nobody gets further than the help desk's scope. */
export function apiRoutes(deps: ApiRoutesNeeds): Router {
  const { api, helpDesk } = deps;
  const limits = createLimits(deps, 'api');
  const router = Router();
  if (api === undefined || api.clients.length === 0) return router;
  const { calls, per } = api.budget;
  router.use('/api/v1', jsonBody(LONGEST_JSON));

  async function within(client: ApiClient): Promise<void> {
    const budget = { name: 'calls', of: client.name, most: calls, per };
    const counted = await limits.count([budget]);
    if (counted.allowed) return;
    const seconds = String(Math.ceil(counted.retryAfter / 1000));
    throw new Problem(429, 'Too many calls', `Wait ${seconds} seconds.`, { 'retry-after': seconds });
  }

  function read<T>(req: Request, body: z.ZodType<T>): T {
    if (!req.is('application/json')) {
      throw new Problem(415, 'Unsupported media type', 'Send the body as application/json.');
    }
    const parsed = body.safeParse(req.body);
    if (parsed.success) return parsed.data;
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
    throw new Problem(400, 'Not a valid request', faults.join('; '));
  }

  router.post('/api/v1/accounts/:login/passes', async (req, res) => {
    const client = clientOf(api, req);
    await within(client);
    const { reason, start, ...options } = read(req, issuing);
    const factor = helpDesk.issuable().find(({ standing }) => standing === 'bootstrap')?.factor;
    const doer = helpDesk.program(client.name, client);
    const person = await helpDesk.known(doer, String(req.params.login), 'issue');
    if (factor === undefined || person === undefined) {
      throw nobody('There is nobody of this name to whom this client may issue passes.');
    }
    const order = orderOf(res, doer, person.id, reason);
    const wishes = { ...options, ...(start === undefined ? {} : { starts: start }) };
    const shown = await helpDesk.issue(order, factor, wishes).catch((error: unknown) => {
      if (!hasCode(error, 'ERR_INPUT')) throw error;
      throw new Problem(400, 'Not a valid request', (error as Error).message);
    });
    const [pass = ''] = shown.codes;
    res.status(201).json({
      account: person.username,
      pass,
      ...(shown.codes.length > 1 ? { passes: shown.codes } : {}),
      starts: new Date(shown.starts ?? deps.now()).toISOString(),
      ...(shown.expires === undefined ? {} : { expires: new Date(shown.expires).toISOString() }),
    });
  });

  router.post('/api/v1/accounts/:login/unlock', async (req, res) => {
    const client = clientOf(api, req);
    await within(client);
    const { reason } = read(req, unlocking);
    const doer = helpDesk.program(client.name, client);
    const person = await helpDesk.known(doer, String(req.params.login), 'unlock');
    if (person === undefined) throw nobody('There is nobody of this name whom this client may unlock.');
    // A new password that is due stays due: whether somebody else knows the old one, no program can tell.
    await helpDesk.unlock(orderOf(res, doer, person.id, reason), 'keep');
    res.json({ account: person.username });
  });

  router.use('/api/v1', (_req: Request) => {
    throw new Problem(404, 'Not found', 'There is nothing at this address.');
  });
  router.use('/api/v1', problems(deps));
  return router;
}

/** Errors as application/problem+json; the detail of a fault of ours is for the log alone. */
function problems(deps: Pick<WebDeps, 'log'>): ErrorRequestHandler {
  return (error: unknown, req, res: Response, next) => {
    if (res.headersSent) return next(error);
    const problem = problemOf(error);
    const { reference } = localsOf(res).browser;
    const fields = { err: error, path: req.path, reference };
    if (problem.status >= 500) deps.log.error(fields, 'request failed');
    else deps.log.info(fields, 'request refused');
    for (const [name, value] of Object.entries(problem.headers)) res.setHeader(name, value);
    const { status, title, message: detail } = problem;
    res.status(status).type('application/problem+json');
    res.send(JSON.stringify({ type: 'about:blank', title, status, detail, instance: `urn:reference:${reference}` }));
  };
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (hasCode(error, 'ERR_NOT_FOUND')) return new Problem(404, 'Not found', 'There is nobody of this name in scope.');
  if (isUnavailable(error) || hasCode(error, 'ERR_OVERLOADED')) {
    return new Problem(503, 'Unavailable', 'Try again in a minute.', { 'retry-after': '30' });
  }
  // Faults that the body's parser finds.
  const status = (error as { status?: unknown } | undefined)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem(status, 'Not a valid request', 'The body can’t be read as JSON.');
  }
  return new Problem(500, 'Internal error', 'The fault is ours. The reference names it in the log.');
}
