import type { Request, Response, Router } from 'express';
import { isUpstream } from '../../../core/said.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import { methodPath, type OwnMethod } from './method-list.ts';
import type { MethodChange } from './methods.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';

/** So little that nothing counts but what is shown in the very request that asks. */
const JUST_NOW = 1_000;

export type JudgeMethodsPagesNeeds = Rendering & Pick<WebDeps, 'core' | 'i18n'>;

/** `/account/methods/…`: methods are removed, and confirmed where a report suspended them. */
export function judgeMethodsPages(
  deps: JudgeMethodsPagesNeeds,
  router: Router,
  { membership, forms, methods, confirm }: AccountParts,
): void {
  const { core, i18n } = deps;
  const { owner } = membership;
  const { checked } = forms;
  const { found } = methods;

  /** Which methods are older, and the way to show one; the help desk where there is none. */
  async function askElder(res: Response, it: Member, method: OwnMethod, action: string): Promise<void> {
    const { id, name } = method.credential;
    const { elders } = await methods.judges(res, it, method);
    send(deps, res, 'account-elder', {
      name,
      elders: elders.map(({ factor, name: theirs }) => ({ factor, name: theirs })),
      ...(elders.length > 0 ? { show: methodPath(id, `elder/${action}`) } : {}),
      back: '/account',
    });
  }

  /** Asks for a second step once more, so that an older one can be chosen. */
  router.get('/account/methods/:id/elder/:action', async (req, res) => {
    const it = await owner(req, res, 'sallyport-account');
    if (it === undefined) return;
    const { credential } = await found(it, req.params.id);
    const action = req.params.action === 'remove' ? 'remove' : 'confirm';
    const wants = { acrValues: [], acrEssential: false, reauthenticate: true, maxAge: JUST_NOW };
    res.redirect(303, core.begin('sallyport-security', { returnTo: methodPath(credential.id, action), wants }));
  });

  /** What was set up is asked for once, as a sign-in asks for it: so its owner has seen it work. */
  router.get('/account/try', async (req, res) => {
    if ((await owner(req, res, 'sallyport-account')) === undefined) return;
    const wants = { acrValues: [], acrEssential: false, reauthenticate: true, maxAge: JUST_NOW };
    res.redirect(303, core.begin('sallyport-security', { returnTo: '/account?notice=tried', wants }));
  });

  function after(req: Request, res: Response, done: MethodChange): void {
    // What is missing is asked for by the page that was shown before.
    const missing = done === 'lost' || done === 'elder';
    res.redirect(303, missing ? req.path : `/account?notice=method-${done}`);
  }

  router.get('/account/methods/:id/remove', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security');
    if (it === undefined) return;
    const method = await found(it, req.params.id);
    if (!(await methods.mayJudge(res, it, method))) return askElder(res, it, method, 'remove');
    const { id, name } = method.credential;
    if (!isUpstream(method.credential)) return confirm(res, it, methodPath(id, 'remove'), 'remove-method', { name });
    const house = i18n.text(localsOf(res).locale, { key: 'method' }, method.credential.factor);
    confirm(res, it, methodPath(id, 'remove'), 'remove-link', { name: house });
  });

  router.post('/account/methods/:id/remove', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security', '/account');
    if (it === undefined) return;
    checked(req, it);
    after(req, res, await methods.remove(res, it, req.params.id));
  });

  router.get('/account/methods/:id/confirm', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security');
    if (it === undefined) return;
    const method = await found(it, req.params.id);
    if (method.suspended !== 'reported') return res.redirect(303, '/account');
    if (!(await methods.mayJudge(res, it, method))) return askElder(res, it, method, 'confirm');
    const { id, name } = method.credential;
    confirm(res, it, methodPath(id, 'confirm'), 'confirm-method', { name }, false);
  });

  router.post('/account/methods/:id/confirm', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security', '/account');
    if (it === undefined) return;
    checked(req, it);
    after(req, res, await methods.confirm(res, it, req.params.id));
  });
}
