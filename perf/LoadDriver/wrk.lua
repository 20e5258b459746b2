-- For wrk, as `wrk … -s wrk.lua URL -- [depth N] [upload BYTES] [close]`: N requests in a write, a POST of so many bytes,
-- or a connection for every request. Ends with one line of figures: times in microseconds, and as the rate the middle of
-- all tenths of a second, each in requests per second.
function init(args)
  local depth = 1
  local i = 1
  while i <= #args do
    if args[i] == "depth" then
      i = i + 1
      depth = tonumber(args[i])
    elseif args[i] == "upload" then
      i = i + 1
      wrk.method = "POST"
      wrk.body = string.rep("a", tonumber(args[i]))
    elseif args[i] == "close" then
      wrk.headers["Connection"] = "close"
    else
      error("unknown argument " .. args[i])
    end
    i = i + 1
  end
  -- Without a request function wrk writes one prepared request, which costs it less.
  if depth > 1 then
    local batch = string.rep(wrk.format(), depth)
    request = function() return batch end
  end
end

function done(summary, latency, rates)
  local errors = summary.errors
  print(string.format(
    "figures requests=%d microseconds=%d rate=%d p50=%d p90=%d p99=%d p99.9=%d connect=%d read=%d write=%d status=%d timeout=%d",
    summary.requests, summary.duration, rates:percentile(50), latency:percentile(50), latency:percentile(90),
    latency:percentile(99), latency:percentile(99.9), errors.connect, errors.read, errors.write, errors.status,
    errors.timeout))
end
