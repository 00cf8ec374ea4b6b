import { type Request, type Response, Router } from 'express';
import type { LocalizedText } from '../../../core/account.ts';
import { ENROLMENT } from '../../../core/application.ts';
import type { Browser } from '../../../core/browser.ts';
import type { Message } from '../../../core/prompt.ts';
import type { SignInRequest } from '../../../core/sign-in.ts';
import type { Step } from '../../../sign-in/steps.ts';
import { answerOf, formFields, LONGEST_FORM } from '../../bodies.ts';
import { localsOf, send, spanOf, type WebDeps } from '../../context.ts';
import { type Csrf, setPolicy } from '../../security.ts';
import { waitingAt } from '../waiting.ts';

/** Who can't help themselves is told who can. */
function adviceOn({ key }: Message): { advice: Message; contact?: true; pass?: true } {
  if (key === 'enrolment-needs-pass') return { advice: { key: 'enrol.pass' }, contact: true, pass: true };
  if (key.startsWith('stopped.')) return { advice: { key: 'stopped.advice' }, contact: true };
  return key.startsWith('held.')
    ? { advice: { key: 'held.advice' }, contact: true }
    : { advice: { key: 'ask-help-desk' } };
}

/** `/sign-in/<id>`: the journey's steps as pages. The id opens nothing without the cookie of its path. */
export function signInPages(deps: WebDeps, csrf: Csrf): Router {
  const { accounts, core, evaluator, journey, portal, waiting } = deps;

  /** The request behind the address, with the session of a tab that was faster. */
  async function requestOf(req: Request, res: Response): Promise<SignInRequest> {
    const request = await core.request(req, res, String(req.params.id));
    const session = request.account ? undefined : await core.session(req, res);
    const locals = localsOf(res);
    const known = request.account ?? session?.account;
    const chosen = known === undefined ? undefined : (await accounts.byId(known))?.locale;
    locals.locale = locals.speak({ uiLocales: request.uiLocales, ...(chosen ? { account: chosen } : {}) });
    if (request.redirectScheme) setPolicy(res, [request.redirectScheme]);
    return session ? { ...request, ...session } : request;
  }

  const nameOf = (id: string) => deps.applications.get(id)?.name ?? id;

  /** What the application calls itself, where that isn't what everybody calls it. */
  function asksAs(application: LocalizedText, requester: string | undefined): { requester?: string } {
    const known = typeof application === 'string' ? [application] : Object.values(application);
    return requester === undefined || known.includes(requester) ? {} : { requester };
  }

  /** Of a newcomer's walk this is the first step. */
  const walkOf = ({ application }: SignInRequest) =>
    application === ENROLMENT ? { progress: { step: 1, of: portal.steps } } : {};

  function choicesOf(
    { application }: SignInRequest,
    { factors, account }: Extract<Step, { kind: 'choose-enrolment' }>,
  ) {
    if (application !== ENROLMENT || account === undefined) return factors.map((value) => ({ value }));
    return portal.choices(account, factors);
  }

  /** `instead`: on the page for those who can't do what the step asks for. */
  async function show(req: Request, res: Response, request: SignInRequest, step: Step, instead = false): Promise<void> {
    const base = `/sign-in/${encodeURIComponent(request.id)}`;
    const application = nameOf(request.application);
    const locals = localsOf(res);
    // Known since the password: what the person chose in another browser holds here too.
    const chosen = step.account?.locale;
    if (chosen) locals.locale = locals.speak({ uiLocales: request.uiLocales, account: chosen });
    const { locale } = locals;
    const account = step.account && { username: step.account.username, name: step.account.name };
    const error = step.error && { error: step.error };
    const asks = { application, ...asksAs(application, request.requester) };
    const common = { action: base, csrf: csrf.token(base, step.nonce), ...asks };
    const person = account ?? { username: '', name: '' };
    locals.path = instead ? `${base}/methods` : base;

    switch (step.kind) {
      case 'done':
        return res.redirect(303, await core.finish(req, res, request.id, step.outcome));
      case 'prompt': {
        const { factor, prompt, purpose } = step;
        const walk = purpose === 'enrol' ? walkOf(request) : {};
        const why = { key: step.why, values: { application: deps.i18n.localized(locale, application) } };
        return send(deps, res, 'prompt', {
          ...common,
          factor,
          prompt,
          purpose,
          ...walk,
          // The line above the heading says that already, or the walk that it is a step of.
          ...(step.why === 'why.first' || 'progress' in walk ? {} : { why }),
          ...(account ? { account, switchAccount: `${base}/switch` } : {}),
          ...error,
          ...(step.optional ? { optional: true } : {}),
          ...(step.also.length > 0 ? { also: step.also } : {}),
          ...('waits' in prompt && req.query.still === undefined ? { waiting: waitingAt(base, base, step.nonce) } : {}),
          ...(step.second ? { cannot: `${base}/methods` } : {}),
          ...(step.optional ? {} : { cancel: `${base}/cancel` }),
        });
      }
      case 'choose': {
        const methods = step.methods.map(({ factor, ...rest }) => ({ value: factor, factor, ...rest }));
        return send(deps, res, 'choose-method', {
          ...common,
          account: person,
          methods,
          lends: step.lends,
          ...error,
          back: base,
          cancel: `${base}/cancel`,
        });
      }
      case 'choose-enrolment': {
        const factors = choicesOf(request, step);
        return send(deps, res, 'choose-enrolment', {
          ...common,
          account: person,
          factors,
          ...walkOf(request),
          ...(step.optional ? { optional: true } : { cancel: `${base}/cancel` }),
          ...(instead ? { lends: step.lends, back: base } : {}),
          ...(instead || step.optional ? {} : { cannot: `${base}/methods` }),
        });
      }
      case 'select-account':
        return send(deps, res, 'select-account', {
          ...common,
          account: person,
          ...error,
          cancel: `${base}/cancel`,
        });
      case 'lost':
        return send(deps, res, 'lost', { ...common, account: person });
      case 'suggest':
        return send(deps, res, 'suggest', { ...common, account: person, factor: step.factor });
      case 'new-password':
        return send(deps, res, 'new-password', {
          action: base,
          csrf: common.csrf,
          application,
          account: person,
          minimum: step.minimum,
          current: false,
          why: { key: 'new-password.why.held' },
          ...error,
          cancel: `${base}/cancel`,
        });
      case 'remember':
        return send(deps, res, 'remember', { ...common, account: person, window: spanOf(step.window) });
      case 'refused':
        return send(
          deps,
          res,
          'refused',
          {
            ...asks,
            message: { ...step.message, values: { application: deps.i18n.localized(locale, application) } },
            ...adviceOn(step.message),
            ...error,
            // From there the way would lead back here.
            ...(step.setUp && !deps.applications.get(request.application)?.internal ? { setUp: '/account' } : {}),
            action: `${base}/cancel`,
            csrf: common.csrf,
            ...(account ? { switchAccount: `${base}/switch` } : {}),
          },
          403,
        );
    }
  }

  /**
   * After an answer the browser asks for the page anew: Back and Reload then never send the answer again,
   * which Chromium would refuse with a page of its own.
   */
  async function proceed(req: Request, res: Response, request: SignInRequest, step: Step): Promise<void> {
    if (step.kind === 'done') return show(req, res, request, step);
    res.redirect(303, `/sign-in/${encodeURIComponent(request.id)}`);
  }

  function showConsent(res: Response, request: SignInRequest, account: { username: string; name: string }): void {
    const base = `/sign-in/${encodeURIComponent(request.id)}`;
    const application = deps.applications.get(request.application);
    const { scopes = [], claims = [], resources = {} } = request.consent ?? {};
    send(deps, res, 'consent', {
      action: base,
      csrf: csrf.token(base),
      application: nameOf(request.application),
      ...(application?.homepage ? { homepage: application.homepage } : {}),
      account,
      scopes,
      claims,
      resources: Object.entries(resources).map(([indicator, list]) => ({ indicator, scopes: list })),
    });
  }

  /** Whether whoever consents is still signed in as this application wants it: the page may have been open for long. */
  async function mayConsent(request: SignInRequest, browser: Browser): Promise<boolean> {
    const { satisfied } = await evaluator.evaluate({ ...request, browser });
    return satisfied;
  }

  async function consent(req: Request, res: Response, request: SignInRequest): Promise<void> {
    const allowed = answerOf(req.body).consent === 'allow';
    const { account = '', application, consent: asked } = request;
    const { browser } = localsOf(res);
    if (allowed && !(await mayConsent(request, browser))) {
      return res.redirect(303, await core.finish(req, res, request.id, { kind: 'again' }));
    }
    const { ip, userAgent } = browser;
    const event = allowed ? 'consent.given' : 'consent.refused';
    await deps.audit.commit({
      event,
      account,
      application,
      ip,
      userAgent,
      scopes: asked?.scopes ?? [],
      claims: asked?.claims ?? [],
    });
    const outcome =
      allowed && asked
        ? ({ kind: 'consented', account, consent: asked } as const)
        : ({ kind: 'refused', error: 'access_denied', description: 'the person declined' } as const);
    res.redirect(303, await core.finish(req, res, request.id, outcome));
  }

  const router = Router();
  const path = '/sign-in/:id';
  router.use('/sign-in', ...formFields(LONGEST_FORM));

  router.get(path, async (req, res) => {
    const request = await requestOf(req, res);
    const account = request.consent && request.account ? await accounts.usable(request.account) : undefined;
    if (account) return showConsent(res, request, account);
    await show(req, res, request, await look(request, localsOf(res).browser));
  });

  /** Where it stands. Without a script, this is where an answer that came from elsewhere is noticed. */
  async function look(request: SignInRequest, browser: Browser): Promise<Step> {
    const step = await journey.show(request, browser);
    if (step.kind !== 'prompt' || !('waits' in step.prompt)) return step;
    const awaited = await waiting.ofSignIn(request, step.nonce);
    if (awaited === undefined) return step;
    const [changed] = await waiting.changed([awaited.topic]);
    return changed || deps.now() >= awaited.expires ? journey.answer(request, browser, {}, step.nonce) : step;
  }

  router.post(path, async (req, res) => {
    const request = await requestOf(req, res);
    const nonce = csrf.check(req, `/sign-in/${encodeURIComponent(request.id)}`);
    if (request.consent) return consent(req, res, request);
    await proceed(req, res, request, await journey.answer(request, localsOf(res).browser, answerOf(req.body), nonce));
  });

  router.get(`${path}/methods`, async (req, res) => {
    const request = await requestOf(req, res);
    const step = await journey.instead(request, localsOf(res).browser);
    // It has gone on since, as by an answer on the phone.
    if (step.kind !== 'choose' && step.kind !== 'choose-enrolment') return proceed(req, res, request, step);
    await show(req, res, request, step, true);
  });

  router.post(`${path}/switch`, async (req, res) => {
    const request = await requestOf(req, res);
    csrf.check(req, `/sign-in/${encodeURIComponent(request.id)}`);
    await proceed(req, res, request, await journey.switchAccount(request, localsOf(res).browser));
  });

  router.post(`${path}/cancel`, async (req, res) => {
    const request = await requestOf(req, res);
    csrf.check(req, `/sign-in/${encodeURIComponent(request.id)}`);
    const step = await journey.show(request, localsOf(res).browser);
    const cancelled = { kind: 'refused', error: 'access_denied', description: 'the person cancelled' } as const;
    const outcome = step.kind === 'refused' ? step.outcome : cancelled;
    res.redirect(303, await core.finish(req, res, request.id, outcome));
  });

  return router;
}
