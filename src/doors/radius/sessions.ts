import { createHash } from 'node:crypto';
import type { Account } from '../../core/account.ts';
import type { DoorPorts } from '../../core/door.ts';
import type { RadiusClient } from './settings.ts';

const HOUR = 3_600_000;
/** How long somebody may take from Access-Accept to the first Accounting-Request, and what was lost before one, milliseconds. */
const STARTS_WITHIN = 24 * HOUR;
/** How long a session is taken to last that is heard of no more, milliseconds. */
const SILENT_FOR = 48 * HOUR;

/** A session at a client, as its accounting tells of it. Times are epoch milliseconds. */
export interface Session {
  client: string;
  account: string;
  userName: string;
  /** Acct-Session-Id, as it came: hexadecimal. */
  id: string;
  /** Where the packets of its accounting come from: what it is ended by is sent there. */
  nas: string;
  /** NAS-Identifier and NAS-IP-Address, hexadecimal, where they came. */
  nasIdentifier?: string;
  nasIpAddress?: string;
  /** Calling-Station-Id: the person's own address, where it is one. */
  station?: string;
  /** Framed-IP-Address: the person's address behind the client. */
  framed?: string;
  since: number;
  heard: number;
  /** The account's generation, as its sign-in had it. */
  generation?: number;
  /** Since when it should have ended: its client hasn't agreed. */
  ending?: number;
}

/** Whose a User-Name is at a client, and in which generation they were accepted. */
type Owner = Pick<Session, 'account' | 'generation'>;

const hash = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/** Whom a client's sessions belong to, and which there are, on all nodes. */
export function createSessions({ ephemeral, sealer, now }: Pick<DoorPorts, 'ephemeral' | 'sealer' | 'now'>) {
  const acceptedKey = (client: string, userName: string) => `radius-accepted:${hash(client, userName)}`;
  const sessionKey = ({ client, nas, id }: Pick<Session, 'client' | 'nas' | 'id'>) =>
    `radius-session:${hash(client, nas, id)}`;
  const ofAccount = (account: string) => `radius-sessions:{${account}}`;
  const ofNas = (client: string, nas: string) => `radius-nas:${hash(client, nas)}`;

  async function read(key: string): Promise<Session | undefined> {
    const kept = await ephemeral.get(key);
    return kept === undefined ? undefined : (JSON.parse(sealer.open(kept, key)) as Session);
  }

  async function all(index: string): Promise<Session[]> {
    const found = await Promise.all((await ephemeral.members(index)).map(read));
    return found.filter((session) => session !== undefined);
  }

  async function end(session: Session): Promise<boolean> {
    const key = sessionKey(session);
    const ended = (await ephemeral.take(key)) !== undefined;
    await ephemeral.removeMember(ofAccount(session.account), key);
    await ephemeral.removeMember(ofNas(session.client, session.nas), key);
    return ended;
  }

  return {
    /** Somebody was accepted: what the client tells of this name from now on is theirs. */
    async accepted({ id }: RadiusClient, userName: string, { id: account, generation }: Account): Promise<void> {
      const key = acceptedKey(id, userName);
      const owner: Owner = { account, generation };
      await ephemeral.set(key, sealer.seal(JSON.stringify(owner), key), STARTS_WITHIN);
    },

    /** Whose a client's User-Name is. */
    async ownerOf(client: string, userName: string): Promise<Owner | undefined> {
      const key = acceptedKey(client, userName);
      const kept = await ephemeral.get(key);
      if (kept === undefined) return undefined;
      const opened = sealer.open(kept, key);
      // An earlier version kept the account alone.
      return opened.startsWith('{') ? (JSON.parse(opened) as Owner) : { account: opened };
    },

    /** Begins one, or brings it up to date; whether it is a new one. */
    async hear(session: Omit<Session, 'since' | 'heard' | 'ending'>, since: number): Promise<boolean> {
      const key = sessionKey(session);
      const before = await read(key);
      // Of what began before, whose it is stays.
      const { account, since: began } = before ?? { account: session.account, since };
      const next: Session = { ...before, ...session, account, since: began, heard: now() };
      await ephemeral.set(key, sealer.seal(JSON.stringify(next), key), SILENT_FOR);
      await ephemeral.addMember(ofAccount(account), key, SILENT_FOR);
      await ephemeral.addMember(ofNas(session.client, session.nas), key, SILENT_FOR);
      return before === undefined;
    },

    /** It should have ended, and goes on. */
    async mark(session: Session): Promise<void> {
      const key = sessionKey(session);
      const found = await read(key);
      if (found === undefined) return;
      const next: Session = { ...found, ending: found.ending ?? now() };
      await ephemeral.set(key, sealer.seal(JSON.stringify(next), key), SILENT_FOR);
    },

    /** A name for one that tells nothing, for addresses of pages. */
    nameOf: ({ client, nas, id }: Session): string => hash(client, nas, id).slice(0, 22),

    find: (session: Pick<Session, 'client' | 'nas' | 'id'>) => read(sessionKey(session)),
    end,
    ofAccount: (account: string) => all(ofAccount(account)),
    ofNas: (client: string, nas: string) => all(ofNas(client, nas)),
  };
}

export type Sessions = ReturnType<typeof createSessions>;
