import { createHash } from 'node:crypto';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { fromBrowser } from '../accounts/context.ts';
import { upstreamOf } from '../core/said.ts';
import type { EndedThere, Redirects } from '../core/upstream.ts';
import { createLimits } from '../lockout/limits.ts';
import { answerOf, formFields, LONGEST_FORM } from './bodies.ts';
import { localsOf, type WebDeps } from './context.ts';

const PER_MINUTE = 600;
const MINUTE = 60_000;
/** How long a message is known, so that a copy ends nothing, milliseconds: longer than one is believed. */
const KNOWN = 15 * MINUTE;

/** Nothing was left to end. */
const ALL_WELL = { reached: true };

/** A house that people come from. */
export interface House {
  directory: string;
  redirects: Redirects;
}

export type UpstreamLogoutNeeds = Pick<
  WebDeps,
  'accounts' | 'audit' | 'core' | 'ephemeral' | 'evidence' | 'upstreams' | 'log' | 'now'
>;

/** What came of a session at a house ends here, and the applications are told; once for each message. */
export function endThere({
  accounts,
  audit,
  core,
  ephemeral,
  evidence,
}: Omit<UpstreamLogoutNeeds, 'upstreams' | 'log'>) {
  /** Sessions of the account that rest on what this house said: in that session of its own, where it says which. */
  async function sessionsFrom(account: string, directory: string, session: string | undefined): Promise<string[]> {
    const found: string[] = [];
    for (const { session: uid } of await core.sessionsOf(account)) {
      const proofs = await evidence.of({ session: uid, epoch: Number.MAX_SAFE_INTEGER }, account);
      const rests = proofs.some(
        ({ factor, said }) => factor === upstreamOf(directory) && (session === undefined || said?.session === session),
      );
      if (rests) found.push(uid);
    }
    return found;
  }

  function isNew(directory: string, id: string): Promise<boolean> {
    const mark = createHash('sha256').update(id).digest('base64url');
    return ephemeral.add(`upstream-logout:${directory}:${mark}`, '1', KNOWN);
  }

  return async function end({ directory, redirects }: House, { key, session, id }: EndedThere) {
    if (id !== undefined && !(await isNew(directory, id))) return ALL_WELL;
    const whose = key ?? (session === undefined ? undefined : await redirects.keyOfSession?.(session));
    const account = whose === undefined ? undefined : await accounts.openedBy(directory, whose);
    if (account === undefined) return ALL_WELL;
    const some = await sessionsFrom(account.id, directory, session);
    if (some.length === 0) return ALL_WELL;
    await audit.commit({ event: 'logout.upstream', account: account.id, directory, sessions: some.length });
    const { unreached } = await core.endSome(account.id, some);
    return { reached: unreached.length === 0 };
  };
}

/**
 * Other houses say, from server to server, that a session there has ended: what came of it ends here, and the
 * applications are told. Nothing goes back to the house.
 */
export function upstreamLogout(deps: UpstreamLogoutNeeds): Router {
  const end = endThere(deps);
  const refuse = (res: Response, status: number, error: string) => void res.status(status).json({ error });

  const handlerOf = (house: House): RequestHandler => {
    const limit = createLimits(deps, `upstream-logout:${house.directory}`);
    return async (req: Request, res: Response) => {
      const { address = '' } = fromBrowser(localsOf(res).browser);
      const counted = await limit.count([{ name: 'messages', of: address, most: PER_MINUTE, per: MINUTE }]);
      if (!counted.allowed) return refuse(res, 429, 'too_many_requests');
      const heard = await house.redirects.heard?.({ by: 'form', fields: answerOf(req.body), raw: '' });
      if (heard === undefined || 'outcome' in heard) {
        const { reason = 'not heard' } = heard ?? {};
        deps.log.warn({ directory: house.directory, reason }, 'a house’s word of a session’s end isn’t believed');
        return refuse(res, 400, 'invalid_request');
      }
      await end(house, heard);
      res.status(200).end();
    };
  };

  /** In a frame of the house's page: no cookie of ours comes with it, and it is answered alike whatever comes of it. */
  const frontOf = (house: House): RequestHandler => {
    const limit = createLimits(deps, `front-logout:${house.directory}`);
    return async (req: Request, res: Response) => {
      const { address = '' } = fromBrowser(localsOf(res).browser);
      const counted = await limit.count([{ name: 'messages', of: address, most: PER_MINUTE, per: MINUTE }]);
      if (!counted.allowed) return refuse(res, 429, 'too_many_requests');
      const heard = house.redirects.heardInFront?.(answerOf(req.query));
      if (heard && !('outcome' in heard)) await end(house, heard);
      res.set('cache-control', 'no-store').status(200).end();
    };
  };

  const router = Router();
  for (const house of deps.upstreams) {
    const path = `/return/directories/${house.directory}/logout`;
    if (house.redirects.heardInFront !== undefined) router.get(path, frontOf(house));
    if (house.redirects.heard === undefined) continue;
    router.post(path, ...formFields(LONGEST_FORM), handlerOf(house));
  }
  return router;
}
