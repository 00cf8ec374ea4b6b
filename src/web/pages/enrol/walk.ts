import type { Request, Response } from 'express';
import { ENROLMENT } from '../../../core/application.ts';
import type { Standing } from '../../../methods/portal.ts';
import type { WebDeps } from '../../context.ts';
import type { Member, Membership } from '../account/session.ts';
import type { Place } from '../account/set-up.ts';

export const HOME = '/enrol';
export const DONE = `${HOME}/done`;

export type EnrolWalkNeeds = Pick<WebDeps, 'portal'>;

/** Where a newcomer stands: how far they have come, and what comes next. */
export function createEnrolWalk({ portal }: EnrolWalkNeeds, { member }: Membership) {
  const stepOf = ({ own }: Standing) => ({ step: Math.min(own.length + 1, portal.steps), of: portal.steps });

  /** Where the browser goes for what is set up there, or back to the choice; what is left for later isn't lost. */
  function placeOf({ account }: Member, standing: Standing, factor: string): Place {
    const others = standing.next.length > 1;
    return {
      factor,
      action: `${HOME}/set-up/${encodeURIComponent(factor)}`,
      application: ENROLMENT,
      right: async () => (await portal.standing(account)).next.includes(factor),
      progress: stepOf(standing),
      leave: others
        ? { href: HOME, label: { key: 'action.other-enrolments' } }
        : { href: DONE, label: { key: 'enrol.later' } },
    };
  }

  /** The member, and the factor of the address if it is one that comes next; otherwise the browser was sent elsewhere. */
  async function choosing(req: Request, res: Response, factor: string) {
    const it = await member(req, res, ENROLMENT, HOME);
    if (it === undefined) return undefined;
    const standing = await portal.standing(it.account);
    if (standing.next.includes(factor)) return { it, standing };
    res.redirect(303, HOME);
    return undefined;
  }

  return { stepOf, placeOf, choosing };
}
