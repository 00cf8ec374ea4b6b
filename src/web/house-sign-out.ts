import { Router } from 'express';
import type { HouseSessions } from '../core/door.ts';
import { hasCode, SallyportError } from '../core/errors.ts';
import { directoryOfUpstream } from '../core/said.ts';
import type { SessionThere } from '../core/upstream.ts';
import { localsOf, type Rendering, send, type WebDeps } from './context.ts';
import { depart } from './depart.ts';

const KIND = 'parting';
/** How long the page after a sign-out offers it, milliseconds. */
const OFFERED = 600_000;
const PATH = '/signed-out/there';
export const SIGNED_OUT = '/signed-out';

interface Kept extends SessionThere {
  directory: string;
  account: string;
}

export type HouseSessionsNeeds = Pick<WebDeps, 'deposits' | 'evidence' | 'upstreams'>;

/** The sessions at other houses that one of ours came of: ending them is offered, and never done by itself. */
export function createHouseSessions({ deposits, evidence, upstreams }: HouseSessionsNeeds): HouseSessions {
  return {
    async of(session, account) {
      const proofs = await evidence.of({ session, epoch: Number.MAX_SAFE_INTEGER }, account);
      const found = new Map<string, Kept>();
      for (const { factor, said } of proofs) {
        const directory = directoryOfUpstream(factor);
        if (directory === undefined || said?.key === undefined) continue;
        const { key, session: there } = said;
        found.set(directory, { directory, account, key, ...(there === undefined ? {} : { session: there }) });
      }
      return [...found.values()];
    },

    async offer(exchange, sessions) {
      const offered: Awaited<ReturnType<HouseSessions['offer']>> = [];
      for (const session of sessions) {
        const house = upstreams.find(({ directory }) => directory === session.directory)?.redirects;
        if (!house?.signingOut || !(await house.signingOut.can(session))) continue;
        const id = await deposits.put(exchange, KIND, JSON.stringify(session), OFFERED);
        offered.push({ name: house.name, href: `${PATH}?id=${id}` });
      }
      return offered;
    },
  };
}

export type HouseSignOutNeeds = Rendering & Pick<WebDeps, 'audit' | 'deposits' | 'issuer' | 'upstreams'>;

/**
 * Where that leads, once and in that browser alone. A link and no form, as every way out is. Where it leads to is the
 * house's own word of itself: nothing that an address brings is gone to.
 */
export function houseSignOut(deps: HouseSignOutNeeds): Router {
  const { audit, deposits, issuer, upstreams } = deps;
  const router = Router();

  router.get(SIGNED_OUT, (_req, res) => send(deps, res, 'signed-out', {}));

  router.get(PATH, async (req, res) => {
    const kept = await deposits.take({ req, res }, KIND, req.query.id);
    if (kept === undefined) return void res.redirect(303, SIGNED_OUT);
    const { directory, account, ...session } = JSON.parse(kept) as Kept;
    const house = upstreams.find((one) => one.directory === directory)?.redirects;
    const { locale } = localsOf(res);
    try {
      const to = await house?.signingOut?.begin(session, { back: issuer + SIGNED_OUT, locale });
      if (to === undefined) throw new SallyportError('ERR_DIRECTORY_UNAVAILABLE', 'it can’t be signed out there');
      audit.note({ event: 'logout.there', account, directory });
      depart(deps, res, to);
    } catch (error) {
      if (!hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) throw error;
      send(deps, res, 'signed-out', house ? { stays: house.name } : {});
    }
  });

  return router;
}
