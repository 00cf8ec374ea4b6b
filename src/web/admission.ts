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

/**
 * Bounds how many requests are answered at once. Whoever there is no room for is told at once to come again, before
 * anything is done for them. Streams aren't counted: they have bounds of their own.
 */
export function admission({ core, doors, overload, shed }: AdmissionNeeds): RequestHandler {
  const people: Open = { count: 0 };
  const programs: Open = { count: 0 };
  const isForPrograms = (path: string) => doors.some((door) => door.forPrograms?.(path));
  const hasRoom = ({ count }: Open, share: number) => count < overload.requests * share;

  function enter(open: Open, res: Response): boolean {
    open.count += 1;
    // While a session was looked up they may have gone.
    onceLeft(res, () => {
      open.count -= 1;
    });
    return true;
  }

  async function admit(req: Request, res: Response): Promise<boolean> {
    const { cookie } = req.headers;
    const share = BOND.test(cookie ?? '') ? SHARES.underway : SHARES.fresh;
    if (hasRoom(people, share)) return enter(people, res);
    if (cookie === undefined || !hasRoom(people, SHARES.known)) return false;
    // The cookie alone could be anybody's.
    const session = await core.session(req, res);
    return session !== undefined && hasRoom(people, SHARES.known) && enter(people, res);
  }

  return async (req, res, next) => {
    const forPrograms = isForPrograms(req.path);
    if (forPrograms ? hasRoom(programs, SHARES.programs) && enter(programs, res) : await admit(req, res)) return next();
    shed('request');
    const error = new OverloadedError('as many requests are being answered as may be', AGAIN);
    if (!forPrograms) throw error;
    res.status(503).set('retry-after', secondsToWait(error)).json({ error: 'temporarily_unavailable' });
  };
}
