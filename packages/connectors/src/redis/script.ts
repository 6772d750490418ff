import { createHash } from "node:crypto";
import type { RedisLayout } from "./config.ts";

/** A script of the server, and the hash that the server knows it by. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
}

// R1. The mark is compared, the rows are written and the mark is moved in one call, which the
//     server runs as a whole and keeps as a whole in its append-only file.
// R2. A call that another type of value stops in the middle has not moved the mark: it is repeated
//     with the same rows. That changes nothing more, but for a stream, whose type is looked at
//     before anything is written. Redis refuses for want of memory only before the first write.

/** ARGV: partition, mark expected, mark afterwards, settings, rows. */
const begin = `
local mark = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if mark ~= ARGV[2] then return mark end
local settings, items = cmsgpack.unpack(ARGV[4]), cmsgpack.unpack(ARGV[5])
local call, ttl = redis.call, settings[1]
local at, count = 1, #items
`;

const end = `
call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
`;

/** Items: key, alive; then, if it is, a text or false for each column. Settings: ttl, columns. */
const hash = `
local width = #settings - 1
while at <= count do
  local key = items[at]
  if items[at + 1] then
    local fields, gone = {}, {}
    for column = 1, width do
      local value = items[at + 1 + column]
      if value then
        fields[#fields + 1] = settings[column + 1]
        fields[#fields + 1] = value
      else
        gone[#gone + 1] = settings[column + 1]
      end
    end
    local isEmpty = #fields == 0
    if isEmpty then fields = {'', ''} end
    call('HSET', key, unpack(fields))
    if #gone > 0 then
      if not isEmpty then gone[#gone + 1] = '' end
      call('HDEL', key, unpack(gone))
    end
    if ttl then call('PEXPIRE', key, ttl) end
    at = at + 2 + width
  else
    call('UNLINK', key)
    at = at + 2
  end
end
`;

/** Items: key, and a text, or false where the key goes. */
const json = `
while at <= count do
  local value = items[at + 1]
  if not value then call('UNLINK', items[at])
  elseif ttl then call('SET', items[at], value, 'PX', ttl)
  else call('SET', items[at], value) end
  at = at + 2
end
`;

/** Items: a text or false for each column. Settings: ttl, stream, length or false, columns. */
const stream = `
local key, length, width = settings[2], settings[3], #settings - 3
local kind = call('TYPE', key).ok
if kind ~= 'none' and kind ~= 'stream' then
  return redis.error_reply('WRONGTYPE ' .. key .. ' is no stream')
end
while at <= count do
  local words = {key}
  if length then words = {key, 'MAXLEN', '~', length} end
  words[#words + 1] = '*'
  local start = #words
  for column = 1, width do
    local value = items[at + column - 1]
    if value then
      words[#words + 1] = settings[column + 3]
      words[#words + 1] = value
    end
  end
  if #words == start then words[start + 1], words[start + 2] = '', '' end
  call('XADD', unpack(words))
  at = at + width
end
if ttl and count > 0 then call('PEXPIRE', key, ttl) end
`;

/** Items: key, member, and its score, or false where the member goes. */
const sortedSet = `
while at <= count do
  local key, score = items[at], items[at + 2]
  if score then call('ZADD', key, score, items[at + 1])
  else call('ZREM', key, items[at + 1]) end
  if ttl then call('PEXPIRE', key, ttl) end
  at = at + 3
end
`;

/** Items: texts. Settings: ttl, channel. */
const channel = `
while at <= count do
  call('PUBLISH', settings[2], items[at])
  at = at + 1
end
`;

const bodies: Readonly<Record<RedisLayout, string>> = { hash, json, stream, sortedSet, channel };

/** The script that writes rows of a layout and moves the mark. */
export function writeScript(layout: RedisLayout): Script {
  return scriptOf(begin + bodies[layout] + end);
}

/**
 * ARGV: generation, and keys. Gives 0 where a mark is of a later generation: nothing is removed.
 */
export const removeScript: Script = scriptOf(`
for _, mark in ipairs(redis.call('HVALS', KEYS[1])) do
  for generation in string.gmatch(mark, '(%d+):') do
    if tonumber(generation) > tonumber(ARGV[1]) then return 0 end
  end
end
redis.call('UNLINK', unpack(ARGV, 2))
return 1
`);

function scriptOf(text: string): Script {
  return { text, sha1: createHash("sha1").update(text).digest("hex") };
}
