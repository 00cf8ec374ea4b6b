import type { Result } from 'ioredis';
import type { EphemeralStore } from '../../core/store.ts';
import type { Commands } from './redis-commands.ts';

/**
 * Accounts of owners. All keys bear one hash tag, so that a cluster keeps them together; the values lie elsewhere, and
 * those that go are deleted once the script has said so: what a crash in between leaves expires by itself.
 */
const BASE = 'reserved:{strangers}';
/** Far longer than anything is kept: where nobody comes, the accounts go too. */
const KEPT = 86_400_000;
/** Expired ones that are taken off at each look: more than come in, so that none are left over. */
const OFF = 200;

/** Entries are `weight most begun owner`, owners are scored by their share; the field of no name is everybody's sum. */
const COMMON = `
local entries, expiry, owners, weights, of = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local function read(key)
  local kept = redis.call('HGET', entries, key)
  if not kept then return nil end
  local weight, most, begun, owner = string.match(kept, '^(%d+) (%d+) (%d+) (.*)$')
  return { weight = tonumber(weight), most = tonumber(most), begun = tonumber(begun), owner = owner }
end
local function off(key)
  local it = read(key)
  if not it then return end
  redis.call('HDEL', entries, key)
  redis.call('ZREM', expiry, key)
  redis.call('ZREM', of .. it.owner, key)
  redis.call('HINCRBY', weights, '', -it.weight)
  local left = redis.call('HINCRBY', weights, it.owner, -it.weight)
  if left > 0 then redis.call('ZADD', owners, left / it.most, it.owner)
  else
    redis.call('HDEL', weights, it.owner)
    redis.call('ZREM', owners, it.owner)
  end
end`;

/** Numbers are whole: as text, or else the big ones would get an exponent. */
const ON = `
local function whole(number) return string.format('%.0f', number) end
local function on(key, it, expires)
  redis.call('HSET', entries, key, whole(it.weight) .. ' ' .. whole(it.most) .. ' ' .. whole(it.begun) .. ' ' .. it.owner)
  redis.call('ZADD', expiry, whole(expires), key)
  redis.call('ZADD', of .. it.owner, whole(it.begun), key)
  redis.call('HINCRBY', weights, '', whole(it.weight))
  redis.call('ZADD', owners, redis.call('HINCRBY', weights, it.owner, whole(it.weight)) / it.most, it.owner)
  for _, kept in ipairs({entries, expiry, owners, weights, of .. it.owner}) do redis.call('PEXPIRE', kept, ${KEPT}) end
end`;

/** ARGV: key, owner, weight, ttl, most, total, patience. Answers 0 and when to come again, or 1, two counts and what went. */
const RESERVE = `${COMMON}${ON}
local key, owner = ARGV[1], ARGV[2]
local weight, ttl, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local total, patience = tonumber(ARGV[6]), tonumber(ARGV[7])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, it in ipairs(redis.call('ZRANGEBYSCORE', expiry, '-inf', whole(now), 'LIMIT', 0, ${OFF})) do off(it) end
local before, expires = read(key), redis.call('ZSCORE', expiry, key)
off(key)
-- What is kept there already stays, and counted.
local function refused(after)
  if before then on(key, before, expires) end
  return {0, after}
end
if weight > most or weight > total then return refused(ttl) end
local own = tonumber(redis.call('HGET', weights, owner) or '0')
local going = {}
while own + weight > most do
  local oldest = redis.call('ZRANGE', of .. owner, #going, #going)[1]
  if not oldest then return refused(ttl) end
  local it = read(oldest)
  if now - it.begun < patience then return refused(it.begun + patience - now) end
  going[#going + 1] = oldest
  own = own - it.weight
end
for _, it in ipairs(going) do off(it) end
local mine = #going
while tonumber(redis.call('HGET', weights, '') or '0') + weight > total do
  local heaviest = redis.call('ZREVRANGE', owners, 0, 0)[1]
  local oldest = heaviest and redis.call('ZRANGE', of .. heaviest, 0, 0)[1]
  if not oldest then break end
  off(oldest)
  going[#going + 1] = oldest
end
on(key, { weight = weight, most = most, begun = now, owner = owner }, now + ttl)
return {1, mine, #going - mine, unpack(going)}`;

const RELEASE = `${COMMON}
for _, key in ipairs(ARGV) do off(key) end`;

export const RESERVATION_SCRIPTS = {
  reserveEntry: { lua: RESERVE, numberOfKeys: 5 },
  releaseEntries: { lua: RELEASE, numberOfKeys: 5 },
} as const;

type Keys = [entries: string, expiry: string, owners: string, weights: string, of: string];

declare module 'ioredis' {
  interface RedisCommander<Context> {
    reserveEntry(
      ...given: [...Keys, ...(string | number)[]]
    ): Result<[0, number] | [1, number, number, ...string[]], Context>;
    releaseEntries(...given: [...Keys, ...string[]]): Result<null, Context>;
  }
}

export function createReservations(
  redis: Commands,
  at: (key: string) => string,
  guarded: <T>(work: () => Promise<T>) => Promise<T>,
): Pick<EphemeralStore, 'reserve' | 'release'> {
  const keys = ['entries', 'expiry', 'owners', 'weights', 'of:'].map((name) => at(`${BASE}:${name}`)) as Keys;
  return {
    reserve: ({ key, owner, weight, ttl, most, total, patience }) =>
      guarded(async () => {
        const times = [Math.max(1, Math.ceil(ttl)), most, total, Math.ceil(patience)];
        const answer = await redis.reserveEntry(...keys, key, owner, weight, ...times);
        if (answer[0] === 0) return { allowed: false, retryAfter: answer[1] };
        const [, own, others, ...gone] = answer;
        await Promise.all(gone.map((it) => redis.del(at(it))));
        return { allowed: true, own, others };
      }),
    release: (...released) =>
      guarded(async () => {
        if (released.length > 0) await redis.releaseEntries(...keys, ...released);
      }),
  };
}
