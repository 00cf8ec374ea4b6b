import { type Request, type Response, Router } from 'express';
import type { SignInRequest } from '../../../core/sign-in.ts';
import type { Step } from '../../../sign-in/steps.ts';
import { answerOf, formFields, LONGEST_FORM } from '../../bodies.ts';
import { localsOf, send, type WebDeps } from '../../context.ts';
import { type Csrf, setPolicy } from '../../security.ts';
import { type ChooserNeeds, chooser } from './chooser.ts';
import { type ConsentNeeds, createConsent } from './consent.ts';
import { type DeparturesNeeds, departures } from './departures.ts';
import { createHouses, type HousesNeeds } from './houses.ts';
import { pageOf } from './steps.ts';
import { addressOf, createView, type ViewNeeds } from './view.ts';

export type SignInPagesNeeds = ConsentNeeds &
  ViewNeeds &
  ChooserNeeds &
  HousesNeeds &
  DeparturesNeeds &
  Pick<WebDeps, 'accounts' | 'core' | 'journey'>;

/** `/sign-in/<id>`: the journey's steps as pages. The id opens nothing without the cookie of its path. */
export function signInPages(deps: SignInPagesNeeds, csrf: Csrf): Router {
  const { accounts, core, evaluator, journey } = deps;
  const consent = createConsent(deps, csrf);
  const viewOf = createView(deps, csrf);
  const houses = createHouses(deps);

  /** The request behind the address, with the session of a tab that was faster. */
  async function requestOf(req: Request, res: Response, id = String(req.params.id)): Promise<SignInRequest> {
    journey.ahead(id, localsOf(res).browser);
    const request = await core.request(req, res, id);
    const session = request.account ? undefined : await core.session(req, res);
    const locals = localsOf(res);
    const known = request.account ?? session?.account;
    const chosen = known === undefined ? undefined : (await accounts.byId(known))?.locale;
    locals.locale = locals.speak({ uiLocales: request.uiLocales, ...(chosen ? { account: chosen } : {}) });
    if (request.redirectScheme) setPolicy(res, [request.redirectScheme]);
    return session ? { ...request, ...session } : request;
  }

  /** `instead`: on the page for those who can't do what the step asks for. */
  async function show(req: Request, res: Response, request: SignInRequest, step: Step, instead = false): Promise<void> {
    const locals = localsOf(res);
    // Known since the password: what the person chose in another browser holds here too.
    const chosen = step.account?.locale;
    if (chosen) locals.locale = locals.speak({ uiLocales: request.uiLocales, account: chosen });
    if (step.kind === 'done') return res.redirect(303, await core.finish(req, res, request.id, step.outcome));
    const base = addressOf(request);
    locals.path = instead ? `${base}/methods` : base;
    const still = req.query.still !== undefined;
    const shown = await houses.shownOn(req, res, request, step);
    const asked = { locale: locals.locale, instead, still, ...(shown && { houses: shown }) };
    const [page, model, status] = pageOf(viewOf(request, step, asked), step);
    send(deps, res, page, model, status);
  }

  /**
   * After an answer the browser asks for the page anew: Back and Reload then never send the answer again,
   * which Chromium would refuse with a page of its own.
   */
  async function proceed(req: Request, res: Response, request: SignInRequest, step: Step): Promise<void> {
    if (step.kind === 'done') return show(req, res, request, step);
    res.redirect(303, addressOf(request));
  }

  const router = Router();
  const path = '/sign-in/:id';
  router.use('/sign-in', ...formFields(LONGEST_FORM));

  router.get(path, async (req, res) => {
    const request = await requestOf(req, res);
    const present = request.consent && request.account ? await evaluator.present(request.account) : undefined;
    if (present) return consent.show(res, request, present.account);
    const led = request.consent ? undefined : await journey.follow(request, localsOf(res).browser);
    if (led) {
      const { nonce, source, house } = led;
      const query = new URLSearchParams({ step: nonce, to: source, ...(house && { house }) });
      return res.redirect(303, `${addressOf(request)}/leave?${query}`);
    }
    await show(req, res, request, await journey.look(request, localsOf(res).browser));
  });

  router.post(path, async (req, res) => {
    const request = await requestOf(req, res);
    const nonce = csrf.check(req, addressOf(request));
    if (request.consent) return consent.answer(req, res, request);
    await proceed(req, res, request, await journey.answer(request, localsOf(res).browser, answerOf(req.body), nonce));
  });

  router.use(departures(deps, { requestOf, proceed, last: houses.last }));
  router.use(chooser(deps, { requestOf, proceed, viewOf }));

  router.get(`${path}/methods`, async (req, res) => {
    const request = await requestOf(req, res);
    const step = await journey.instead(request, localsOf(res).browser);
    // It has gone on since, as by an answer on the phone.
    if (step.kind !== 'choose' && step.kind !== 'choose-enrolment') return proceed(req, res, request, step);
    await show(req, res, request, step, true);
  });

  router.post(`${path}/switch`, async (req, res) => {
    const request = await requestOf(req, res);
    csrf.check(req, addressOf(request));
    await proceed(req, res, request, await journey.switchAccount(request, localsOf(res).browser));
  });

  router.post(`${path}/cancel`, async (req, res) => {
    const request = await requestOf(req, res);
    csrf.check(req, addressOf(request));
    const step = await journey.show(request, localsOf(res).browser);
    const cancelled = { kind: 'refused', error: 'access_denied', description: 'the person cancelled' } as const;
    const outcome = step.kind === 'refused' ? step.outcome : cancelled;
    res.redirect(303, await core.finish(req, res, request.id, outcome));
  });

  return router;
}
