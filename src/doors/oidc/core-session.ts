import type { Request, Response } from 'express';
import type { Provider } from 'oidc-provider';
import type { Core } from '../../core/door.ts';
import { hashOf } from './adapter.ts';
import { NOTHING_TOLD, signOutApplications, type Told } from './logout.ts';
import type { OidcPorts } from './ports.ts';
import type { Session } from './session-model.ts';
import { moves } from './session-record.ts';
import { sightOf } from './session-sight.ts';
import { lifeLeft, type SessionAdapter } from './sessions.ts';
import { addressAfter, framed } from './sign-out.ts';

/** The session of the browser that asks: the core's part in it, and what the end of a sign-in needs of it besides. */
export interface OwnSession extends Pick<Core, 'session' | 'renew' | 'join' | 'indexOf' | 'endSession'> {
  /** Read once in a request. */
  current(req: Request, res: Response): Promise<Session>;
  /** Ends it, and tells its applications but `except`. */
  end(req: Request, res: Response, except?: string): Promise<Told>;
}

export function createOwnSession(provider: () => Provider, sessions: SessionAdapter, ports: OidcPorts): OwnSession {
  const loaded = new WeakMap<Request, Promise<Session>>();
  const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: ports.issuer.startsWith('https:') } as const;

  function current(req: Request, res: Response): Promise<Session> {
    const known = loaded.get(req);
    if (known) return known;
    const it = provider();
    const session = it.Session.get(it.createContext(req, res)) as Promise<Session>;
    loaded.set(req, session);
    return session;
  }

  async function end(req: Request, res: Response, except?: string): Promise<Told> {
    const session = await current(req, res);
    loaded.delete(req);
    let told = NOTHING_TOLD();
    if (session.accountId) {
      const record = await sessions.findByUid(session.uid);
      for (const { grantId, persistsLogout } of Object.values(session.authorizations ?? {})) {
        if (grantId && !persistsLogout) await ports.ephemeral.delete(`oidc:Grant:${hashOf(grantId)}`);
      }
      await sessions.end(session.uid, session.accountId);
      if (record) told = framed(ports, session.accountId, await signOutApplications(provider(), ports, record, except));
      told.houses = await ports.houseSessions.of(session.uid, session.accountId);
    }
    res.clearCookie(provider().cookieName('session'), cookie);
    return told;
  }

  return {
    current,
    end,

    async session(req, res) {
      const session = await current(req, res);
      if (!session.accountId) return undefined;
      return { account: session.accountId, session: session.uid, sight: sightOf(session) };
    },

    async renew(req, res) {
      const session = await current(req, res);
      if (!session.accountId) return undefined;
      session.resetIdentifier();
      await session.save(lifeLeft(ports, session).idle);
      if (session.opened?.late) return undefined;
      res.cookie(provider().cookieName('session'), session.jti, cookie);
      return { ...sightOf(session), renewed: true };
    },

    async join(req, res, application) {
      const session = await current(req, res);
      if (!session.accountId) return undefined;
      const isNew = session.sidFor(application) === undefined;
      session.ensureClientContainer(application);
      const { life, idle } = lifeLeft(ports, session);
      const { accountId: account, uid } = session;
      if (isNew || moves(session.exp, idle, ports.now())) await session.save(idle);
      // Another tab may have entered it at the same moment, and given it the name; or the session has just ended.
      const authorizations = isNew ? (await sessions.findByUid(uid))?.authorizations : session.authorizations;
      const index = authorizations?.[application]?.sid;
      return index ? { account, session: uid, index, expires: ports.now() + life * 1000 } : undefined;
    },

    async indexOf(req, res, application) {
      const session = await current(req, res);
      return session.accountId ? session.sidFor(application) : undefined;
    },

    async endSession(req, res, { next = '/', except } = {}) {
      const told = await end(req, res, except);
      return { next: await addressAfter(ports, told, next, { req, res }), unreached: told.unreached };
    },
  };
}
