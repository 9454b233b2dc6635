-- A flood that solves nothing: connections that each ask again a moment after the answer, from networks as a gateway at
-- 127.0.0.1 states them. Half of the requests come from a few networks, half from thousands; one in ten is a login, one in ten
-- a solution that is none. For wrk, on one thread.

local PAUSE = 100 -- milliseconds, for each connection, on average
local sent = 0

local function network()
  if sent % 2 == 0 then
    return string.format("198.18.%d.7", math.random(0, 7))
  end
  return string.format("10.%d.%d.7", math.random(0, 15), math.random(0, 255))
end

function delay()
  -- Not all at the same moment, or others would get in between.
  return math.random(0, 2 * PAUSE)
end

function request()
  sent = sent + 1
  local headers = { ["X-Forwarded-For"] = network(), ["Accept"] = "text/html" }
  local kind = sent % 10
  if kind == 3 then
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return wrk.format("POST", "/login", headers, "user=ada&password=guess")
  elseif kind == 6 then
    headers["Content-Type"] = "application/json"
    return wrk.format("POST", "/.portcullis/redeem", headers, '{"challenge":"AA","solution":"AA"}')
  end
  return wrk.format("GET", "/login", headers)
end

-- wrk counts statuses from 400 up as errors.
function done(summary)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format("came %d %d %d", summary.requests, errors.status, broken))
end
