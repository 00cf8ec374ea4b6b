import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { OverloadedError, secondsToWait } from '../core/errors.ts';
import type { WebDeps } from './context.ts';
import { onceLeft } from './left.ts';

/** When whoever is refused is to come again, milliseconds. */
const AGAIN = 5_000;

/**
 * How much of the room there is for each. Programs have a part of their own. Of the people's part what is new is refused
 * first, and then what seems to be under way, which anybody can pretend; the last is for those whose session was found.
 */
const SHARES = { fresh: 0.4, underway: 0.6, known: 0.75, programs: 0.25 };

/** A bond of ours: of a sign-in, or of whatever else has been begun in this browser. */
const BOND = /(?:^|[;\s])(?:__Host-)?sallyport\.[a-z-]+\./;

export type AdmissionNeeds = Pick<WebDeps, 'core' | 'doors' | 'overload' | 'shed'>;

/** Requests that are being answered, of people or of programs. */
interface Open {
  count: number;
}

export interface Admission {
  handler: RequestHandler;
  /** Lets a request in for which there is room without asking anybody; all else is for the handler, which then knows it. */
  admits(req: IncomingMessage, res: ServerResponse, path: string): boolean;
  /** Whether programs ask there, not people. */
  isForPrograms(path: string): boolean;
}

/**
 * Bounds how many requests are answered at once. Whoever there is no room for is told at once to come again, before
 * anything is done for them. Streams aren't counted: they have bounds of their own.
 */
export function admission({ core, doors, overload, shed }: AdmissionNeeds): Admission {
  const people: Open = { count: 0 };
  const programs: Open = { count: 0 };
  const isForPrograms = (path: string) => doors.some((door) => door.forPrograms?.(path) === true);
  const hasRoom = ({ count }: Open, share: number) => count < overload.requests * share;

  const inside = new WeakSet<ServerResponse>();

  function enter(open: Open, res: ServerResponse): boolean {
    inside.add(res);
    open.count += 1;
    // While a session was looked up they may have gone.
    onceLeft(res, () => {
      open.count -= 1;
    });
    return true;
  }

  function admitsAtOnce({ headers: { cookie = '' } }: IncomingMessage, res: ServerResponse): boolean {
    const share = BOND.test(cookie) ? SHARES.underway : SHARES.fresh;
    return hasRoom(people, share) && enter(people, res);
  }

  const admitsProgram = (res: ServerResponse) => hasRoom(programs, SHARES.programs) && enter(programs, res);

  async function admit(req: Request, res: Response): Promise<boolean> {
    const { cookie } = req.headers;
    if (admitsAtOnce(req, res)) return true;
    if (cookie === undefined || !hasRoom(people, SHARES.known)) return false;
    // The cookie alone could be anybody's.
    const session = await core.session(req, res);
    return session !== undefined && hasRoom(people, SHARES.known) && enter(people, res);
  }

  const handler: RequestHandler = async (req, res, next) => {
    if (inside.has(res)) return next();
    const forPrograms = isForPrograms(req.path);
    if (forPrograms ? admitsProgram(res) : await admit(req, res)) return next();
    shed('request');
    const error = new OverloadedError('as many requests are being answered as may be', AGAIN);
    if (!forPrograms) throw error;
    res.status(503).set('retry-after', secondsToWait(error)).json({ error: 'temporarily_unavailable' });
  };
  return {
    handler,
    isForPrograms,
    admits: (req, res, path) => (isForPrograms(path) ? admitsProgram(res) : admitsAtOnce(req, res)),
  };
}
