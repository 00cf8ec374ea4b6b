import type { Joined } from '../../../core/door.ts';
import type { SessionSight } from '../../../core/sign-in.ts';
import { moves, type StoredSession } from '../session-record.ts';
import { type Opened, sightOf } from '../session-sight.ts';
import { lifeLeft, type SessionAdapter } from '../sessions.ts';
import type { PlainParts } from './records.ts';

/** A session that is somebody's, and the cookie value that it goes by. */
export interface PlainSession {
  cookie: string;
  session: StoredSession & { opened: Opened; accountId: string; uid: string };
}

/** The one cookie of a name; undefined where there are several, of which another host may have planted one. */
function cookieOf(header: string, name: string): string | undefined {
  const parts = header.split(`${name}=`);
  const [before = '', value = ''] = parts;
  return parts.length === 2 && /(?:^|; )$/.test(before) ? value.split(';', 1)[0] : undefined;
}

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** The session of these cookies, by its current value, that neither has ended by now nor is to be prolonged. */
export async function plainSession(
  { ports, provider }: Pick<PlainParts, 'ports' | 'provider'>,
  sessions: SessionAdapter,
  header: string,
): Promise<PlainSession | undefined> {
  const cookie = cookieOf(header, provider().cookieName('session'));
  if (cookie === undefined || !/^[\w-]{43}\.[\w-]{1,64}$/.test(cookie)) return undefined;
  const session = (await sessions.find(cookie)) as Partial<PlainSession['session']> | undefined;
  if (session?.opened === undefined || session.opened.late || !session.transient) return undefined;
  const { accountId, uid, exp = 0, loginTs } = session;
  const { idle } = lifeLeft(ports, session);
  if (!isText(accountId) || !isText(uid) || !loginTs || exp * 1000 <= ports.now() || moves(exp, idle, ports.now()))
    return undefined;
  return { cookie, session: session as PlainSession['session'] };
}

/** What the core tells another door of a session that its application has its part in. */
export async function plainlyJoined(
  parts: Pick<PlainParts, 'ports' | 'provider'>,
  sessions: SessionAdapter,
  cookies: string,
  application: string,
): Promise<(Joined & { sight: SessionSight }) | undefined> {
  const found = await plainSession(parts, sessions, cookies);
  if (found === undefined) return undefined;
  const { session } = found;
  const index = new Map(Object.entries(session.authorizations ?? {})).get(application)?.sid;
  if (!isText(index)) return undefined;
  const expires = parts.ports.now() + lifeLeft(parts.ports, session).life * 1000;
  return { account: session.accountId, session: session.uid, index, expires, sight: sightOf(session) };
}
