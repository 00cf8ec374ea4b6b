import { Router } from 'express';
import { formFields, LONGEST_FORM } from '../../bodies.ts';
import { send, type WebDeps } from '../../context.ts';
import { SIGNED_OUT } from '../../house-sign-out.ts';
import type { Csrf } from '../../security.ts';
import { type ContactPagesNeeds, contactPages } from './contacts.ts';
import { type DevicePagesNeeds, devicePages } from './devices.ts';
import { type IssuePagesNeeds, issuePages } from './issue.ts';
import { type JudgeMethodsPagesNeeds, judgeMethodsPages } from './judge-methods.ts';
import { type LinkPagesNeeds, linkPages } from './links.ts';
import { type ManageMethodsPagesNeeds, manageMethodsPages } from './manage-methods.ts';
import { type NewPasswordPagesNeeds, newPasswordPages } from './new-password.ts';
import { type NotMePagesNeeds, notMePages } from './not-me.ts';
import { createOverview, type OverviewNeeds } from './overview.ts';
import { type AccountPartsNeeds, createAccountParts } from './parts.ts';
import { type PhonePagesNeeds, phonePages } from './phone.ts';
import { type QuestionPagesNeeds, questionPages } from './questions.ts';
import { type RenameMethodsPagesNeeds, renameMethodsPages } from './rename-methods.ts';
import { ownPath } from './session.ts';

export type AccountPagesNeeds = AccountPartsNeeds &
  OverviewNeeds &
  ContactPagesNeeds &
  DevicePagesNeeds &
  IssuePagesNeeds &
  JudgeMethodsPagesNeeds &
  LinkPagesNeeds &
  ManageMethodsPagesNeeds &
  NewPasswordPagesNeeds &
  NotMePagesNeeds &
  PhonePagesNeeds &
  QuestionPagesNeeds &
  RenameMethodsPagesNeeds &
  Pick<WebDeps, 'audit' | 'core' | 'endEverything'>;

/** `/account`: my methods, my remembered devices, my recent sign-ins. */
export function accountPages(deps: AccountPagesNeeds, csrf: Csrf): Router {
  const { core, audit, endEverything } = deps;
  const parts = createAccountParts(deps, csrf);
  const { member } = parts.membership;
  const { checked, about } = parts.forms;
  const overview = createOverview(deps, parts);

  const router = Router();
  router.use('/account', ...formFields(LONGEST_FORM));

  router.get('/account', async (req, res) => {
    const it = await member(req, res, 'sallyport-account');
    if (it) send(deps, res, 'account', await overview(req, res, it));
  });

  /** Where a sign-in for these pages comes back to. */
  router.get('/account/signed-in', (req, res) => {
    res.redirect(303, req.query.error === undefined ? ownPath(req.query.state) : '/');
  });

  manageMethodsPages(deps, router, parts);
  judgeMethodsPages(deps, router, parts);
  renameMethodsPages(deps, router, parts);
  linkPages(deps, router, parts);
  phonePages(deps, router, parts);
  issuePages(deps, router, parts);
  questionPages(deps, router, parts);
  contactPages(deps, router, parts);
  newPasswordPages(deps, router, parts);
  notMePages(deps, router, parts);
  devicePages(deps, router, parts);

  router.get('/account/sign-out-everywhere', async (req, res) => {
    const it = await member(req, res, 'sallyport-account');
    if (it === undefined) return;
    parts.confirm(res, it, '/account/sign-out-everywhere', 'sign-out-everywhere');
  });

  router.post('/account/sign-out-everywhere', async (req, res) => {
    const it = await member(req, res, 'sallyport-account', '/account');
    if (it === undefined) return;
    checked(req, it);
    await audit.commit({ event: 'sessions.revoked', by: 'owner', ...about(res, it) });
    // This browser's own session last: it can still be sent to those applications that no server reaches.
    await endEverything(it.account.id, async () => it.session);
    const { next } = await core.endSession(req, res, { next: SIGNED_OUT });
    res.redirect(303, next);
  });

  return router;
}
