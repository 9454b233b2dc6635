-- Sends the requests in a file, which are separated by zero bytes, one after another, and says in one line what came of
-- it. After the last it begins again, or stops if it is told "once". For wrk, on one thread.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int clock, moment *now);")
local MONOTONIC = 1

local threads, requests, sent, once = {}, {}, 0, false

local function microseconds()
  local now = ffi.new("moment")
  ffi.C.clock_gettime(MONOTONIC, now)
  return tonumber(now.seconds) * 1e6 + tonumber(now.nanoseconds) / 1e3
end

function setup(thread)
  threads[#threads + 1] = thread
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for request in file:read("*a"):gmatch("%Z+") do
    requests[#requests + 1] = request
  end
  file:close()
  once = arguments[2] == "once"
end

-- Globals are what wrk lets others see of a thread.
function request()
  began = began or microseconds()
  sent = sent + 1
  if once and sent > #requests and not took then
    took = microseconds() - began
    wrk.thread:stop()
  end
  return requests[(sent - 1) % #requests + 1]
end

-- wrk counts statuses from 400 up as errors.
function done(summary)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  local duration = threads[1]:get("took") or summary.duration
  print(string.format("came %d %d %d %d", summary.requests, duration, errors.status, broken))
end
