import type { Redis } from 'ioredis';
import type { Write } from './confirmation.ts';
import type { Primary } from './lasting/register.ts';
import type { Commands } from './redis-commands.ts';

/** Redis, whichever form it has: one server, a primary that Sentinels name, or a cluster. */
export interface Client {
  /** What all requests share: nothing here waits for replicas. */
  readonly commands: Commands;
  /**
   * Runs a write on a connection of its own (`WAIT` blocks the one that it is on), and answers once enough replicas
   * have it.
   */
  surely<T>(write: Write<T>): Promise<T>;
  /** The primary that has the key, where its data has that history. */
  primaryOf(key: string, history: string): Promise<Primary>;
  /** One connection more, which somebody is about to subscribe on: without commands, it comes back by itself. */
  listener(): Redis;
  /** Ends of keys that lead to every server that takes writes. */
  everywhere(begin: string): string[];
  /** Connections to all servers that take writes, as far as they are known now. */
  servers(): readonly Redis[];
  /** Answers after the first attempt, whatever came of it. */
  open(): Promise<void>;
  close(): Promise<void>;
}
