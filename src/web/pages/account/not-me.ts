import type { Response, Router } from 'express';
import { SallyportError } from '../../../core/errors.ts';
import type { Reported } from '../../../core/reported.ts';
import { agentOf } from '../../agents.ts';
import { type ConnectionsNeeds, connectionsOf } from '../../connections.ts';
import { type Rendering, send, type WebDeps } from '../../context.ts';
import type { Pages } from '../../models.ts';
import { placeOf } from '../../places.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';
import { createOwnSignIns, type OwnSignInsNeeds } from './sign-ins.ts';

/** What people say wasn't them: as they are shown it, and as it is reported. */
interface Asked {
  row: Pages['not-me']['signIn'];
  about: Reported;
  connection?: 'ends' | 'stays';
}

export type NotMePagesNeeds = Rendering & OwnSignInsNeeds & ConnectionsNeeds & Pick<WebDeps, 'core' | 'reports'>;

/** "This wasn't me": what will happen, the report, and what to do next. */
export function notMePages(deps: NotMePagesNeeds, router: Router, { membership, forms }: AccountParts): void {
  const { core, reports } = deps;
  const { member, holdsOwn } = membership;
  const { tokenOf, checked, about } = forms;
  const signIns = createOwnSignIns(deps);

  async function signIn(it: Member, id: unknown, res: Response): Promise<Asked> {
    const found = await signIns.find(it.account.id, id, res);
    if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such sign-in of this account');
    return found;
  }

  /** A connection that goes on: somebody signed in to it, completely. */
  async function connection(it: Member, id: unknown, res: Response): Promise<Asked> {
    const found = (await connectionsOf(deps, it.account.id)).find((one) => one.id === id);
    if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such connection of this account');
    const { since: at, ip = '', of, application, endable } = found;
    const agent = agentOf('');
    const where = { address: ip, ...placeOf(deps, res, ip) };
    const row = {
      id: found.id,
      at,
      application,
      method: '',
      ...agent,
      ...where,
      outcome: 'success',
      reported: false,
    } as const;
    return { row, about: { what: 'sign-in', at, application: of, ip }, connection: endable ? 'ends' : 'stays' };
  }

  /** What would be suspended, and whether it can be reported at all. */
  async function standing(res: Response, it: Member, { row, about: reported }: Asked) {
    // A lent pass suspends nothing: who reports with one is asked to look through their methods, as everybody is.
    const suspending = row.outcome === 'success' && (await holdsOwn(res, it, 'sallyport-account'));
    return { suspending, late: reports.isLate(reported) };
  }

  for (const [what, find] of [
    ['sign-ins', signIn],
    ['connections', connection],
  ] as const) {
    router.get(`/account/${what}/:id/not-me`, async (req, res) => {
      const it = await member(req, res, 'sallyport-account');
      if (it === undefined) return;
      const found = await find(it, req.params.id, res);
      const { suspending, late } = await standing(res, it, found);
      const suspects = suspending && !late ? await reports.suspects(it.account.id, found.about) : [];
      send(deps, res, 'not-me', {
        action: `/account/${what}/${encodeURIComponent(found.row.id)}/not-me`,
        csrf: tokenOf(it),
        signIn: found.row,
        suspends: suspects.map(({ name }) => name),
        ...(found.connection && { connection: found.connection }),
        late,
        back: '/account',
      });
    });

    router.post(`/account/${what}/:id/not-me`, async (req, res) => {
      const it = await member(req, res, 'sallyport-account', '/account');
      if (it === undefined) return;
      checked(req, it);
      const found = await find(it, req.params.id, res);
      const { suspending, late } = await standing(res, it, found);
      if (late) return res.redirect(303, req.path);
      const { account: _, ...facts } = about(res, it);
      const options = { keep: it.session, suspending };
      await reports.make(it.account.id, found.about, { ...facts, by: 'owner' }, options);
      const stays = (await connectionsOf(deps, it.account.id)).length > 0;
      // This browser's own session last: it can still be sent to those applications that no server reaches.
      const { next } = await core.endSession(req, res, { next: `/account/reported${stays ? '?stays=1' : ''}` });
      res.redirect(303, next);
    });
  }

  router.get('/account/reported', (req, res) => {
    const stays = req.query.stays === undefined ? {} : { stays: true as const };
    send(deps, res, 'reported', { next: '/account?notice=after-report', ...stays });
  });
}
