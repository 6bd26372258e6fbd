/**
 * Takes `cost` calls from every bucket or from none. KEYS: one bucket each. ARGV: cost, then interval and burst of each
 * bucket in turn. Returns {0} when taken, else {µs until it could be, number of the bucket that takes longest}.
 *
 * A bucket holds the time at which it is full again (GCRA's TAT), in integer µs of Redis' own clock. That is never
 * further away than an empty bucket takes to fill: what lies beyond was written before the clock was set back.
 */
export const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost = tonumber(ARGV[1])
local wait, slowest, full = 0, 0, {}
for i, key in ipairs(KEYS) do
  local interval, burst = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local room = interval * burst
  local before = math.min(tonumber(redis.call('GET', key) or now), now + room)
  full[i] = math.max(before, now) + interval * cost
  local missing = full[i] - room - now
  if missing > wait then wait, slowest = missing, i end
end
if wait > 0 then return { string.format('%.0f', wait), slowest } end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000))
end
return { '0', 0 }`;

/**
 * Takes a place of each kind, or of none, until it is given back or expires. KEYS: the places of each kind. ARGV: the
 * lease, for how many ms, the longest time of any lease (what ends later was written before the clock was set back),
 * and how many places there are of each kind. Returns 0 when taken, else the number of the kind that has none left.
 * Asked again for the same lease (the answer was lost), it says so again.
 */
export const LEASE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local latest = now + ARGV[3]
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  for _, lease in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. latest, '+inf')) do
    redis.call('ZADD', key, latest, lease)
  end
  local isOwn = redis.call('ZSCORE', key, ARGV[1])
  if not isOwn and redis.call('ZCARD', key) >= tonumber(ARGV[3 + i]) then return i end
end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, 'NX', now + ARGV[2], ARGV[1])
  redis.call('PEXPIREAT', key, redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2])
end
return 0`;
