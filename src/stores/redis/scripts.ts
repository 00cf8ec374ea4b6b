import type { Result } from 'ioredis';
import { LASTING_SCRIPTS } from './lasting/scripts.ts';
import { RESERVATION_SCRIPTS } from './reservations.ts';

/**
 * What Redis must do in one step. Each script here touches one key, so a cluster can run it, and none
 * reads the caller's clock: expiry is Redis's own.
 */

/** Replaces the value if it is ARGV[1]; ARGV[3] is the new time to live, or empty to keep the present one. */
const SWAP = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`;

/** Counts one attempt below ARGV[1] and starts the window of ARGV[2] anew; a refused one changes nothing. */
const ATTEMPT = `
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count >= tonumber(ARGV[1]) then return {0, count, redis.call('PTTL', KEYS[1])} end
redis.call('SET', KEYS[1], count + 1, 'PX', ARGV[2])
return {1, count + 1, 0}`;

/** Gives one attempt back; the window stays as it is. */
const REFUND = `
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count > 0 then redis.call('SET', KEYS[1], count - 1, 'KEEPTTL') end`;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** The score is the member's expiry; the key expires with its last member. */
const ADD_MEMBER = `${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIREAT', KEYS[1], redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])`;

const MEMBERS = `${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')`;

export const SCRIPTS = {
  swapValue: { lua: SWAP, numberOfKeys: 1 },
  countAttempt: { lua: ATTEMPT, numberOfKeys: 1 },
  refundAttempt: { lua: REFUND, numberOfKeys: 1 },
  addSetMember: { lua: ADD_MEMBER, numberOfKeys: 1 },
  ...RESERVATION_SCRIPTS,
  ...LASTING_SCRIPTS,
  setMembers: { lua: MEMBERS, numberOfKeys: 1, readOnly: true },
} as const;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    swapValue(key: string, expected: string, value: string, ttl: number | ''): Result<number, Context>;
    countAttempt(key: string, max: number, ttl: number): Result<[number, number, number], Context>;
    refundAttempt(key: string): Result<null, Context>;
    addSetMember(key: string, member: string, ttl: number): Result<null, Context>;
    setMembers(key: string): Result<string[], Context>;
  }
}
