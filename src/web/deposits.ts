import { createHash } from 'node:crypto';
import type { Bonds, Deposits } from '../core/bonds.ts';
import type { DoorPorts } from '../core/door.ts';
import type { Exchange } from '../core/exchange.ts';
import type { EphemeralStore } from '../core/store.ts';
import type { Strangers } from '../core/strangers.ts';
import type { WebDeps } from './context.ts';

interface Deps extends Pick<WebDeps, 'random'> {
  strangers: Strangers;
  browser: DoorPorts['browser'];
  ephemeral: Pick<EphemeralStore, 'get' | 'set' | 'take'>;
  bonds: Bonds;
}

interface Deposit {
  /** Hash of the bond. */
  browser: string;
  value: string;
}

const SEPARATOR = ' ';

const keyOf = (kind: string, id: string): string =>
  `deposit:${kind}:${createHash('sha256').update(id).digest('base64url')}`;

export function createDeposits({ ephemeral, bonds, random, strangers, browser }: Deps): Deposits {
  async function read(kind: string, id: unknown): Promise<(Deposit & { id: string }) | undefined> {
    const stored = typeof id === 'string' ? await ephemeral.get(keyOf(kind, id)) : undefined;
    if (typeof id !== 'string' || stored === undefined) return undefined;
    const at = stored.indexOf(SEPARATOR);
    return { id, browser: stored.slice(0, at), value: stored.slice(at + 1) };
  }

  async function own({ req }: Parameters<Deposits['look']>[0], kind: string, id: unknown) {
    const found = await read(kind, id);
    return found && bonds.hold(req, kind, found.id, found.browser) ? found : undefined;
  }

  const newId = () => Buffer.from(random(32)).toString('base64url');

  const keep = (exchange: Exchange, kind: string, id: string, value: string, lifetime: number) =>
    bonds.make(exchange, kind, id, lifetime, async (hash) => {
      const kept = { key: keyOf(kind, id), value: `${hash}${SEPARATOR}${value}`, ttl: lifetime };
      await strangers.admit(kept, { browser: browser(exchange.res) });
      await ephemeral.set(kept.key, kept.value, kept.ttl);
    });

  return {
    async put(exchange, kind, value, lifetime) {
      const id = newId();
      await keep(exchange, kind, id, value, lifetime);
      return id;
    },

    async make(exchange, kind, make, lifetime) {
      const id = newId();
      const value = await make(id);
      if (value !== undefined) await keep(exchange, kind, id, value, lifetime);
    },

    async take(exchange, kind, id) {
      const found = await own(exchange, kind, id);
      if (found === undefined) return undefined;
      bonds.end(exchange, kind, found.id);
      const taken = await ephemeral.take(keyOf(kind, found.id));
      await strangers.release(keyOf(kind, found.id));
      return taken === undefined ? undefined : found.value;
    },

    look: async (exchange, kind, id) => (await own(exchange, kind, id))?.value,

    peek: async (kind, id) => (await read(kind, id))?.value,
  };
}
