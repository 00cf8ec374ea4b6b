import type { AdapterPayload, Provider } from 'oidc-provider';
import type { DoorPorts } from '../../core/door.ts';
import { type SessionAdapter, sessionsOf } from './sessions.ts';

interface LogoutClient {
  backchannelLogout(accountId: string, sid: string): Promise<void>;
}

/**
 * Tells the applications of a session that it ends (OpenID Connect Back-Channel Logout 1.0), side by side.
 * Answers the ids of those that have an address for it and couldn't be reached.
 */
export async function signOutApplications(
  provider: Provider,
  ports: DoorPorts,
  session: AdapterPayload,
): Promise<string[]> {
  const unreached: string[] = [];
  const tell = async ([clientId, { sid }]: [string, { sid?: string }]) => {
    const client = await provider.Client.find(clientId);
    if (!client?.backchannelLogoutUri || !session.accountId) return;
    try {
      // The published types lack this method of oidc-provider's client.
      await (client as unknown as LogoutClient).backchannelLogout(session.accountId, String(sid));
      ports.audit.note({ event: 'logout.application', account: session.accountId, application: clientId });
    } catch (err) {
      unreached.push(clientId);
      ports.log.warn({ err, application: clientId }, 'back-channel logout failed');
      ports.audit.note({ event: 'logout.unreached', account: session.accountId, application: clientId });
    }
  };
  await Promise.all(Object.entries(session.authorizations ?? {}).map(tell));
  return unreached;
}

/** Ends every session of an account but one. */
export async function endAll(
  provider: Provider,
  sessions: SessionAdapter,
  ports: DoorPorts,
  account: string,
  except?: string,
): Promise<{ sessions: number; unreached: string[] }> {
  const uids = (await ports.ephemeral.members(sessionsOf(account))).filter((uid) => uid !== except);
  const unreached = new Set<string>();
  for (const uid of uids) {
    const session = await sessions.findByUid(uid);
    // First the session, then the news: an application that asks back must find it gone.
    await sessions.end(uid, account);
    if (session) for (const id of await signOutApplications(provider, ports, session)) unreached.add(id);
  }
  return { sessions: uids.length, unreached: [...unreached] };
}
