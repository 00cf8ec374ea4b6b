import type { DoorPorts } from '../../core/door.ts';
import type { Claims } from './claims.ts';
import type { createDisconnect } from './disconnect.ts';
import type { Session, Sessions } from './sessions.ts';
import type { RadiusClient } from './settings.ts';

/** When a client that didn't agree is asked again, milliseconds; after that whenever its accounting shows that the session goes on. */
const AGAIN = [10_000, 60_000] as const;

interface Parts {
  clients: ReadonlyMap<string, RadiusClient>;
  sessions: Sessions;
  claims: Pick<Claims, 'end'>;
  disconnect: ReturnType<typeof createDisconnect>;
}

/** Has clients end sessions, and asks again while they go on. */
export function createEnding(
  { account, log }: Pick<DoorPorts, 'account' | 'log'>,
  { clients, sessions, claims, disconnect }: Parts,
) {
  /** Whether it has ended. One that hasn't is known as one that should. */
  async function end(session: Session): Promise<boolean> {
    const client = clients.get(session.client);
    if (client?.settings.disconnect && (await disconnect(client, session))) {
      await claims.end(session);
      await sessions.end(session);
      return true;
    }
    await sessions.mark(session);
    return false;
  }

  /** Off anybody's path. */
  function aside({ client }: Session, work: () => Promise<unknown>): void {
    void work().catch((err: unknown) => log.warn({ err, application: client }, 'a session could not be ended'));
  }

  function again(session: Session): void {
    if (clients.get(session.client)?.settings.disconnect === undefined) return;
    aside(session, async () => {
      const found = await sessions.find(session);
      if (found?.ending !== undefined) await end(found);
    });
  }

  async function endNow(session: Session): Promise<boolean> {
    const ended = await end(session);
    if (!ended) for (const after of AGAIN) setTimeout(() => again(session), after).unref();
    return ended;
  }

  return {
    /** Now, and again in a while where it goes on. */
    end: endNow,

    /** The same without anybody waiting for it. */
    soon: (session: Session): void => aside(session, () => endNow(session)),

    again,

    /** Whether what its sign-in rests on was ended before it began: whoever ended it found no session yet. */
    async isVoid({ account: id, generation }: Pick<Session, 'account' | 'generation'>): Promise<boolean> {
      if (generation === undefined) return false;
      // A directory that is away says of nobody that they are out.
      const now = await account(id).catch(() => ({ generation }));
      return now?.generation !== generation;
    },
  };
}

export type Ending = ReturnType<typeof createEnding>;
