import type { RedisCommander } from 'ioredis';

/** What any connection can be asked. */
export type Commands = RedisCommander<{ type: 'default'; mapping: 'resp2' }>;
