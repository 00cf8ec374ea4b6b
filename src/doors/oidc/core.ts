import type { Provider } from 'oidc-provider';
import type { Core } from '../../core/door.ts';
import { SallyportError } from '../../core/errors.ts';
import { grantsOf, hashOf } from './adapter.ts';
import { requestFor, takeEnded } from './bridge.ts';
import { clientOf } from './clients.ts';
import { createInteractions } from './core-interactions.ts';
import { createOwnSession } from './core-session.ts';
import { endAll, endOwn } from './logout.ts';
import { plainlyJoined } from './plain/session.ts';
import type { OidcPorts } from './ports.ts';
import { endGrants } from './resting.ts';
import { type SessionAdapter, sessionsOf } from './sessions.ts';
import type { Subjects } from './subjects.ts';

/** The single sign-on session and its interactions, for the journey and the gateway's own pages. */
export function createCore(
  provider: () => Provider,
  sessions: SessionAdapter,
  ports: OidcPorts,
  subjects: Subjects,
): Omit<Core, 'listen'> {
  const own = createOwnSession(provider, sessions, ports);
  const { session, renew, join, indexOf, endSession } = own;
  const { request, finish } = createInteractions(provider, ports, subjects, own);

  return {
    request,
    finish,
    session,
    renew,
    join,
    joined: (cookies, application) => plainlyJoined({ ports, provider }, sessions, cookies, application),
    indexOf,
    endSession,

    begin(application, options = {}) {
      const found = ports.applications.get(application);
      if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', `no application ${application}`);
      return requestFor(application, clientOf(found, ports.issuer).redirect_uris?.[0] ?? '', options);
    },

    ended: (returnTo) => takeEnded(ports, returnTo),

    endGrants: (account, credential) => endGrants(ports.ephemeral, account, credential),

    async endAll(account, except) {
      const grants = await ports.ephemeral.members(grantsOf(account));
      await ports.ephemeral.delete(...grants.map((grant) => `oidc:Grant:${hashOf(grant)}`));
      const { unreached, ...ended } = await endAll(provider(), sessions, ports, account, (uid) => uid !== except);
      return { ...ended, unreached: [...new Set([...unreached, ...(await endOwn(ports, account))])] };
    },

    endSome: (account, some) => endAll(provider(), sessions, ports, account, (uid) => some.includes(uid)),

    async sessionsOf(account) {
      const found = [];
      for (const uid of await ports.ephemeral.members(sessionsOf(account))) {
        const session = await sessions.findByUid(uid);
        if (session === undefined) continue;
        const applications = Object.keys(session.authorizations ?? {});
        found.push({ session: uid, applications, since: (session.loginTs ?? session.iat ?? 0) * 1000 });
      }
      return found;
    },
  };
}
