import { Router } from 'express';
import { formFields, LONGEST_FORM } from '../../bodies.ts';
import type { Csrf } from '../../security.ts';
import { type ActionPagesNeeds, actionPages } from './action-pages.ts';
import { type PeoplePagesNeeds, peoplePages } from './people.ts';
import { createDeskSession, type DeskSessionNeeds, deskPath } from './session.ts';

export type HelpDeskPagesNeeds = DeskSessionNeeds & PeoplePagesNeeds & ActionPagesNeeds;

/** `/helpdesk`: finding people, and helping them. Without a help desk in the configuration there is none of it. */
export function helpDeskPages(deps: HelpDeskPagesNeeds, csrf: Csrf): Router {
  const router = Router();
  const { settings } = deps.helpDesk;
  if (settings === undefined) return router;
  const session = createDeskSession(deps);
  router.use('/helpdesk', ...formFields(LONGEST_FORM));

  /** Where a sign-in for these pages comes back to. */
  router.get('/helpdesk/signed-in', (req, res) => {
    res.redirect(303, req.query.error === undefined ? deskPath(req.query.state) : '/');
  });

  peoplePages(deps, router, session);
  actionPages(deps, csrf, router, { ...session, checklist: settings.checklist });
  return router;
}
