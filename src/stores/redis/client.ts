import type { Redis } from 'ioredis';
import type { Commands } from './redis-commands.ts';

/**
 * Which answers replicas must have. A mark that somebody else made (null, 0) is a refusal as it is. Of an end it is
 * no refusal: the one who made it may have been told that it isn't confirmed.
 */
export type Copied = 'marks' | 'always';

/** Redis, whichever form it has: one server, a primary that Sentinels name, or a cluster. */
export interface Client {
  /** What all requests share: nothing here waits for replicas. */
  readonly commands: Commands;
  /**
   * Runs a write at this key on a connection of its own (`WAIT` blocks the one that it is on), and answers once
   * enough replicas have it.
   */
  surely<T>(key: string, write: (on: Commands) => Promise<T>, copied?: Copied): Promise<T>;
  /** One connection more, which somebody is about to subscribe on: without commands, it comes back by itself. */
  listener(): Redis;
  /** Ends of keys that lead to every server that takes writes. */
  everywhere(begin: string): string[];
  /** Answers after the first attempt, whatever came of it. */
  open(): Promise<void>;
  close(): Promise<void>;
}
