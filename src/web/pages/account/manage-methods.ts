import type { Request, Response, Router } from 'express';
import type { WebDeps } from '../../context.ts';
import { methodPath } from './method-list.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';
import type { Place } from './set-up.ts';

export type ManageMethodsPagesNeeds = Pick<WebDeps, 'audit' | 'preferences'>;

/** `/account/methods/…`: methods are added, and one of them is chosen to be asked for first. */
export function manageMethodsPages(
  { audit, preferences }: ManageMethodsPagesNeeds,
  router: Router,
  { membership, forms, methods, setUp, confirm }: AccountParts,
): void {
  const { member, owner } = membership;
  const { checked, about } = forms;
  const { found } = methods;

  const adding = (req: Request): Place => ({
    factor: String(req.params.factor),
    action: `/account/methods/add/${encodeURIComponent(String(req.params.factor))}`,
    application: 'sallyport-account',
    leave: { href: '/account', label: { key: 'action.cancel' } },
  });

  router.get('/account/methods/add/:factor', async (req, res) => {
    const it = await member(req, res, 'sallyport-security');
    if (it === undefined || (await setUp.show(req, res, it, adding(req)))) return;
    res.redirect(303, '/account?notice=too-many-methods');
  });

  router.post('/account/methods/add/:factor', async (req, res) => {
    const it = await member(req, res, 'sallyport-security');
    if (it === undefined) return;
    checked(req, it);
    const result = await setUp.answer(req, res, it, adding(req));
    if ('again' in result) return res.redirect(303, result.again);
    res.redirect(303, `/account?notice=method-${'added' in result ? 'added' : 'renewed'}`);
  });

  router.get('/account/methods/:id/default', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security');
    if (it === undefined) return;
    const { credential } = await found(it, req.params.id);
    confirm(res, it, methodPath(credential.id, 'default'), 'default-method', { name: credential.name }, false);
  });

  async function prefer(res: Response, it: Member, id: unknown): Promise<'default' | 'not' | 'again'> {
    const { credential, choosable } = await found(it, id);
    if (!choosable) return 'not';
    const { id: credentialId, factor } = credential;
    await audit.commit({ event: 'credential.default-changed', credential: credentialId, factor, ...about(res, it) });
    return (await preferences.choose(it.account.id, credentialId)) ? 'default' : 'again';
  }

  router.post('/account/methods/:id/default', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security', req.path);
    if (it === undefined) return;
    checked(req, it);
    const outcomes = { busy: 'again', lost: 'again' } as const;
    const done = await methods.change<'default' | 'not' | 'again'>(res, it, outcomes, () =>
      prefer(res, it, req.params.id),
    );
    if (done === 'again') return res.redirect(303, req.path);
    res.redirect(303, done === 'default' ? '/account?notice=method-default' : '/account');
  });
}
