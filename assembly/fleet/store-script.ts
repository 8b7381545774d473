/**
 * What the store does in one call, atomically: it merges what a gateway says, and tells it what is new. The rules:
 *
 *   - Of two openings the later end wins.
 *   - A closing counts only at the version that its sender saw, so that a late success cannot close what another has opened again.
 *   - A person's order outranks what is learnt, until it ends. For a while after "bring back" no opening is taken: it may be a failure
 *     from before.
 *   - What comes more than 2 s after it was sent opens nothing: a server that was stopped finds it later in its sockets.
 *   - What is no entry, epoch, counter or gateway of ours, by its size or its number, is removed where it is met: an answer stays below
 *     40 KiB, whatever stands in the store.
 *   - A store whose clock was set back, or that has evicted some of its keys, begins anew: what it holds has ends that nobody meant, or
 *     is not all that the gateways believe it to know.
 *   - A version is the time of the change, or one more than the last: also after a replica that lacked the last changes has become the
 *     store, nobody has heard of a version before it is given.
 *   - The version is raised before an entry is written: a script that dies half-way is not rolled back, and two entries of one version
 *     would hide each other.
 *
 * It runs on Redis 7 and Valkey, and on every server that has their Lua.
 */
import { Bytes } from "../text/bytes";

/** The layout's number: what is not understood by an earlier version needs another one. */
export const KEY_PREFIX = "af1";

const TEXT = `-- KEYS: 1 entries (hash id -> "version until rank payload"), 2 id by version, 3 id by time to forget, 4 meta, 5 gateways by last seen.
-- ARGV: 1 epoch known, 2 version known, 3 gateway, 4 most entries, 5 presence ("", or for how long it counts, ms), 6 server's time as
--   the sender reckons it ("" at first), 7 1 in the midst of the pages of all entries, then fours: op, id, number, payload:
--   O open for n ms: the later end wins    C close, if still at version n    P a person: out for n ms    B a person: bring back, holds n ms
--   L lease for n ms    U give the lease back
-- Result: "af1", epoch, version, server's time ms, 1 if all is sent, [a number for each op], [id, value, ...], with the presence
--   how many gateways there are, [gateway, ms since it was seen, ...], and 1 if more pages follow
local GRACE, WEEK, LATE, BACK = 600000, 604800000, 2000, 5000
local ID, VALUE, EPOCH, GATEWAY, EXACT = 48, 256, 64, 32, 100000000000000
-- What a sender got wrong must not look like garbage in the store, which would be wiped.
if #ARGV < 7 or (#ARGV - 7) % 4 ~= 0 then return redis.error_reply('ERR fleet: arguments') end
local function counter(text)
  local n = tonumber(text or 0)
  if not n or n < 0 or n >= EXACT or n ~= math.floor(n) then error('garbage') end
  return n
end
local function forget(id)
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
end
local function holder(lease, now)
  local text = redis.pcall('GET', lease)
  local who, at = string.match(type(text) == 'string' and text or '', '^(%w+) (%d+)$')
  if who and tonumber(at) <= now + BACK then return who end
  if text then redis.call('DEL', lease) end
  return false
end
local function run()
  local t = redis.call('TIME')
  local now = t[1] * 1000 + math.floor(t[2] / 1000)
  local m = redis.call('HMGET', KEYS[4], 'epoch', 'version', 'floor')
  local epoch, version, floor = m[1], counter(m[2]), counter(m[3])
  if epoch and (#epoch == 0 or #epoch > EPOCH) or floor > version or version > now + BACK then error('garbage') end
  local wrote = false
  if not epoch then
    epoch, version, floor = ARGV[3] .. t[1] .. t[2], 0, 0
    redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
    redis.call('HSET', KEYS[4], 'epoch', epoch, 'version', 0, 'floor', 0)
    redis.call('PEXPIRE', KEYS[4], WEEK)
  end
  local late = now - (tonumber(ARGV[6]) or now) > LATE
  local answers = {}
  local function put(id, untilAt, rank, payload, forget)
    version = math.max(version + 1, now)
    redis.call('HSET', KEYS[4], 'version', version)
    wrote = true
    redis.call('HSET', KEYS[1], id, string.format('%.0f %.0f %d %s', version, untilAt, rank, payload))
    redis.call('ZADD', KEYS[2], version, id)
    redis.call('ZADD', KEYS[3], forget, id)
    return 1
  end
  for i = 8, #ARGV, 4 do
    local op, id, n, payload = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]) or 0, ARGV[i + 3]
    local lease = KEYS[1] .. ':' .. id
    local done = 0
    if op ~= 'C' and n > WEEK then n = WEEK end
    if late and (op == 'O' or op == 'L') then done = -1
    elseif op == 'L' then
      local own = string.format('%s %.0f', ARGV[3], now)
      local free = redis.call('SET', lease, own, 'NX', 'PX', n)
      local who = not free and holder(lease, now)
      if free or who == ARGV[3] then
        done = n
      elseif not who then
        redis.call('SET', lease, own, 'PX', n)
        done = n
      else
        local left = redis.call('PTTL', lease)
        -- Without an end, or with one that nobody asks for, it is none of ours.
        if left < 0 or left > 100 * n then redis.call('DEL', lease) end
        done = -math.max(math.min(left, n), 1)
      end
    elseif op == 'U' then
      if holder(lease, now) == ARGV[3] then done = redis.call('DEL', lease) end
    else
      local v, u, r = string.match(redis.call('HGET', KEYS[1], id) or '0 0 0 ', '^(%d+) (%d+) (%d) ')
      v, u, r = tonumber(v or 0), tonumber(u or 0), tonumber(r or 0)
      -- Nothing holds for so long.
      if u > now + WEEK + GRACE then v, u, r = 0, 0, 0 end
      local ruled = r > 0 and u > now
      if op == 'P' then done = put(id, now + n, 2, payload, now + n + GRACE)
      elseif op == 'B' then done = put(id, now + n, 1, payload, now + GRACE)
      elseif op == 'O' and not ruled and (r > 0 or now + n > u) then done = put(id, now + n, 0, payload, now + n + GRACE)
      elseif op == 'C' and not ruled and v == n and u > 0 then done = put(id, 0, 0, payload, now + GRACE) end
    end
    answers[#answers + 1] = done
  end
  if wrote then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 32)) do
      floor = math.min(math.max(floor, tonumber(redis.call('ZSCORE', KEYS[2], id) or 0)), version)
      forget(id)
    end
    redis.call('HSET', KEYS[4], 'floor', floor)
    for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], 2 * WEEK) end
  end
  if ARGV[5] ~= '' then
    local known = redis.call('ZCARD', KEYS[2])
    if known ~= redis.call('ZCARD', KEYS[3]) or known ~= redis.call('HLEN', KEYS[1]) then error('garbage') end
    redis.call('ZADD', KEYS[5], now, ARGV[3])
    local lasts = math.max(60000, tonumber(ARGV[5]) or 0)
    redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', now - lasts)
    redis.call('ZREMRANGEBYSCORE', KEYS[5], now + 60000, '+inf')
    redis.call('PEXPIRE', KEYS[5], 2 * lasts)
  end
  local since, all = tonumber(ARGV[2]) or 0, 0
  if ARGV[1] ~= epoch or since > version or (since < floor and ARGV[7] ~= '1') then since, all = 0, 1 end
  local entries, upTo = {}, version
  if since < version then
    local most = tonumber(ARGV[4]) or 100
    local ids = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. since, version, 'LIMIT', 0, most)
    if #ids > 0 then
      if #ids == most then upTo = math.min(math.ceil(tonumber(redis.call('ZSCORE', KEYS[2], ids[#ids]))), version) end
      local values = redis.call('HMGET', KEYS[1], unpack(ids))
      for i, id in ipairs(ids) do
        if #id > ID or not values[i] or #values[i] > VALUE then forget(id)
        else
          entries[#entries + 1] = id
          entries[#entries + 1] = values[i]
        end
      end
    end
  end
  local count, gateways = 0, {}
  if ARGV[5] ~= '' then
    count = redis.call('ZCARD', KEYS[5])
    local list = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, 64)
    for i = 1, #list, 2 do
      if #list[i] > GATEWAY then redis.call('ZREM', KEYS[5], list[i])
      else
        gateways[#gateways + 1] = list[i]
        gateways[#gateways + 1] = math.max(now - tonumber(list[i + 1]), 0)
      end
    end
  end
  return {'af1', epoch, upTo, now, all, answers, entries, count, gateways, upTo < version and 1 or 0}
end
local good, result = pcall(run)
if good then return result end
local why = type(result) == 'table' and result.err or tostring(result)
-- Garbage in our keys: begin anew, the gateways push again what they know.
if why:find('garbage') or why:find('WRONGTYPE') or why:find('attempt to') or why:find('not an integer') or why:find('not a valid float') then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
  return run()
end
return redis.error_reply(why)
`;

export const SCRIPT = Bytes.of(TEXT);

/** Its SHA-1, by which the server knows it: tests/unit/fleet-store.test.ts. */
export const SCRIPT_SHA = Bytes.of("62657834fb15086da47849a22968eb16e4883954");
