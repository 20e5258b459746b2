-- For wrk: writes DEPTH requests at once.   wrk ... -s pipeline.lua URL -- DEPTH
local batch

function init(args)
  local one = wrk.format("GET", wrk.path)
  batch = string.rep(one, tonumber(args[1]) or 1)
end

function request()
  return batch
end
