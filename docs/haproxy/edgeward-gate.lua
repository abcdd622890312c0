-- The gate inside HAProxy: reads each request as the portal does, and holds it against maps that edgeward-watch keeps through the runtime socket.
-- It decides as `judgeRequest` of Edgeward does; a test asks both the same. Needs HAProxy 2.6 with Lua 5.3, and edgeward-spellings.lua loaded before it.

local folder = os.getenv("EDGEWARD_MAPS") or "/etc/haproxy/edgeward"
local function open_map(name, kind) return Map.new(folder .. "/edgeward-" .. name .. ".map", kind) end
local policy_map, standings, users = open_map("policy", Map._str), open_map("standings", Map._str), open_map("users", Map._str)
local grants, addresses = open_map("grants", Map._str), open_map("addresses", Map._ip)

-- The first requests of a worker wait so long for its maps: watch fills them within a second of a reload.
local FILL_WAIT_MS = 2000
-- So many requests one behind another on which this code fails are no odd requests: it can judge none.
local MOST_FAILED = 100
local LOG_IN_MS, ZONE_MS, DAY_MS = 600000, 25200000, 86400000
local MOST_KNOWN = 32768
-- More marks than a log-in or look-up has: whoever sends a body full of them holds nobody up.
local MOST_MARKS = 1000
local RULES = { "suspended", "retired", "unnamed", "shared", "user", "address", "otp", "hours", "throttled", "rate" }

-- The key that hides persons in the log: read once, before HAProxy gives up its rights.
local subject_key
do
  local name = os.getenv("EDGEWARD_SUBJECT_KEY_FILE") or ""
  local file = name ~= "" and io.open(name, "r")
  if file then
    subject_key = (file:read("a") or ""):gsub("%s", "")
    file:close()
    if #subject_key < 24 then error("EDGEWARD_SUBJECT_KEY_FILE must hold at least 16 bytes as base64") end
  elseif name ~= "" then
    error("EDGEWARD_SUBJECT_KEY_FILE cannot be read")
  end
end

---------------------------------------------------------------------------------------------------- reading

local spelled = {}
for from, to, kind, text in edgeward_spellings:gmatch("(%x+)-(%x+)([=+])(%S*)") do
  local first = tonumber(from, 16)
  for code = first, tonumber(to, 16) do
    spelled[code] = kind == "+" and tostring(tonumber(text) + code - first) or (text:gsub("%.", " "))
  end
end

local function utf8_of(code)
  if code >= 0xd800 and code <= 0xdfff then code = 0xfffd end
  return utf8.char(code)
end

-- %41 and %u0041, once. What is no escape stays as it is.
local function decode_percent(text)
  if not text:find("%", 1, true) then return text end
  local parts, at = {}, 1
  while true do
    local percent = text:find("%", at, true)
    if not percent then break end
    parts[#parts + 1] = text:sub(at, percent - 1)
    local unicode = text:match("^[uU](%x%x%x%x)", percent + 1)
    local byte = not unicode and text:match("^%x%x", percent + 1)
    if unicode then
      parts[#parts + 1] = utf8_of(tonumber(unicode, 16))
      at = percent + 6
    elseif byte then
      parts[#parts + 1] = string.char(tonumber(byte, 16))
      at = percent + 3
    else
      parts[#parts + 1] = "%"
      at = percent + 1
    end
  end
  parts[#parts + 1] = text:sub(at)
  return table.concat(parts)
end

local function decode_query(text) return decode_percent((text:gsub("%+", " "))) end

local function segments_of(raw)
  local kept = {}
  for segment in decode_percent(raw):gsub("\\", "/"):gmatch("[^/]+") do
    if segment == ".." then
      kept[#kept] = nil
    elseif segment ~= "." then
      kept[#kept + 1] = segment
    end
  end
  return kept
end

-- A session in a segment of its own, /(S(...))/, which ASP.NET takes out of the path.
local function is_cookieless(segment)
  local inside = segment:match("^%((.+)%)$")
  if not inside then return false end
  local at = 1
  while at <= #inside do
    local _, stop = inside:find("^%a%([^()]*%)", at)
    if not stop then return false end
    at = stop + 1
  end
  return true
end

local LOOKUPS = {
  nhanlichsukcb2024 = "KQNhanLichSuKCB2024", nhanlichsukcb2019 = "KQNhanLichSuKCB2019", nhanlichsukcb2018 = "KQNhanLichSuKCB2018",
  nhanlichsukcb595 = "KQNhanLichSuKCB595", nhanlichsukcb = "nhanLichSuKCB",
}
local GATEWAY = {
  ktmathe = { "ktMathe", "lookup" }, lskcb2025 = { "Lskcb2025", "history" }, nhanhosokcbchitiet = { "nhanHoSoKCBChiTiet", "record" },
}
local AREAS = {
  qd130 = { "qd130", "submit" }, chungtugw = { "chungtugw", "submit" }, hososuckhoe = { "hososuckhoe", "submit" },
  hssk = { "hssk", "submit" }, danhmucgw = { "DanhMucGW", "catalogue" },
}

-- The function that a path asks for, and its class.
local function find_function(raw)
  local written, names = {}, {}
  for _, segment in ipairs(segments_of(raw)) do
    if not is_cookieless(segment) then
      segment = segment:match("^[^;]*"):gsub("[. ]+$", "")
      written[#written + 1] = segment
      names[#names + 1] = segment:lower()
    end
  end
  local at = 1
  while names[at] == "api" and names[at + 1] == "egw" and names[at + 2] == "api" do at = at + 2 end
  local first, second, third = names[at], names[at + 1], names[at + 2] or ""
  if first == "thongtuyenlskcb" then return "ThongTuyenLSKCB", "history" end
  if first ~= "api" or not second then return "other", "other" end
  if second == "token" then
    if third == "take" then return "token/take", "token" end
    return "other", "other"
  end
  if second == "tracuucct" then
    if third == "tracuutienmcct" then return "TraCuuTienMCCT", "lookup" end
    return "other", "other"
  end
  if second ~= "egw" then
    local area = AREAS[second]
    if area then return area[1], area[2] end
    return "other", "other"
  end
  local lookup = LOOKUPS[(third:gsub("^kq", ""))]
  if lookup then return lookup, "lookup" end
  local known = GATEWAY[third]
  if known then return known[1], known[2] end
  if third == "guihosogiamdinh4210" then return "guiHoSoGiamDinh4210", "submit" end
  local letters, version = third:match("^guihoso(%l*)(%d*)$")
  if letters and #letters <= 40 and #version <= 6 then return "guiHoSo" .. written[at + 2]:sub(8), "submit" end
  return "other", "other"
end

-- The account that a text (UTF-8) names, and its facility; nothing where it has none of the portal's shapes.
local function find_account(text)
  if #text > 256 then return nil end
  local units = 0
  local plain = text
  if text:find("[^\x20-\x7e]") then
    if not utf8.len(text) then return nil end
    local parts = {}
    for _, code in utf8.codes(text) do
      units = units + (code > 0xffff and 2 or 1)
      if code >= 0x80 then
        local stands_for = spelled[code]
        if not stands_for then return nil end
        parts[#parts + 1] = stands_for
      elseif code >= 0x20 and code ~= 0x7f then
        parts[#parts + 1] = string.char(code)
      end
    end
    plain = table.concat(parts)
  else
    units = #text
  end
  if units > 64 then return nil end
  plain = plain:match("^ *(.-) *$")
  if plain:find("^%d%d%d%d%d$") then return plain, plain end
  if #plain == 12 and not plain:find("%D") then return plain, nil end
  local facility, suffix = plain:match("^(%d%d%d%d%d)_(%w+)$")
  if not facility then return nil end
  suffix = suffix:upper()
  if suffix == "BV" or suffix == "TC" or (#suffix == 12 and not suffix:find("%D")) then return facility .. "_" .. suffix, facility end
  return nil
end

local VALUES = {}
for at = 0, 63 do VALUES[("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):byte(at + 1)] = at end

local function decode_base64(text)
  local bytes, bits, held = {}, 0, 0
  for at = 1, #text do
    local value = VALUES[text:byte(at)]
    if not value then break end
    held, bits = ((held << 6) | value) & 0xffffff, bits + 6
    if bits >= 8 then
      bits = bits - 8
      bytes[#bytes + 1] = string.char((held >> bits) & 0xff)
    end
  end
  return table.concat(bytes)
end

-- The account that an access token of the portal names: base64(base64(32 bytes) ":" account ":" FILETIME). Nothing of it is kept.
local function find_token_account(text)
  if not text or text == "" or #text > 256 then return nil end
  local token = text:gsub("^[%s\xa0]+", ""):gsub("[%s\xa0]+$", ""):gsub("^[bB][eE][aA][rR][eE][rR] +", "")
  local digits = token:match("^([%w+/]+)=?=?$")
  if not digits or #digits < 80 then return nil end
  local mac, name, time = decode_base64(digits):match("^([%w+/]+)=:([^:]+):(%d+)$")
  if not mac or #mac ~= 43 or #name > 64 or #time ~= 18 then return nil end
  return find_account((name:gsub("[\x80-\xff]", function(byte) return utf8.char(byte:byte()) end)))
end

-- Path and query of a request target (RFC 9112, section 3.2).
local function split_target(uri)
  local rest = uri
  if uri:byte(1) ~= 47 then
    local _, stop = uri:find("^[hH][tT][tT][pP][sS]?://[^/?#]*")
    if not stop then return nil, nil end
    rest = uri:sub(stop + 1)
  end
  local path, mark, query = rest:match("^([^?#]*)([?#]?)([^#]*)")
  return path, mark == "?" and query or nil
end

-- Pairs of a query or form until `take` says that it has all, or `most` were seen.
local function each_pair(query, most, take)
  local seen = 0
  for name, value in query:gmatch("([^&=]*)=?([^&]*)") do
    if name ~= "" then
      if take(name, value) then return end
      seen = seen + 1
      if seen >= most then return end
    end
  end
end

local function is_named(name, wanted)
  if #name == #wanted and not name:find("[%%+]") then return name:lower() == wanted end
  return #name > #wanted and name:find("[%%+]") ~= nil and #name <= 64 and decode_query(name):lower() == wanted
end

-- Pairs at the top of a JSON text, in either kind of quotes; what is cut short ends it, and so do too many marks.
local function each_member(text, take)
  local depth, at, name = 0, 1, nil
  for _ = 1, MOST_MARKS do
    -- Commas and bare values count behind a name at the top alone.
    at = text:find(name and depth == 1 and "[\"'{}%[%],%w-]" or "[\"'{}%[%]]", at)
    if not at then return end
    local char = text:sub(at, at)
    if char == '"' or char == "'" then
      local parts, from = {}, at + 1
      while true do
        local stop = text:find("[\\" .. char .. "]", from)
        if not stop then return end
        parts[#parts + 1] = text:sub(from, stop - 1)
        if text:sub(stop, stop) == char then
          at = stop
          break
        end
        local unicode = text:match("^u(%x%x%x%x)", stop + 1)
        local escaped = text:sub(stop + 1, stop + 1)
        parts[#parts + 1] = unicode and utf8_of(tonumber(unicode, 16)) or (({ b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" })[escaped] or escaped)
        from = stop + (unicode and 6 or 2)
      end
      local value = table.concat(parts)
      if depth == 1 then
        if name then
          take(name, value)
          name = nil
        elseif text:find("^%s*:", at + 1) then
          name = value
        end
      end
    elseif char == "{" or char == "[" then
      depth, name = depth + 1, nil
    elseif char == "}" or char == "]" then
      depth, name = depth - 1, nil
    elseif char == "," then
      name = nil
    else
      local bare = text:match("^[%w.+-]+", at)
      take(name, bare)
      name, at = nil, at + #bare - 1
    end
    at = at + 1
  end
end

-- The account, facility and person that a body names. A JSON key that stands twice: the portal takes the last.
local function read_body(body)
  local found = {}
  local function note(name, value, is_last)
    if name == "username" then
      if is_last or found.username == nil then
        if found.username and found.username ~= value then found.before = found.username end
        found.username = value
      end
    elseif name == "mathe" and found.subject == nil then
      found.subject = value
    end
  end
  if body:find("^[%s\xef\xbb\xbf]*{") then
    each_member(body, function(name, value) note(name:lower(), value, true) end)
  else
    each_pair(body, MOST_MARKS, function(name, value)
      if is_named(name, "username") then
        note("username", decode_query(value), false)
      elseif is_named(name, "mathe") then
        note("mathe", decode_query(value), false)
      end
    end)
  end
  return found
end

-------------------------------------------------------------------------------------------------- what is held

local function now_ms()
  local now = core.now()
  return now.sec * 1000 + now.usec // 1000
end
local started_ms = now_ms()

local function letters_of(bytes, count)
  return (bytes:sub(1, count):gsub(".", function(byte)
    local value = byte:byte()
    return string.char(97 + (value >> 4), 97 + (value & 15))
  end))
end

-- A memory that forgets its older half when the younger one is full.
local function create_memory()
  local young, old, size = {}, {}, 0
  return {
    get = function(key) return young[key] or old[key] end,
    set = function(key, value)
      if young[key] == nil then
        if size >= MOST_KNOWN then
          young, old, size = {}, young, 0
        end
        size = size + 1
      end
      young[key] = value
    end,
  }
end

local known, known_under = create_memory(), nil
local log_ins = create_memory()

-- An account by the names that others give it: keyed, so that no map holds a citizen ID.
local function names_of(txn, account)
  local keys = txn:get_var("proc.edgeward_keys") or ""
  if keys ~= known_under then
    known, known_under = create_memory(), keys
  end
  local names = known.get(account)
  if names then return names end
  local all = {}
  for key in keys:gmatch("[^,]+") do all[#all + 1] = key end
  local hmac = function(text, key) return txn.c:hmac(text, "sha256", key) end
  names = { masked = account, tokens = {} }
  if all[1] and all[1] ~= "-" and #account >= 10 then
    names.masked = account:gsub("%d+", function(digits)
      return #digits >= 10 and letters_of(hmac("account\0" .. digits, all[1]), 6) or digits
    end)
  end
  if all[2] and all[2] ~= "-" then names.tally = letters_of(hmac("tally\0" .. account, all[2]), 8) end
  for at = 3, #all do names.tokens[#names.tokens + 1] = letters_of(hmac(account, all[at]), 8) end
  known.set(account, names)
  return names
end

local policy, policy_epoch = nil, nil
local function words_of(text)
  local words = {}
  for word in (text or ""):gmatch("%S+") do words[#words + 1] = word end
  return words
end

-- The policy, read anew when watch has put another one there; nothing before the maps are filled.
local function policy_now()
  local epoch = policy_map:lookup("epoch")
  if not epoch or epoch == "" then return nil end
  if epoch == policy_epoch then return policy end
  local fresh = { rules = {}, rights = {} }
  for _, rule in ipairs(RULES) do
    local mode, rehearse, enforce, classes = table.unpack(words_of(policy_map:lookup("rule." .. rule)))
    local judged = {}
    for class in (classes or ""):gmatch("[^,]+") do judged[class] = true end
    fresh.rules[rule] = { mode = tonumber(mode) or 0, rehearse = tonumber(rehearse), enforce = tonumber(enforce), judged = judged }
  end
  for class, letter in (policy_map:lookup("rights") or ""):gmatch("(%l+)=(%l)") do fresh.rights[class] = letter end
  fresh.strongest = tonumber(policy_map:lookup("strongest")) or 3
  local open, close = table.unpack(words_of(policy_map:lookup("hours")))
  fresh.open, fresh.close = tonumber(open) or 0, tonumber(close) or 1440
  local per_minute, burst = table.unpack(words_of(policy_map:lookup("throttled")))
  fresh.throttled = { tonumber(per_minute) or 20, tonumber(burst) or 10 }
  policy, policy_epoch = fresh, epoch
  return policy
end

local function mode_of(rule, date_ms)
  local own = policy.rules[rule]
  local mode = own.mode
  if own.enforce and own.enforce >= 0 and date_ms >= own.enforce then
    mode = 3
  elseif own.rehearse and own.rehearse >= 0 and date_ms >= own.rehearse then
    mode = math.max(mode, 2)
  end
  return math.min(mode, policy.strongest)
end

local function standing_under(key, at_ms)
  local action, until_ms = (standings:lookup(key) or ""):match("^(%l+) (%d+)$")
  if not action or at_ms >= tonumber(until_ms) then return nil end
  return action
end

-- What detection says of an account: the stronger of this edge's word and that of all edges.
local function action_of(txn, account, at_ms)
  local names = names_of(txn, account)
  local own = standing_under(names.masked, at_ms)
  local fleet = names.tally and standing_under(names.tally, at_ms)
  return (own == "suspend" or fleet == "suspend") and "suspend" or own or fleet
end

local function find_under(txn, asked, action)
  if asked.account and action_of(txn, asked.account, asked.at_ms) == action then return asked.account end
  for _, other in ipairs(asked.others) do
    if action_of(txn, other, asked.at_ms) == action then return other end
  end
  return nil
end

local function is_shared(account)
  return account:find("^%d%d%d%d%d$") ~= nil or account:find("^%d%d%d%d%d_BV$") ~= nil or account:find("^%d%d%d%d%d_TC$") ~= nil
end

local function is_exempt_as(txn, rule, account, facility, date_ms)
  local function held(kind, name)
    for rules, until_ms in (policy_map:lookup("exempt." .. kind .. "." .. name) or ""):gmatch("(%S+):(%d+)") do
      if date_ms < tonumber(until_ms) and (rules == "*" or ("," .. rules .. ","):find("," .. rule .. ",", 1, true)) then return true end
    end
    return false
  end
  if facility then
    if held("facility", facility) then return true end
    if held("province", policy_map:lookup("province." .. facility) or facility:sub(1, 2)) then return true end
  end
  if not account then return false end
  if held("account", account) then return true end
  for _, token in ipairs(names_of(txn, account).tokens) do
    if held("token", token) then return true end
  end
  return false
end

-- Nobody gets by under another's exemption: all that a request names must be exempt.
local function is_exempt(txn, rule, asked, date_ms)
  if not is_exempt_as(txn, rule, asked.account, asked.facility, date_ms) then return false end
  for _, other in ipairs(asked.others) do
    if not is_exempt_as(txn, rule, other, other:match("^(%d%d%d%d%d)_") or other:match("^%d%d%d%d%d$"), date_ms) then return false end
  end
  return true
end

-- How an account stands under its grants, and the token of the one that counts. `last_use`: second of its last look-up here.
local function grant_standing(txn, account, at_ms, last_use)
  for _, token in ipairs(names_of(txn, account).tokens) do
    local used, ends, idle_ms = (grants:lookup(token) or ""):match("^(%d+) (%d+) (%d+)$")
    if used then
      local last_ms = math.max(tonumber(used), (last_use or 0) * 1000)
      return at_ms < tonumber(ends) and at_ms < last_ms + tonumber(idle_ms) and "live" or "lapsed", token
    end
  end
  return "none", nil
end

-- The token by which a named user is on the list.
local function user_token(names)
  for _, token in ipairs(names.tokens) do
    if users:lookup(token) then return token end
  end
  return nil
end

local function rate_of(called, class)
  local per_minute, burst = (policy_map:lookup("rate.function." .. called) or policy_map:lookup("rate.class." .. class) or ""):match("^(%d+) (%d+)$")
  if per_minute then return { tonumber(per_minute), tonumber(burst) } end
  return nil
end

-- Takes one request of a bucket (generic cell rate algorithm); the table keeps when it will be full again, in milliseconds modulo 2^32.
-- Gives the wait, 0 for none.
local function take(txn, counter, variable, at_ms, rate)
  local spacing_ms = 60000 / rate[1]
  local depth_ms = spacing_ms * rate[2]
  local held, full_ms = txn.f:sc_get_gpt0(counter), at_ms
  if held and held ~= 0 then
    local ahead_ms = (held - at_ms) & 0xffffffff
    if ahead_ms < 0x80000000 then full_ms = at_ms + ahead_ms end
  end
  full_ms = math.min(full_ms, at_ms + depth_ms)
  local wait_ms = full_ms + spacing_ms - depth_ms - at_ms
  local next_ms = math.floor(wait_ms > 0 and full_ms or full_ms + spacing_ms) & 0xffffffff
  txn:set_var(variable, next_ms == 0 and 1 or next_ms)
  return math.max(0, wait_ms)
end

---------------------------------------------------------------------------------------------- what was decided

-- What was refused and what would have been, for `agent rehearse`, until watch takes it over the runtime socket: a row for each reason, account,
-- function, source, client software and day.
local MOST_ROWS, CLIENT_BYTES = 4096, 160
local function new_counts() return { rows = {}, size = 0, unlisted = 0, passed = 0, refused = 0, unjudged = 0, fault = "" } end
local counts, told, tellings = new_counts(), nil, 0

local function count_row(reason, is_refused, who, at_ms)
  local key = reason .. "\t" .. who
  local row = counts.rows[key]
  if not row then
    if counts.size >= MOST_ROWS then
      counts.unlisted = counts.unlisted + 1
      return
    end
    row = { would = 0, refused = 0, first = at_ms, last = at_ms }
    counts.rows[key], counts.size = row, counts.size + 1
  end
  local kind = is_refused and "refused" or "would"
  row[kind] = row[kind] + 1
  row.first, row.last = math.min(row.first, at_ms), math.max(row.last, at_ms)
end

local function count_decision(txn, asked, reason, would)
  if reason then counts.refused = counts.refused + 1 else counts.passed = counts.passed + 1 end
  if not reason and #would == 0 then return end
  local names = asked.account and names_of(txn, asked.account) or { masked = "", tokens = {} }
  local client = (txn.f:req_fhdr("user-agent") or ""):sub(1, CLIENT_BYTES)
  local who = table.concat({
    (asked.at_ms + ZONE_MS) // DAY_MS, names.masked, asked.facility or "", names.tokens[1] or "", asked.called, asked.class, asked.ip or "",
    (client:gsub("[^%w ./()_-]", function(byte) return ("%%%02X"):format(byte:byte()) end)),
  }, "\t")
  for _, one in ipairs(would) do count_row(one, false, who, asked.at_ms) end
  if reason then count_row(reason, true, who, asked.at_ms) end
end

-- `show edgeward LAST`: what was decided since. It is told again until its own name is the LAST that was heard, so that nothing is lost or told twice.
core.register_cli({ "show", "edgeward" }, "show edgeward <last>: what was decided since", function(applet, _, _, last)
  if told and told.name == last then told = nil end
  if not told then
    local all = counts
    counts, tellings = new_counts(), tellings + 1
    local name = started_ms .. "-" .. tellings
    local lines = { table.concat({ "edgeward", name, all.passed, all.refused, all.unlisted, all.unjudged, all.fault }, "\t") }
    for key, row in pairs(all.rows) do lines[#lines + 1] = table.concat({ row.would, row.refused, row.first, row.last, key }, "\t") end
    told = { name = name, text = table.concat(lines, "\n") .. "\n" }
  end
  applet:send(told.text)
end)

-------------------------------------------------------------------------------------------------- the actions

-- Headers as the gate's own server joins them.
local function header_of(headers, name, is_joined)
  local values = headers[name]
  if not values then return nil end
  local text = values[0]
  if is_joined then
    for at = 1, #values do text = text .. ", " .. values[at] end
  end
  return text ~= "" and text or nil
end

local function json_text(text)
  return (text:gsub('[%c"\\\x7f-\xff]', function(char)
    if char == '"' or char == "\\" then return "\\" .. char end
    return char:byte() < 0x20 and ("\\u%04x"):format(char:byte()) or ("%%%02X"):format(char:byte())
  end))
end

-- The target for the log, without the values of passwords.
local function log_target(uri)
  local head, query = uri:match("^([^?]*%?)(.*)$")
  if not head then return json_text(uri) end
  local parts = {}
  for part in (query .. "&"):gmatch("([^&]*)&") do
    local name = part:match("^[^=]*")
    local plain = decode_query(name):lower()
    parts[#parts + 1] = (plain == "password" or plain == "passwordhash") and name .. "=" or part
  end
  return json_text(head .. table.concat(parts, "&"))
end

-- A token may be logged, and nothing else that a client calls one.
local function log_token(text)
  return text and #text <= 256 and text:find("^[%w+/= ]+$") and text or ""
end

-- Card, BHXH number or citizen ID as a keyed hash that changes each day; the number of nobody stays.
local function note_subject(txn, text, at_ms)
  local person = text:match("^%s*(.-)%s*$"):upper()
  if person == "" or #person > 256 then return end
  person = person:match("^%u%u[1-5]%d%d(%d%d%d%d%d%d%d%d%d%d)$") or person
  if person:find("^0+$") and #person == 10 then
    txn:set_var("txn.edgeward_subject", person)
    return
  end
  if not subject_key then return end
  local day = tostring((at_ms + ZONE_MS) // DAY_MS)
  local hash = function(what, of) return txn.c:hex(txn.c:hmac(what .. "\0" .. day .. "\0" .. of, "sha256", subject_key)):lower() end
  txn:set_var("txn.edgeward_subject", hash("subject", person))
  -- HAProxy writes "-" for nothing, which would be one block for all: what is no number has a block of its own.
  local is_number = not person:find("%D") and (#person == 10 or #person == 12)
  txn:set_var("txn.edgeward_block", hash("block", is_number and person:sub(1, -4) or person))
end

local function find_who(txn, asked)
  local query_name, query_facility, token
  if asked.query then
    local has_name = false
    each_pair(asked.query, math.huge, function(name, value)
      if not has_name and is_named(name, "username") then
        has_name = true
        query_name, query_facility = find_account(decode_query(value))
      elseif not token and (is_named(name, "token") or is_named(name, "accesstoken")) then
        token = decode_percent(value)
      end
      return has_name and token
    end)
  end
  local headers = txn.http:req_get_headers()
  local access, bearer = header_of(headers, "accesstoken", true), header_of(headers, "authorization", false)
  txn:set_var("txn.edgeward_access", log_token(access))
  txn:set_var("txn.edgeward_bearer", log_token(bearer))
  local in_access, access_facility = find_token_account(access)
  local in_bearer, bearer_facility = find_token_account(bearer)
  local in_query, in_query_facility = find_token_account(token)
  local is_log_in = asked.class == "token"
  local body = txn.f:req_body()
  local found = body and body ~= "" and read_body(body) or {}
  if found.subject then note_subject(txn, found.subject, asked.at_ms) end
  local body_name, body_facility
  if found.username then body_name, body_facility = find_account(found.username) end
  if body_name then txn:set_var("txn.edgeward_account", body_name) end
  -- Which name the portal believes is not known here: nobody is let by under another's.
  local function others_of(account, ...)
    local others, is_told = {}, { [account] = true }
    for _, name in ipairs({ in_access or false, in_bearer or false, in_query or false, ... }) do
      if name and not is_told[name] then
        is_told[name], others[#others + 1] = true, name
      end
    end
    return others
  end
  -- A log-in is made by its body: a name in its URL is read by nobody but us.
  if body_name and (is_log_in or not query_name) then
    asked.account, asked.facility, asked.source = body_name, body_facility, "body"
    asked.others = others_of(body_name, query_name or false, found.before and (find_account(found.before)) or false)
    return
  end
  if query_name then
    asked.account, asked.facility, asked.source = query_name, query_facility, "query"
    asked.others = others_of(query_name, body_name or false)
    return
  end
  if in_access then
    asked.account, asked.facility, asked.source = in_access, access_facility, "header"
  elseif in_bearer then
    asked.account, asked.facility, asked.source = in_bearer, bearer_facility, "token"
  elseif in_query then
    asked.account, asked.facility, asked.source = in_query, in_query_facility, "token"
  end
  if asked.account then
    asked.others = others_of(asked.account)
    return
  end
  local log_in = not is_log_in and asked.ip and log_ins.get(asked.ip)
  if log_in and log_in.at_ms <= asked.at_ms and asked.at_ms - log_in.at_ms <= LOG_IN_MS then
    asked.account, asked.facility, asked.source = log_in.account, log_in.facility, "correlation"
  end
end

-- Nothing that goes wrong in here may let one odd request by: while others are judged it is refused (`edgeward_failed`). Where none can be judged
-- that is for the configuration to say.
local failed_in_row, has_judged, waiting_ms, alert_s = 0, false, nil, 0
local function note_failure(txn, fault)
  failed_in_row = failed_in_row + 1
  counts.fault = tostring(fault):gsub("%c", " "):sub(1, 200)
  local now_s = os.time()
  if now_s - alert_s >= 60 then
    alert_s = now_s
    core.Alert("edgeward: a request could not be judged: " .. counts.fault)
  end
  txn:set_var("txn.edgeward_failed", has_judged and failed_in_row <= MOST_FAILED and 1 or 0)
end

local function wait_for_maps()
  while not policy_now() do
    waiting_ms = waiting_ms or now_ms()
    if now_ms() - waiting_ms >= FILL_WAIT_MS then return end
    core.msleep(20)
  end
end

-- Reads the request, and says under which keys it is counted.
local function read(txn)
  local uri = txn.f:url() or ""
  txn:set_var("txn.edgeward_uri", log_target(uri))
  txn:set_var("txn.edgeward_host", json_text(txn.f:req_hdr("host") or ""))
  wait_for_maps()
  local path, query = split_target(uri)
  local asked = { at_ms = now_ms(), query = query, others = {} }
  asked.called, asked.class = "other", "other"
  if path then asked.called, asked.class = find_function(path) end
  local ip = txn.f:src()
  asked.ip = ip and (tostring(ip):match("^::ffff:(%d+%.%d+%.%d+%.%d+)$") or tostring(ip))
  find_who(txn, asked)
  txn:set_priv(asked)
  if not policy_now() or not asked.account then return end
  local names = names_of(txn, asked.account)
  local _, token = grant_standing(txn, asked.account, asked.at_ms)
  txn:set_var("txn.edgeward_who", token or user_token(names) or names.tokens[1] or names.masked)
  local slow = find_under(txn, asked, "throttle")
  if slow then txn:set_var("txn.edgeward_slow", names_of(txn, slow).masked) end
  if rate_of(asked.called, asked.class) then txn:set_var("txn.edgeward_rate", names.masked .. "|" .. asked.called) end
end

core.register_action("edgeward_read", { "http-req" }, function(txn)
  local is_read, fault = pcall(read, txn)
  if not is_read then note_failure(txn, fault) end
end, 0)

local function right_missing(rights, class)
  local letter = policy.rights[class]
  return letter ~= nil and not rights:find(letter, 1, true)
end

local OBJECTIONS = {
  suspended = function(txn, asked) return find_under(txn, asked, "suspend") and "ACCOUNT_SUSPENDED" end,
  unnamed = function(_, asked) return not asked.account and "ACCOUNT_UNNAMED" end,
  shared = function(_, asked) return asked.account and is_shared(asked.account) and "SHARED_ACCOUNT" end,
  user = function(txn, asked)
    if policy_map:lookup("has.users") ~= "1" or not asked.account or is_shared(asked.account) then return nil end
    local tokens = names_of(txn, asked.account).tokens
    if #tokens == 0 then return nil end
    local entry = users:lookup(tokens[1]) or (tokens[2] and users:lookup(tokens[2]))
    if not entry then return "USER_UNKNOWN" end
    local state, rights, until_ms = entry:match("^(%l) (%S+) (%S+)$")
    if state ~= "a" or (until_ms ~= "-" and asked.at_ms >= tonumber(until_ms)) then return "USER_DISABLED" end
    return right_missing(rights, asked.class) and "RIGHT_MISSING"
  end,
  address = function(_, asked)
    if policy_map:lookup("has.addresses") ~= "1" or not asked.facility then return nil end
    local owners = asked.ip and addresses:lookup(asked.ip) or ""
    return owners ~= "*" and not owners:find(asked.facility, 1, true) and "ADDRESS_OF_OTHER"
  end,
  otp = function(txn, asked)
    if policy_map:lookup("has.grants") ~= "1" then return nil end
    if not asked.account or asked.source == "correlation" then return "OTP_NEEDED" end
    if #names_of(txn, asked.account).tokens == 0 then return nil end
    local standing = grant_standing(txn, asked.account, asked.at_ms, txn.f:sc_get_gpt0(0))
    for _, other in ipairs(asked.others) do
      if standing == "live" then standing = grant_standing(txn, other, asked.at_ms) end
    end
    return standing == "lapsed" and "OTP_LAPSED" or standing == "none" and "OTP_NEEDED"
  end,
  hours = function(_, asked)
    local minute = ((asked.at_ms + ZONE_MS) // 60000) % 1440
    local is_open
    if policy.open < policy.close then
      is_open = minute >= policy.open and minute < policy.close
    else
      is_open = minute >= policy.open or minute < policy.close
    end
    return not is_open and "OUT_OF_HOURS"
  end,
}

local function judge(txn)
  local asked = txn:get_priv()
  if not asked or not policy_now() then return end
  local date_ms = math.max(asked.at_ms, tonumber(policy_map:lookup("mark")) or 0)
  local stop_ms = tonumber(policy_map:lookup("stop." .. asked.called))
  local would, rehearsal = {}, nil
  for _, rule in ipairs(RULES) do
    local mode, reason, wait_ms = mode_of(rule, date_ms), nil, 0
    if mode == 0 then
      reason = nil
    elseif rule == "retired" then
      reason = stop_ms and "FUNCTION_RETIRED"
    elseif rule == "rate" then
      local rate = asked.account and rate_of(asked.called, asked.class)
      if rate then wait_ms = take(txn, 2, "txn.edgeward_rate_full", asked.at_ms, rate) end
      reason = wait_ms > 0 and "TOO_FAST"
    elseif policy.rules[rule].judged[asked.class] then
      if rule == "throttled" then
        if find_under(txn, asked, "throttle") then wait_ms = take(txn, 1, "txn.edgeward_slow_full", asked.at_ms, policy.throttled) end
        reason = wait_ms > 0 and "ACCOUNT_THROTTLED"
      else
        reason = OBJECTIONS[rule](txn, asked)
      end
    end
    if reason then
      if mode == 3 and ((rule == "retired" and date_ms < stop_ms) or is_exempt(txn, rule, asked, date_ms)) then mode = 2 end
      if mode == 3 then
        local status, body = (policy_map:lookup("body." .. reason) or '403 {"maKetQua":"403"}'):match("^(%d+) (.*)$")
        txn:set_var("txn.edgeward_status", tonumber(status))
        txn:set_var("txn.edgeward_body", body)
        txn:set_var("txn.edgeward_reason", reason)
        if wait_ms > 0 then txn:set_var("txn.edgeward_retry", math.ceil(wait_ms / 1000)) end
        break
      end
      would[#would + 1] = reason
      if mode == 2 then rehearsal = rehearsal or reason end
    end
  end
  if #would > 0 then txn:set_var("txn.edgeward_would", table.concat(would, ",")) end
  txn:set_var("txn.edgeward_done", 1)
  count_decision(txn, asked, txn:get_var("txn.edgeward_reason"), would)
  if txn:get_var("txn.edgeward_status") then return end
  if rehearsal then txn:set_var("txn.edgeward_rehearsal", rehearsal) end
  if not asked.account then return end
  if asked.class == "token" and asked.ip then
    log_ins.set(asked.ip, { account = asked.account, facility = asked.facility, at_ms = asked.at_ms })
  end
  -- Each look-up under a grant renews it (1232/BHXH-CNTT); watch reads it off the table and tells central.
  if asked.source ~= "correlation" and policy.rules.otp.judged[asked.class] then
    if grant_standing(txn, asked.account, asked.at_ms, txn.f:sc_get_gpt0(0)) == "live" then
      txn:set_var("txn.edgeward_used", asked.at_ms // 1000)
    end
  end
end

-- Decides. Without `txn.edgeward_done` the request was not judged: the maps are empty, or this code failed.
core.register_action("edgeward_judge", { "http-req" }, function(txn)
  if not txn:get_var("txn.edgeward_failed") then
    local is_judged, fault = pcall(judge, txn)
    if not is_judged then note_failure(txn, fault) end
  end
  if txn:get_var("txn.edgeward_done") then
    failed_in_row, has_judged = 0, true
  else
    counts.unjudged = counts.unjudged + 1
  end
end, 0)
