import { type Request, type Response, Router } from 'express';
import type { SignInRequest } from '../../../core/sign-in.ts';
import type { Step } from '../../../sign-in/steps.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import { leadsTo, linkTo } from './houses.ts';
import { addressOf, type ViewOf } from './view.ts';

/** Houses on one page, and letters that are looked for. */
const PAGE = 20;
const LONGEST = 100;

export type ChooserNeeds = Rendering & Pick<WebDeps, 'houseChoice' | 'journey'>;

interface Ways {
  requestOf(req: Request, res: Response): Promise<SignInRequest>;
  proceed(req: Request, res: Response, request: SignInRequest, step: Step): Promise<void>;
  viewOf: ViewOf;
}

/** `/sign-in/<id>/houses`: whose person somebody is, by a search that needs no script. A page is small however many there are. */
export function chooser(deps: ChooserNeeds, { requestOf, proceed, viewOf }: Ways): Router {
  const router = Router();
  router.get('/sign-in/:id/houses', async (req, res) => {
    const request = await requestOf(req, res);
    const step = await deps.journey.show(request, localsOf(res).browser);
    if (leadsTo(step).length === 0) return proceed(req, res, request, step);
    const base = addressOf(request);
    const { locale } = localsOf(res);
    const query = typeof req.query.q === 'string' ? req.query.q.slice(0, LONGEST) : '';
    const from = Math.min(Math.max(0, Math.trunc(Number(req.query.from)) || 0), 100_000);
    const pageAt = (at: number) =>
      `${base}/houses?${new URLSearchParams({ ...(query && { q: query }), from: String(at) })}`;
    const { houses, total } = await deps.houseChoice.search(request.application, query, { locale, from, most: PAGE });
    localsOf(res).path = pageAt(from);
    const { asks } = viewOf(request, step, { locale, instead: false, still: false });
    send(deps, res, 'houses', {
      ...asks,
      ...{ action: `${base}/houses`, query, total, first: from + 1, back: base },
      houses: houses.map((one) => linkTo(base, step.nonce, one)),
      ...(from > 0 && { previous: pageAt(Math.max(0, from - PAGE)) }),
      ...(from + PAGE < total && { next: pageAt(from + PAGE) }),
    });
  });
  return router;
}
