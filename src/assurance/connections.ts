import type { Browser } from '../core/browser.ts';
import type { Connection, Door } from '../core/door.ts';

type ConnectedAt = NonNullable<Door['connectedAt']>;

/**
 * What doors know of people's live connections. They stand above this room, so that each is added once it is there.
 */
export function createConnections() {
  const sources: ConnectedAt[] = [];
  /** The one that has this address. */
  async function at(account: string, address: string): Promise<Connection | undefined> {
    const all = await Promise.all(sources.map((source) => source(account, address)));
    const [one, another] = all.filter((it) => it !== undefined);
    return another === undefined ? one : undefined;
  }

  return {
    addSource(source: ConnectedAt): void {
      sources.push(source);
    },

    /**
     * The one connection of the account's that a browser comes through, by its address. None on shared machines, of a
     * caller at a door, which is no browser, and where two say that it is theirs.
     */
    async of(account: string, { ip, shared, cookieless }: Browser): Promise<Connection | undefined> {
      return shared || cookieless ? undefined : at(account, ip);
    },

    at,
  };
}

export type Connections = ReturnType<typeof createConnections>;
