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
