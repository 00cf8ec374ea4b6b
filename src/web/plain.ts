import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type Express } from 'express';
import { referenceOf } from '../core/browser.ts';
import { countParameters, MOST_PARAMETERS } from '../core/parameters.ts';
import type { PlainAddress, PlainAnswer, PlainVisit } from '../core/plain.ts';
import { nameRoute } from '../core/route-name.ts';
import type { Admission } from './admission.ts';
import type { WebDeps } from './context.ts';
import { oneByOne } from './one-by-one.ts';
import { plainVisits, type VisitNeeds } from './plain-visits.ts';
import { headersOf } from './security.ts';

export type PlainNeeds = Pick<WebDeps, 'doors' | 'held' | 'issuer' | 'random'> & VisitNeeds;

/** Where a request is answered and told of: what of the locals everybody reads. */
type Told = ServerResponse & { locals: object };

/** Express' own reading of who asked, after trusted proxies. */
const addressOf = Object.getOwnPropertyDescriptor(express.request, 'ip')?.get;

/** Characters of an address that brings a message. */
const LONGEST_VISIT = 8192;

/** As a form is sent whose octets nobody has to guess at. */
const FORM = /^application\/x-www-form-urlencoded(?:; ?charset=utf-8)?$/i;

/** Of whoever has a session, and is about to go on with it; anybody can pretend, and is answered no better. */
const SESSION = /(?:^|[;\s])(?:__Host-)?sallyport_session=/;

/** The form's length where it can be read as it stands; undefined where it is for the long way to say what is wrong. */
function lengthOf({ headers }: IncomingMessage, most: number | undefined): number | undefined {
  const { 'content-length': length, 'content-type': type = '', ...others } = headers;
  if (others['transfer-encoding'] !== undefined || others['content-encoding'] !== undefined) return undefined;
  if (most === undefined) return length === undefined ? 0 : undefined;
  if (length === undefined || !/^\d{1,6}$/.test(length) || Number(length) > most || !FORM.test(type)) return undefined;
  return Number(length);
}

/** Undefined where whoever sends it went away before its end. */
function textOf(req: IncomingMessage): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => void chunks.push(chunk));
  req.once('end', () => resolve(Buffer.concat(chunks).toString()));
  req.once('close', () => resolve(undefined));
  return promise;
}

/**
 * Answers what is asked in its plainest form (`Door.plain`) before Express: the same header, request id, log, measures,
 * bounds and node's name as there, without what only a browser's request has. Where a request isn't as plain as it looked,
 * or is to be refused, Express answers it from the beginning. Sign-ins begin one in each turn of the event loop, so that a
 * crowd of them keeps nobody waiting who has signed in.
 */
export function plainFirst(deps: PlainNeeds, { admits, isForPrograms }: Admission, app: Express): RequestListener {
  const { host } = new URL(deps.issuer);
  const addresses = new Map(deps.doors.flatMap(({ plain = [] }) => plain.map((it) => [it.path, it] as const)));
  const visits = new Map(deps.doors.flatMap(({ visits: all = [] }) => all.map((it) => [it.path, it] as const)));
  const fixed = headersOf(deps.issuer).flat();
  const visited = plainVisits(deps);
  const inTurn = oneByOne();

  /** A page or form of a sign-in, or what begins one. */
  function isOfSignIn({ url = '', headers: { cookie = '' } }: IncomingMessage): boolean {
    if (url.startsWith('/sign-in/')) return true;
    return !SESSION.test(cookie) && !isForPrograms(url.split('?', 1)[0] ?? '');
  }

  function longWay(req: IncomingMessage, res: ServerResponse): void {
    if (!isOfSignIn(req)) return void app(req, res);
    // They may be gone by then, and that is told too.
    (res as Told).locals = {};
    inTurn(() => {
      if (!res.destroyed) app(req, res);
    });
  }

  /** Who asked is found out where the log wants to know. */
  function ipOf({ socket, headers }: IncomingMessage): string {
    const direct = headers['x-forwarded-for'] === undefined;
    return (direct ? socket.remoteAddress : addressOf?.call({ app, socket, headers })) ?? 'unknown';
  }

  function tell(req: IncomingMessage, res: ServerResponse, { path }: PlainAddress): string {
    const reference = referenceOf(deps.random);
    (res as Told).locals = { browser: { ip: ipOf(req), reference } };
    nameRoute(res as never, path);
    return reference;
  }

  async function found(
    req: IncomingMessage,
    res: ServerResponse,
    to: PlainAddress,
  ): Promise<PlainAnswer | 'gone' | undefined> {
    let text = '';
    if (to.form !== undefined) {
      const read = await textOf(req);
      if (read === undefined) return 'gone';
      text = read;
      // The long way finds it read.
      Object.assign(req, { body: text });
      if (countParameters(text) > MOST_PARAMETERS) return undefined;
    }
    try {
      await deps.held();
      return admits(req, res, to.path) ? await to.answer(req, text) : undefined;
    } catch {
      return undefined;
    }
  }

  async function answer(req: IncomingMessage, res: ServerResponse, to: PlainAddress): Promise<void> {
    const reference = tell(req, res, to);
    const given = await found(req, res, to);
    if (given === 'gone') return;
    if (given === undefined) {
      (res as Told).locals = {};
      return longWay(req, res);
    }
    const length = String(Buffer.byteLength(given.body));
    res.writeHead(200, [...fixed, 'x-request-id', reference, ...given.headers, 'content-length', length]);
    res.end(given.body);
  }

  async function visit(req: IncomingMessage, res: ServerResponse, to: PlainVisit): Promise<void> {
    const { locals, answer: answered } = visited(req, ipOf(req));
    (res as Told).locals = locals;
    nameRoute(res as never, to.path);
    try {
      await deps.held();
      if (admits(req, res, to.path) && (await answered(to, res))) return;
    } catch {
      // As above.
    }
    (res as Told).locals = {};
    longWay(req, res);
  }

  return (req, res) => {
    const { url = '', method, headers } = req;
    const at = url.indexOf('?');
    const to = at < 0 ? addresses.get(url) : visits.get(url.slice(0, at));
    const isOurs = to !== undefined && headers.host === host;
    if (!isOurs || ('method' in to ? to.method : 'GET') !== method) return longWay(req, res);
    if (lengthOf(req, 'form' in to ? to.form : undefined) === undefined) return longWay(req, res);
    if ('method' in to) return void answer(req, res, to);
    if (url.length <= LONGEST_VISIT && countParameters(url) <= MOST_PARAMETERS) return void visit(req, res, to);
    longWay(req, res);
  };
}
