-- Portcullis for HAProxy 2.6 and later: asks the verifier about a request, and keeps the clearance from the site.
--
-- Why Lua: `core.httpclient` waits without holding a thread, and speaks the HTTP that the verifier speaks to every
-- gateway. SPOE would need an agent in between, which speaks a protocol of HAProxy's own.

local portcullis = {}

-- Asks /.portcullis/authorize by way of `listener`, where time-outs, health checks and connections are configured.
-- Leaves in txn.portcullis what the configuration acts on:
--   admit                               the verifier says so in full: 200 and Portcullis-Action: admit
--   challenge, budget, deny, overload   it does not admit; /.portcullis/page has the answer for the client
--   refused                             it does not take the question, so that asking badly lets nobody in
--   failed                              the verifier gives no answer: each route is open or closed, as configured
--   busy                                HAProxy could not ask itself, so that filling HAProxy up lets nobody in
function portcullis.authorize(txn, listener)
    local headers = {}
    for name, values in pairs(txn.http:req_get_headers()) do
        -- HAProxy drops names with an underscore later than this.
        if not portcullis.not_passed[name] and not name:find("_", 1, true) then
            headers[name] = portcullis.from_zero(values)
        end
    end
    headers["x-original-method"] = { txn.sf:method() }
    -- Without a target it would be a mere look at the cookie. An absolute target may end after the host.
    local target = txn.sf:pathq()
    headers["x-original-uri"] = { target == "" and "/" or target }
    local question = { url = "http://portcullis/.portcullis/authorize", headers = headers, dst = listener }
    local asked, answer = pcall(function() return core.httpclient():get(question) end)
    txn:set_var("txn.portcullis", portcullis.verdict(asked and answer or {}))
end

function portcullis.verdict(answer)
    local status, headers = answer.status or 0, answer.headers or {}
    local action = (headers["portcullis-action"] or {})[0]
    -- The listener marks everything that passes it, its own errors too.
    if not headers["portcullis-asked"] then
        return "busy"
    elseif status == 200 and action == "admit" then
        return "admit"
    elseif status == 403 and portcullis.not_admitted[action] then
        return action
    elseif status >= 400 and status < 500 then
        return "refused"
    end
    return "failed"
end

-- Takes the clearance and the standing token, by all their names, out of every Cookie header.
function portcullis.hide_cookie(txn)
    local kept = {}
    for _, value in ipairs(portcullis.from_zero(txn.http:req_get_headers()["cookie"] or {})) do
        for pair in value:gmatch("[^;]+") do
            pair = pair:match("^%s*(.-)%s*$")
            local name = pair:match("^[^=]*"):gsub("^__Host%-", ""):gsub("%-standing$", "")
            if pair ~= "" and name ~= "portcullis" then
                kept[#kept + 1] = pair
            end
        end
    end
    txn.http:req_del_header("cookie")
    if #kept > 0 then
        txn.http:req_set_header("cookie", table.concat(kept, "; "))
    end
end

-- HAProxy gives values from index 0, and takes them from index 1.
function portcullis.from_zero(values)
    local list = {}
    for index = 0, #values do
        list[#list + 1] = values[index]
    end
    return list
end

portcullis.not_admitted = { challenge = true, budget = true, deny = true, overload = true }

-- What concerns one connection or a body: the question has a connection of its own, and no body.
portcullis.not_passed = {
    ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["keep-alive"] = true,
    ["proxy-connection"] = true, ["te"] = true, ["trailer"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
}

core.register_action("portcullis_authorize", { "http-req" }, portcullis.authorize, 1)
core.register_action("portcullis_hide_cookie", { "http-req" }, portcullis.hide_cookie)
