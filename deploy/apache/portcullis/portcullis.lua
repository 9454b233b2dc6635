-- Asks the verifier about each request before Apache does anything else with it: mod_lua, with sockets from luasocket.
--
-- Debian: apt install apache2 lua-socket; a2enmod lua proxy proxy_http

-- Where the verifier listens.
local verifier = "127.0.0.1:8080"

-- Paths, in lower case, that stay shut while the verifier gives no verdict, and all below them; they are compared with the
-- decoded path in whatever case. Everything else stays open then.
local closed = { "/login" }

-- At most this long for a connection, and then for a verdict, in seconds.
local connect_within, answer_within = 1, 2

local socket = require "socket"

-- What no client may claim about itself: removed from every request.
local claims = {
    "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-Uri",
    "X-Forwarded-Method", "X-Original-URI", "X-Original-URL", "X-Original-Method", "X-Real-IP", "Forwarded",
    "Portcullis-Action",
}

-- What the verifier is told of the client's own headers: what the default policy reads. Add those that your own rules name.
local told = {
    "Accept", "Accept-Encoding", "Accept-Language", "Access-Control-Request-Method", "Authorization", "Content-Type",
    "Cookie", "Origin", "Range", "Sec-CH-UA", "Sec-CH-UA-Mobile", "Sec-CH-UA-Platform", "Sec-Fetch-Dest",
    "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Sec-Purpose", "Sec-WebSocket-Version", "Service-Worker",
    "Signature", "Signature-Agent", "Signature-Input", "User-Agent", "X-HTTP-Method-Override", "X-Rewrite-URL",
}

-- What the verifier is asked.
local function question(r)
    local head = {
        "GET /.portcullis/authorize HTTP/1.1",
        "Host: " .. (r.headers_in["Host"] or ""),
        "Connection: close",
        "X-Forwarded-For: " .. r.useragent_ip,
        "X-Forwarded-Proto: " .. (r.is_https and "https" or "http"),
        "X-Original-Method: " .. r.method,
        -- Byte for byte as the client sent it; r.uri is decoded and normalised, and the origin gets the former.
        "X-Original-URI: " .. r.unparsed_uri,
    }
    for _, name in ipairs(told) do
        local value = r.headers_in[name]
        -- The verifier needs only the beginning of a header, except for the cookie.
        if value and name ~= "Cookie" then value = value:sub(1, 1000) end
        if value then table.insert(head, name .. ": " .. value) end
    end
    return table.concat(head, "\r\n") .. "\r\n\r\n"
end

-- Status and action of the answer to a question, each nil where there is none.
local function answer(asked)
    local host, port = verifier:match("^(.*):(%d+)$")
    local connection = socket.tcp()
    connection:settimeout(connect_within)
    if not connection:connect(host, port) then
        connection:close()
        return nil
    end
    local deadline = socket.gettime() + answer_within
    connection:settimeout(answer_within)
    connection:send(asked)
    local function line()
        connection:settimeout(math.max(deadline - socket.gettime(), 0))
        return connection:receive("*l")
    end
    local status = (line() or ""):match("^HTTP/1%.1 (%d%d%d)")
    local action
    -- A head of a few lines: a program that sends more is not the verifier.
    for _ = 1, 50 do
        local field = line()
        if not field or field == "" then break end
        action = field:match("^[Pp]ortcullis%-[Aa]ction: *(%a+)$") or action
    end
    connection:close()
    return status, action
end

-- The verdict on a request: "admit", another action, or nil if there is none. Only 200 with the verifier's own header
-- admits, so that no other program on its port does. A request that the verifier cannot read is refused: it must not pass
-- for a verifier that is down, or every open route would be open to clients that send such requests.
local function verdict(r)
    local asked = question(r)
    if #asked > 48 * 1024 then return "deny" end
    local status, action = answer(asked)
    if status == "400" or status == "413" or status == "414" or status == "431" then return "deny" end
    if status == "200" and action == "admit" or status == "403" and action ~= "admit" then return action end
    return nil
end

-- Sends the request to the verifier, with its method and its body. `target` is sent as it is, byte for byte.
local function to_verifier(r, target)
    r.notes["proxy-nocanon"] = "1"
    r.proxyreq = apache2.PROXYREQ_REVERSE
    r.handler = "proxy-server"
    r.filename = "proxy:http://" .. verifier .. target
    return apache2.OK
end

local function is_below(path, root)
    return path == root or path:sub(1, #root + 1) == root .. "/"
end

-- What the site may read as another path than Apache does is closed too: decoded twice, dots behind %2f, backslashes,
-- parameters. (Apache has left %2f as it is.)
local function is_closed(path)
    path = path:lower():gsub("%%2f", "/"):gsub("/+", "/")
    if path:find("[%%;\\]") or (path .. "/"):find("/%.%.?/") then return true end
    for _, root in ipairs(closed) do
        if is_below(path, root) then return true end
    end
    return false
end

-- What only counts between the client and Apache may not name other headers: the proxy would drop them on the way.
local function tame_connection(r)
    local kept = {}
    for option in (r.headers_in["Connection"] or ""):gmatch("[^,%s]+") do
        option = option:lower()
        if option == "close" or option == "keep-alive" or option == "upgrade" then table.insert(kept, option) end
    end
    r.headers_in["Connection"] = #kept > 0 and table.concat(kept, ", ") or nil
end

-- The clearance and the standing token are the gate's business and not the origin's.
local function without_clearance(cookies)
    local kept = {}
    for pair in cookies:gmatch("[^;]+") do
        pair = pair:match("^%s*(.-)%s*$")
        local is_ours = pair:match("^__Host%-portcullis=") or pair:match("^__Host%-portcullis%-standing=")
        if not is_ours then table.insert(kept, pair) end
    end
    return #kept > 0 and table.concat(kept, "; ") or nil
end

-- The hook: before any other module looks where a request leads.
function ask(r)
    -- Not for requests that Apache makes of itself, such as an error document.
    if not r.is_initial_req then return apache2.DECLINED end
    -- A target in absolute form would reach the origin in another form than was judged. Clients of a site send none.
    if r.unparsed_uri:sub(1, 1) ~= "/" then return 400 end
    for _, name in ipairs(claims) do
        r.headers_in[name] = nil
        -- Some sites read the one as the other.
        r.headers_in[(name:gsub("-", "_"))] = nil
    end
    tame_connection(r)
    r.headers_in["X-Forwarded-For"] = r.useragent_ip
    r.headers_in["X-Forwarded-Proto"] = r.is_https and "https" or "http"
    -- Challenges, solutions, the page's script: for every visitor.
    if is_below(r.uri, "/.portcullis") then return to_verifier(r, r.unparsed_uri) end

    local action = verdict(r)
    if action == nil and is_closed(r.uri) then
        r.err_headers_out["Retry-After"] = "5"
        r.err_headers_out["Cache-Control"] = "no-store"
        return 503
    end
    if action ~= nil and action ~= "admit" then
        r.headers_in["X-Original-Method"] = r.method
        r.headers_in["X-Original-URI"] = r.unparsed_uri
        return to_verifier(r, "/.portcullis/page")
    end
    local cookies = r.headers_in["Cookie"]
    if cookies then r.headers_in["Cookie"] = without_clearance(cookies) end
    return apache2.DECLINED
end
