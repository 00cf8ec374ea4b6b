import type { AdapterPayload, Provider } from 'oidc-provider';
import type { EndedSession, HouseSessions, SessionListener } from '../../core/door.ts';
import type { Exchange } from '../../core/exchange.ts';
import { type Frame, framesOf } from './frames.ts';
import type { OidcPorts } from './ports.ts';
import { type SessionAdapter, sessionsOf } from './sessions.ts';

interface LogoutClient {
  backchannelLogout(accountId: string, sid: string): Promise<void>;
}

/** Which applications of a session know by now that it is over. */
export interface Told {
  unreached: string[];
  /** Those that only a browser reaches, by door. */
  byBrowser: { door: SessionListener; ended: EndedSession }[];
  /** Where else people are signed in because this session came of it. */
  houses: Awaited<ReturnType<HouseSessions['of']>>;
  /** Those that are told in frames of the last page, if at all. */
  frames: Frame[];
}

/** Nobody is told anything. */
export const NOTHING_TOLD = (): Told => ({ unreached: [], byBrowser: [], houses: [], frames: [] });

/** The applications of a session, with the name by which each knows it. */
export function applicationsOf(session: AdapterPayload, except?: string): [application: string, index: string][] {
  return Object.entries(session.authorizations ?? {})
    .filter(([id]) => id !== except)
    .map(([id, { sid }]) => [id, String(sid)]);
}

/**
 * Tells the applications of a session that it ends, server to server and side by side: OpenID Connect Back-Channel
 * Logout 1.0, and whatever the other doors have for it. Answers those that have an address for it and couldn't be reached.
 */
export async function signOutApplications(
  provider: Provider,
  ports: OidcPorts,
  session: AdapterPayload,
  except?: string,
): Promise<Told> {
  const { accountId } = session;
  if (!accountId) return NOTHING_TOLD();
  const unreached: string[] = [];
  const tell = async ([id, sid]: [string, string]) => {
    try {
      const client = await provider.Client.find(id);
      if (!client?.backchannelLogoutUri) return;
      // The published types lack this method of oidc-provider's client.
      await (client as unknown as LogoutClient).backchannelLogout(accountId, sid);
      ports.audit.note({ event: 'logout.application', account: accountId, application: id });
    } catch (err) {
      unreached.push(id);
      ports.log.warn({ err, application: id }, 'back-channel logout failed');
      ports.audit.note({ event: 'logout.unreached', account: accountId, application: id });
    }
  };
  const [others, frames] = await Promise.all([
    signOutOtherDoors(ports, session, except),
    framesOf(provider, ports, applicationsOf(session, except)),
    ...applicationsOf(session, except).map(tell),
  ]);
  return { ...others, unreached: [...unreached, ...others.unreached], frames };
}

/** Tells those that came through other doors. */
export async function signOutOtherDoors(ports: OidcPorts, session: AdapterPayload, except?: string): Promise<Told> {
  const { accountId: account } = session;
  const told = NOTHING_TOLD();
  if (!account) return told;
  const byDoor = new Map<string, [string, string][]>();
  for (const entry of applicationsOf(session, except)) {
    const [application] = entry;
    const door = await ports.applications.find(application).then(
      (found) => found?.door ?? '',
      (err: unknown) => {
        // That it can't be asked must keep no other from being told.
        ports.log.error({ err, application }, 'an application could not be found at a logout');
        told.unreached.push(application);
        return '';
      },
    );
    byDoor.set(door, [...(byDoor.get(door) ?? []), entry]);
  }
  for (const [id, entries] of byDoor) {
    const door = ports.listeners.get(id);
    if (!door?.signOut) continue;
    const ended = { account, applications: new Map(entries) };
    const { unreached, byBrowser } = await door.signOut(ended).catch((err: unknown) => {
      // It mustn't: but those of other doors, and the account's other sessions, aren't its to keep.
      ports.log.error({ err, door: id }, 'a door failed at a logout');
      for (const [application] of entries) ports.audit.note({ event: 'logout.unreached', account, application });
      return { unreached: entries.map(([application]) => application), byBrowser: [] as string[] };
    });
    told.unreached.push(...unreached);
    const left = entries.filter(([application]) => byBrowser.includes(application));
    if (left.length > 0) told.byBrowser.push({ door, ended: { account, applications: new Map(left) } });
  }
  return told;
}

/** Address to send the browser to: by way of the applications that only it reaches, and then to `next`. */
export async function byWayOf({ byBrowser }: Told, next: string, exchange: Exchange): Promise<string> {
  let address = next;
  for (const { door, ended } of byBrowser) {
    if (door.signOutByBrowser) address = await door.signOutByBrowser(ended, address, exchange);
  }
  return address;
}

/** Those that only a browser reaches, where none is at hand, or the one that is has somebody else at it by now. */
export function withoutBrowser({ audit }: Pick<OidcPorts, 'audit'>, account: string, told: Told): string[] {
  const left = told.byBrowser.flatMap(({ ended }) => [...ended.applications.keys()]);
  left.push(...told.frames.map(({ application }) => application));
  for (const application of left) audit.note({ event: 'logout.unreached', account, application });
  return left;
}

/** Ends those sessions of an account. No browser is at hand: what only one reaches stays unreached. */
export async function endAll(
  provider: Provider,
  sessions: SessionAdapter,
  ports: OidcPorts,
  account: string,
  ends: (uid: string) => boolean,
): Promise<{ sessions: number; unreached: string[] }> {
  const uids = (await ports.ephemeral.members(sessionsOf(account))).filter(ends);
  const ended: AdapterPayload[] = [];
  // First all sessions, then the news: an application that asks back must find them gone, and one that is slow to
  // answer must not keep another session open.
  for (const uid of uids) {
    const session = await sessions.findByUid(uid);
    await sessions.end(uid, account);
    if (session !== undefined) ended.push(session);
  }
  const unreached = new Set<string>();
  for (const session of ended) {
    const told = await signOutApplications(provider, ports, session);
    for (const id of [...told.unreached, ...withoutBrowser(ports, account, told)]) unreached.add(id);
  }
  return { sessions: uids.length, unreached: [...unreached] };
}

/** Ends what other doors have of their own of an account, all at once; answers the applications that weren't reached. */
export async function endOwn(
  { listeners, audit, log }: Pick<OidcPorts, 'listeners' | 'audit' | 'log'>,
  account: string,
): Promise<string[]> {
  const found = [...listeners.values()].map(async (door) => (await door.endOwn?.(account)) ?? []);
  const settled = await Promise.allSettled(found);
  return settled.flatMap((it) => {
    if (it.status === 'rejected') {
      log.error({ err: it.reason }, 'a door failed where everything of an account was ended');
      return [];
    }
    for (const application of it.value) audit.note({ event: 'logout.unreached', account, application });
    return it.value;
  });
}
