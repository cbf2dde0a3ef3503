/**
 * The script that Redis runs for each batch of a {@linkcode Session}: all operations on values, queues and locks.
 *
 * ```
 * KEYS[1]   the session: a hash with the number of its last batch, and the replies to it
 * ARGV      number of the batch, first part of all keys, then for each operation: its name, the name of the value, queue or
 *           lock, the count of its arguments, its arguments
 * replies   a list for each operation: its status, then what belongs to that
 * ```
 *
 * The replies stay in Redis until the next batch. So a batch that is sent again, because its connection broke before the
 * reply came, has no second effect: it gets the replies of the first time. A batch that arrives after its successor, on a
 * connection that was taken for broken, has no effect either.
 *
 * A published message wakes those who wait; it is not the item, so one that is lost with a connection loses nothing. It is
 * published when an empty queue gets an item, when a full one gets room, when a queue is closed, and when a lock is released.
 *
 * Integers are text: numbers of Lua have 53 bits.
 *
 * @module
 */

/** Milliseconds for which Redis keeps the last replies of a session: a batch that is sent again later has a second effect. */
const KEEP = 3_600_000;

/** Its text. */
export const SESSION_SCRIPT = `
local number, base = tonumber(ARGV[1]), ARGV[2]
local last = tonumber(redis.call("HGET", KEYS[1], "number") or "0")
if last == number then return cmsgpack.unpack(redis.call("HGET", KEYS[1], "replies")) end
if last > number then return redis.error_reply("ISOPOOL the batch came after its successor") end

local function key(kind, name) return base .. kind .. ":" .. name end
local call = redis.call
local ops = {}

function ops.value(name, change, operand, expected, limit, lock, token)
  if lock ~= "" and call("GET", key("lock", lock)) ~= token then return { "stale" } end
  local at = key("value", name)
  local before = call("GET", at) or "0"
  if change == "add" then
    local sum = tonumber(before) + tonumber(operand)
    if limit ~= "" and (sum > tonumber(limit) or sum < -tonumber(limit)) then return { "range", before } end
    local result = redis.pcall("INCRBY", at, operand)
    if type(result) == "table" and result.err then return { "range", before } end
  elseif change == "set" or (change == "swap" and before == expected) then
    call("SET", at, operand)
  elseif change == "delete" then
    call("DEL", at)
  end
  return { "ok", before }
end

function ops.put(name, maxSize, item)
  if call("EXISTS", key("closed", name)) == 1 then return { "closed" } end
  local items = key("items", name)
  local size = call("LLEN", items)
  if maxSize ~= "" and size >= tonumber(maxSize) then
    call("SET", key("full", name), "1")
    return { "full" }
  end
  local ticket = call("INCR", key("tickets", name)) - 1
  call("LPUSH", items, item)
  if size == 0 then call("PUBLISH", items, "") end
  return { "ok", ticket }
end

function ops.take(name)
  local items = key("items", name)
  local item = call("RPOP", items)
  if item then
    if call("DEL", key("full", name)) == 1 then call("PUBLISH", items, "") end
    return { "ok", item }
  end
  if call("EXISTS", key("closed", name)) == 1 then return { "closed" } end
  return { "empty" }
end

function ops.giveBack(name, item)
  call("RPUSH", key("items", name), item)
  call("PUBLISH", key("items", name), "")
  return { "ok" }
end

function ops.status(name)
  return { "ok", call("LLEN", key("items", name)), call("EXISTS", key("closed", name)) }
end

function ops.close(name)
  call("SET", key("closed", name), "1")
  call("PUBLISH", key("items", name), "")
  return { "ok" }
end

function ops.drop(name)
  call("DEL", key("items", name), key("tickets", name), key("full", name), key("closed", name))
  call("PUBLISH", key("items", name), "")
  return { "ok" }
end

function ops.lock(name, lease)
  local at = key("lock", name)
  local time = call("TIME")
  local last = tonumber(call("GET", key("token", name)) or "0")
  local token = string.format("%.0f", math.max(time[1] * 1000000 + time[2], last + 1))
  if not call("SET", at, token, "NX", "PX", lease) then return { "held", call("PTTL", at) } end
  call("SET", key("token", name), token)
  return { "ok", token }
end

function ops.renew(name, token, lease)
  if call("GET", key("lock", name)) ~= token then return { "lost" } end
  call("PEXPIRE", key("lock", name), lease)
  return { "ok" }
end

function ops.unlock(name, token)
  local at = key("lock", name)
  if call("GET", at) ~= token then return { "lost" } end
  call("DEL", at)
  call("PUBLISH", at, "")
  return { "ok" }
end

function ops.holder(name)
  return { "ok", call("GET", key("lock", name)) or "" }
end

local replies = {}
local at = 3
while at <= #ARGV do
  local name, count = ARGV[at + 1], tonumber(ARGV[at + 2])
  local ok, reply = pcall(ops[ARGV[at]], name, unpack(ARGV, at + 3, at + 2 + count))
  if not ok then reply = { "error", type(reply) == "table" and reply.err or tostring(reply) } end
  replies[#replies + 1] = reply
  at = at + 3 + count
end
call("HSET", KEYS[1], "number", number, "replies", cmsgpack.pack(replies))
call("PEXPIRE", KEYS[1], ${KEEP})
return replies
`;
