import { type Response, Router } from 'express';
import { fromBrowser } from '../../accounts/context.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Awaited } from '../../sign-in/waiting.ts';
import { localsOf, type WebDeps } from '../context.ts';

/** What a page that waits is given: where it listens, where it asks, and what shows it anew without a script. */
export interface WaitingPage {
  events: string;
  state: string;
  page: string;
}

/** Addresses of a page that waits, for `step` of a sign-in. */
export function waitingAt(base: string, page: string, step?: string): WaitingPage {
  const query = step === undefined ? '' : `?${new URLSearchParams({ step })}`;
  return { events: `${base}/events${query}`, state: `${base}/state${query}`, page };
}

export type WaitingRoutesNeeds = Pick<WebDeps, 'bonds' | 'core' | 'now' | 'reset' | 'streams' | 'waiting'>;

/** `…/events` and `…/state`, for sign-ins, forgotten passwords and methods being set up. They only say that there is something to ask for. */
export function waitingRoutes(deps: WaitingRoutesNeeds): Router {
  const { bonds, core, reset, streams, waiting } = deps;

  async function events(res: Response, awaited: Awaited | undefined): Promise<void> {
    if (awaited === undefined) {
      // Another step by now: the page asks for it at once.
      res.set('content-type', 'text/event-stream').end('event: changed\ndata: 1\n\n');
      return;
    }
    const { address = '' } = fromBrowser(localsOf(res).browser);
    // Not 200: the browser gives up, and the page asks now and then instead.
    if (!(await streams.begin(res, awaited, address))) res.status(429).type('text').send('too many streams');
  }

  async function state(res: Response, awaited: Awaited | undefined): Promise<void> {
    const [changed = true] = awaited ? await waiting.changed([awaited.topic]) : [];
    res.json({ changed, over: awaited !== undefined && deps.now() >= awaited.expires });
  }

  const router = Router();
  for (const [name, answer] of [
    ['events', events],
    ['state', state],
  ] as const) {
    router.get(`/sign-in/:id/${name}`, async (req, res) => {
      const request = await core.request(req, res, String(req.params.id));
      await answer(res, await waiting.ofSignIn(request, String(req.query.step ?? '')));
    });
    router.get(`/reset/:id/${name}`, async (req, res) => {
      const id = String(req.params.id);
      const isBound = (bond: string) => bonds.hold(req, 'reset', id, bond);
      await answer(res, await reset.waiting.awaited(id, isBound, String(req.query.step ?? '')));
    });
    router.get(`/account/methods/add/:factor/${name}`, async (req, res) => {
      const session = await core.session(req, res);
      if (session === undefined) throw new SallyportError('ERR_NOT_FOUND', 'nobody is signed in');
      await answer(res, await waiting.ofEnrolment(session.session, String(req.params.factor)));
    });
  }
  return router;
}
