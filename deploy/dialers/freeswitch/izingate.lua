-- izingate from a script: copy to scripts/izingate.lua, load mod_lua and mod_curl, and call it before a call is bridged:
--
--   <action application="lua" data="izingate.lua 700001 ARAMA ${destination_number}"/>
--   <action application="execute_extension" data="send_${izingate_allowed} XML dialer"/>
--
-- It sets izingate_allowed (1 or 0), izingate_decision, izingate_reason and izingate_decision_id. Whatever goes wrong is
-- 0 and DEFER.

local gateway = "http://127.0.0.1:7070"

local function escaped(text)
    return (text:gsub("[^%w]", function(byte) return string.format("%%%02X", byte:byte()) end))
end

local function ask(brand, channel, recipient, reference)
    local url = gateway .. "/v1/check?brandCode=" .. escaped(brand) .. "&type=" .. escaped(channel)
        .. "&recipient=" .. escaped(recipient) .. "&reference=" .. escaped(reference)
    return freeswitch.API():execute("curl", url .. " connect-timeout 1 timeout 2") or ""
end

local brand, channel, recipient = argv[1], argv[2], argv[3]
local allowed, decision, reason, id = "0", "DEFER", "GATEWAY_FAILED", ""

if brand and channel and recipient then
    local body = ask(brand, channel, recipient, session:getVariable("uuid") or "")
    local said, word = body:match('^{"allowed":(%l+),"decision":"(%u+)",')
    if said and (word == "ALLOW") == (said == "true") then
        allowed, decision = (said == "true") and "1" or "0", word
        reason = body:match('"reason":"([%u%d_]+)"') or ""
        id = body:match('"decisionId":"(%x+)"') or ""
    else
        reason = body:match('"code":"([%u%d_]+)"') or reason
    end
else
    reason = "MISSING_FIELD"
end

session:setVariable("izingate_allowed", allowed)
session:setVariable("izingate_decision", decision)
session:setVariable("izingate_reason", reason)
session:setVariable("izingate_decision_id", id)
