import type { Result } from 'ioredis';

/**
 * What counts only at a primary that is known: whoever asks names the history of its data that they take it to have,
 * and any other primary refuses with its own, `HISTORY …`, before anything is read or written. So no answer comes from
 * a replica that was promoted before what it lacks has been carried over to it, however early somebody reaches it.
 */

const HERE = `
local info = redis.call('INFO', 'replication')
if not string.find(info, 'role:master', 1, true) then
  return redis.error_reply('READONLY this server is no primary any more')
end
if not string.find(info, 'master_replid:' .. ARGV[1], 1, true) then
  return redis.error_reply('HISTORY ' .. string.match(info, 'master_replid:(%x+)'))
end`;

/** A write answers when the value would have expired that stood there before, too: so long a replica may show it. */
const WRITE = `${HERE}
local before = redis.call('PEXPIRETIME', KEYS[1])`;

const GET = `${HERE}
return redis.call('GET', KEYS[1])`;

const ADD = `${WRITE}
return {redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3], 'NX') and 1 or 0, before}`;

const SWAP = `${WRITE}
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return {0, before} end
if ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[3], 'KEEPTTL')
else redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
return {1, before}`;

const TAKE = `${WRITE}
return {redis.call('GETDEL', KEYS[1]), before}`;

const DELETE = `${WRITE}
return {redis.call('DEL', KEYS[1]), before}`;

const EXPIRE = `${WRITE}
return {redis.call('PEXPIRE', KEYS[1], ARGV[2]), before}`;

/** How a key stands, where there is no replica: 0 where it is a set, else 1, its value and when that expires. */
const STANDING = `${HERE}
if string.find(info, 'state=online', 1, true) then return redis.error_reply('ERR a replica is there again') end
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'string' and kind ~= 'none' then return {0} end
return {1, redis.call('GET', KEYS[1]), redis.call('PEXPIRETIME', KEYS[1])}`;

/** KEYS: key, and the mark that the slot has been carried over; ARGV: history, when it expires, value where there is one. */
const CARRY = `${HERE}
if redis.call('GET', KEYS[2]) == ARGV[1] then return end
local time = redis.call('TIME')
local left = tonumber(ARGV[2]) - time[1] * 1000 - math.floor(time[2] / 1000)
if ARGV[3] and left > 0 then redis.call('SET', KEYS[1], ARGV[3], 'PX', string.format('%.0f', left))
else redis.call('DEL', KEYS[1]) end`;

const CARRIED = `${HERE}
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`;

export const LASTING_SCRIPTS = {
  getHere: { lua: GET, numberOfKeys: 1 },
  addHere: { lua: ADD, numberOfKeys: 1 },
  swapHere: { lua: SWAP, numberOfKeys: 1 },
  takeHere: { lua: TAKE, numberOfKeys: 1 },
  deleteHere: { lua: DELETE, numberOfKeys: 1 },
  expireHere: { lua: EXPIRE, numberOfKeys: 1 },
  standingAlone: { lua: STANDING, numberOfKeys: 1 },
  carryOver: { lua: CARRY, numberOfKeys: 2 },
  carriedOver: { lua: CARRIED, numberOfKeys: 1 },
} as const;

type Written<T> = [answer: T, before: number];

declare module 'ioredis' {
  interface RedisCommander<Context> {
    getHere(key: string, history: string): Result<string | null, Context>;
    addHere(key: string, history: string, value: string, ttl: number): Result<Written<number>, Context>;
    swapHere(
      key: string,
      history: string,
      expected: string,
      value: string,
      ttl: number | '',
    ): Result<Written<number>, Context>;
    takeHere(key: string, history: string): Result<Written<string | null>, Context>;
    deleteHere(key: string, history: string): Result<Written<number>, Context>;
    expireHere(key: string, history: string, ttl: number): Result<Written<number>, Context>;
    standingAlone(key: string, history: string): Result<[0] | [1, string | null, number], Context>;
    carryOver(
      ...given: [key: string, mark: string, history: string, expires: number, value?: string]
    ): Result<null, Context>;
    carriedOver(mark: string, history: string, ttl: number): Result<null, Context>;
  }
}

/** The history that a primary says it has, which isn't the one that it was asked for. */
export function otherHistory(error: unknown): string | undefined {
  return error instanceof Error ? /^HISTORY ([0-9a-f]{40})$/.exec(error.message)?.[1] : undefined;
}
