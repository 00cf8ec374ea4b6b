import { constants, getPriority, setPriority } from 'node:os';
import type { TestProject } from 'vitest/node';
import { filesInMemory } from './in-memory.ts';
import { copyServers } from './postgres.ts';
import { startRedis } from './redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Redis that all tests share; each uses a prefix of its own. */
    redisUrl: string;
  }
}

/** Starts what the whole run shares, and stops it afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Threads that hash have the lowest one: beside processes of the usual one, which a run is full of, they would stand.
  setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  const onDisk = filesInMemory();
  const discardCopied = copyServers();
  const redis = await startRedis();
  project.provide('redisUrl', redis.url);
  return async () => {
    await redis.stop();
    discardCopied();
    onDisk();
  };
}
