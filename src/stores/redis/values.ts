import type { Written } from './confirmation.ts';
import type { Commands } from './redis-commands.ts';

/** What is asked of a key with a value. `history`: of the data that the primary must have. */
export interface ValueCommands {
  get(on: Commands, key: string, history: string): Promise<string | null>;
  add(on: Commands, key: string, history: string, value: string, ttl: number): Promise<Written<number>>;
  /** Without `ttl` the time left stays. */
  swap(
    on: Commands,
    key: string,
    history: string,
    expected: string,
    value: string,
    ttl: number | '',
  ): Promise<Written<number>>;
  take(on: Commands, key: string, history: string): Promise<Written<string | null>>;
  delete(on: Commands, key: string, history: string): Promise<Written<number>>;
  expire(on: Commands, key: string, history: string, ttl: number): Promise<Written<number>>;
}

/** At a primary that is known. */
export const FENCED: ValueCommands = {
  get: (on, key, history) => on.getHere(key, history),
  add: (on, key, history, value, ttl) => on.addHere(key, history, value, ttl),
  swap: (on, key, history, expected, value, ttl) => on.swapHere(key, history, expected, value, ttl),
  take: (on, key, history) => on.takeHere(key, history),
  delete: (on, key, history) => on.deleteHere(key, history),
  expire: (on, key, history, ttl) => on.expireHere(key, history, ttl),
};

const NEVER = -1;

/** At whatever answers. */
export const PLAIN: ValueCommands = {
  get: (on, key) => on.get(key),
  add: async (on, key, _, value, ttl) => [(await on.set(key, value, 'PX', ttl, 'NX')) === 'OK' ? 1 : 0, NEVER],
  swap: async (on, key, _, expected, value, ttl) => [await on.swapValue(key, expected, value, ttl), NEVER],
  take: async (on, key) => [await on.getdel(key), NEVER],
  delete: async (on, key) => [await on.del(key), NEVER],
  expire: async (on, key, _, ttl) => [await on.pexpire(key, ttl), NEVER],
};
