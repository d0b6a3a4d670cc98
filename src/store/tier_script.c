/* tier_script.c - the scripts, as a Redis of version 5 or later and Valkey take them
 *
 * Times are microseconds of the store's own clock, which a number of Lua holds exactly. A set's
 * entries whose time is over leave it a few at a time with each that comes, so that it is never
 * much larger than what it lists.
 */
#include "store/tier_script.h"

/* A time later than all before it, also where the clock was set back. */
#define NEXT_TIME                                                                                  \
    "local clock = redis.call('TIME')\n"                                                           \
    "local time = clock[1] * 1000000 + clock[2]\n"                                                 \
    "local last = tonumber(redis.call('GET', 'sheaf:purges') or 0) or 0\n"                         \
    "if time <= last then time = last + 1 end\n"                                                   \
    "time = string.format('%.0f', time)\n"                                                         \
    "redis.call('SET', 'sheaf:purges', time)\n"

#define STAMP "redis.call('SET', 'sheaf:p:' .. ARGV[1], time, 'PX', ARGV[2])\n"

/* Takes up to `room` records out of `set`; what is left of both. */
#define SWEEP                                                                                      \
    "local digests = redis.call('ZRANGE', set, 0, room - 1)\n"                                     \
    "for _, digest in ipairs(digests) do redis.call('UNLINK', 'sheaf:r:' .. digest) end\n"         \
    "if #digests > 0 then redis.call('ZREMRANGEBYRANK', set, 0, #digests - 1) end\n"               \
    "room = room - #digests\n"

const struct slice tier_scripts[TIER_N_SCRIPTS] = {
    [TIER_SCRIPT_PUT] =
        SLICE_INIT("local kept, since = tonumber(ARGV[2]), tonumber(ARGV[3])\n"
                   "local function is_purged(label)\n"
                   "  local time = redis.call('GET', 'sheaf:p:' .. label)\n"
                   "  return time and tonumber(time) > since\n"
                   "end\n"
                   "if is_purged('a:') then return 0 end\n"
                   "for i = 4, #ARGV do if is_purged(ARGV[i]) then return 0 end end\n"
                   "local clock = redis.call('TIME')\n"
                   "local now = clock[1] * 1000 + math.floor(clock[2] / 1000)\n"
                   "local digest = string.sub(KEYS[1], 9)\n"
                   "for i = 4, #ARGV do\n"
                   "  local set = 'sheaf:t:' .. ARGV[i]\n"
                   "  local over = redis.call('ZRANGEBYSCORE', set, '-inf', now, 'LIMIT', 0, 16)\n"
                   "  if #over > 0 then redis.call('ZREM', set, unpack(over)) end\n"
                   "  redis.call('ZADD', set, now + kept, digest)\n"
                   "  if redis.call('PTTL', set) < kept then redis.call('PEXPIRE', set, kept) end\n"
                   "end\n"
                   "redis.call('SET', KEYS[1], ARGV[1], 'PX', kept)\n"
                   "return 1\n"),
    [TIER_SCRIPT_PURGE] =
        SLICE_INIT(NEXT_TIME STAMP
                   "local set, room = 'sheaf:t:' .. ARGV[1], tonumber(ARGV[4])\n" SWEEP
                   "local left = redis.call('ZCARD', set)\n"
                   "if left == 0 then redis.call('PUBLISH', ARGV[3], time .. ' ' .. ARGV[1]) end\n"
                   "return left\n"),
    [TIER_SCRIPT_STAMP] = SLICE_INIT(NEXT_TIME STAMP "return 1\n"),
    [TIER_SCRIPT_SWEEP] = SLICE_INIT("local room, left = tonumber(ARGV[1]), 0\n"
                                     "for _, set in ipairs(KEYS) do\n"
                                     "if room > 0 then\n" SWEEP "end\n"
                                     "left = left + redis.call('ZCARD', set)\n"
                                     "end\n"
                                     "return left\n"),
    [TIER_SCRIPT_WITHDRAW] = SLICE_INIT("local at, flag = tonumber(ARGV[1]), tonumber(ARGV[2])\n"
                                        "local seen = redis.call('GETRANGE', KEYS[1], at, at + 1)\n"
                                        "local flags, status = string.byte(seen, 1, 2)\n"
                                        "if (status or 0) == 0 then return 0 end\n"
                                        "if math.floor(flags / flag) % 2 == 0 then return 0 end\n"
                                        "return redis.call('UNLINK', KEYS[1])\n"),
    [TIER_SCRIPT_TELL] =
        SLICE_INIT(NEXT_TIME "redis.call('PUBLISH', ARGV[1], time .. ' ' .. ARGV[2])\n"
                             "return 1\n"),
    [TIER_SCRIPT_RATE] = SLICE_INIT(
        "local interval, burst, n = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])\n"
        "local clock = redis.call('TIME')\n"
        "local now = clock[1] * 1000000 + clock[2]\n"
        "local word = tonumber(redis.call('GET', KEYS[1]) or 0) or 0\n"
        "local most = burst * interval\n"
        "local ahead = math.min(math.max(word - now, tonumber(ARGV[6])), 2 * most)\n"
        "local passes = ARGV[7] == '1' or (n <= burst and ahead + n * interval <= most + 1)\n"
        "local extra = 0\n"
        "if passes then\n"
        "  ahead = math.min(ahead + n * interval, 2 * most)\n"
        "  local share = math.floor((most - ahead) / interval / tonumber(ARGV[5]))\n"
        "  extra = math.max(math.min(share, tonumber(ARGV[4])), 0)\n"
        "  ahead = ahead + extra * interval\n"
        "  redis.call('SET', KEYS[1], string.format('%.3f', now + ahead), 'PX', "
        "string.format('%.0f', ahead / 1000 + 1000))\n"
        "end\n"
        "return {passes and 1 or 0, string.format('%.0f', ahead), extra}\n"),
};
