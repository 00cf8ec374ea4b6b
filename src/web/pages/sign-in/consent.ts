import type { Request, Response } from 'express';
import type { Browser } from '../../../core/browser.ts';
import type { SignInRequest } from '../../../core/sign-in.ts';
import { answerOf } from '../../bodies.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import type { Csrf } from '../../security.ts';
import { addressOf } from './view.ts';

export type ConsentNeeds = Rendering & Pick<WebDeps, 'applications' | 'audit' | 'core' | 'evaluator'>;

/** The page that asks whether an application may have what it wants, and what is answered there. */
export function createConsent(deps: ConsentNeeds, csrf: Csrf) {
  const { applications, audit, core, evaluator } = deps;

  /** Whether whoever consents is still signed in as this application wants it: the page may have been open for long. */
  async function mayConsent(request: SignInRequest, browser: Browser): Promise<boolean> {
    const { satisfied } = await evaluator.evaluate({ ...request, browser });
    return satisfied;
  }

  return {
    show(res: Response, request: SignInRequest, account: { username: string; name: string }): void {
      const base = addressOf(request);
      const application = applications.get(request.application);
      const { scopes = [], claims = [], resources = {} } = request.consent ?? {};
      send(deps, res, 'consent', {
        action: base,
        csrf: csrf.token(base),
        application: application?.name ?? request.application,
        ...(application?.homepage ? { homepage: application.homepage } : {}),
        ...(application?.icon ? { icon: application.icon } : {}),
        account,
        scopes,
        claims,
        resources: Object.entries(resources).map(([indicator, list]) => ({ indicator, scopes: list })),
      });
    },

    async answer(req: Request, res: Response, request: SignInRequest): Promise<void> {
      const allowed = answerOf(req.body).consent === 'allow';
      const { account = '', application, consent: asked } = request;
      const { browser } = localsOf(res);
      if (allowed && !(await mayConsent(request, browser))) {
        return res.redirect(303, await core.finish(req, res, request.id, { kind: 'again' }));
      }
      const { ip, userAgent } = browser;
      const event = allowed ? 'consent.given' : 'consent.refused';
      const wanted = { scopes: asked?.scopes ?? [], claims: asked?.claims ?? [] };
      await audit.commit({ event, account, application, ip, userAgent, ...wanted });
      const outcome =
        allowed && asked
          ? ({ kind: 'consented', account, consent: asked } as const)
          : ({ kind: 'refused', error: 'access_denied', description: 'the person declined' } as const);
      res.redirect(303, await core.finish(req, res, request.id, outcome));
    },
  };
}
