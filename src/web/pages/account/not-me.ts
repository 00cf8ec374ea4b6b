import type { Request, Response, Router } from 'express';
import { SallyportError } from '../../../core/errors.ts';
import { type Rendering, send, type WebDeps } from '../../context.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';
import { createOwnSignIns, type OwnSignInsNeeds } from './sign-ins.ts';

export type NotMePagesNeeds = Rendering & OwnSignInsNeeds & Pick<WebDeps, 'core' | 'reports'>;

/** "This wasn't me": what will happen, the report, and what to do next. */
export function notMePages(deps: NotMePagesNeeds, router: Router, { membership, forms }: AccountParts): void {
  const { core, reports } = deps;
  const { member, holdsOwn } = membership;
  const { tokenOf, checked, about } = forms;
  const signIns = createOwnSignIns(deps);

  async function asked(req: Request, res: Response, it: Member) {
    const found = await signIns.find(it.account.id, req.params.id, res);
    if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such sign-in of this account');
    // A lent pass suspends nothing: who reports with one is asked to look through their methods, as everybody is.
    const suspending = found.row.outcome === 'success' && (await holdsOwn(res, it, 'sallyport-account'));
    return { ...found, suspending, late: reports.isLate(found.about) };
  }

  router.get('/account/sign-ins/:id/not-me', async (req, res) => {
    const it = await member(req, res, 'sallyport-account');
    if (it === undefined) return;
    const { row, about: reported, suspending, late } = await asked(req, res, it);
    const action = `/account/sign-ins/${encodeURIComponent(row.id)}/not-me`;
    const suspects = suspending && !late ? await reports.suspects(it.account.id, reported) : [];
    send(deps, res, 'not-me', {
      action,
      csrf: tokenOf(it),
      signIn: row,
      suspends: suspects.map(({ name }) => name),
      late,
      back: '/account',
    });
  });

  router.post('/account/sign-ins/:id/not-me', async (req, res) => {
    const it = await member(req, res, 'sallyport-account', '/account');
    if (it === undefined) return;
    checked(req, it);
    const { about: reported, suspending, late } = await asked(req, res, it);
    if (late) return res.redirect(303, req.path);
    const { account: _, ...facts } = about(res, it);
    const options = { keep: it.session, suspending };
    await reports.make(it.account.id, reported, { ...facts, by: 'owner' }, options);
    // This browser's own session last: it can still be sent to those applications that no server reaches.
    const { next } = await core.endSession(req, res, { next: '/account/reported' });
    res.redirect(303, next);
  });

  router.get('/account/reported', (_req, res) => send(deps, res, 'reported', { next: '/account?notice=after-report' }));
}
