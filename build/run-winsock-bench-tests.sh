#!/usr/bin/env bash
# Runs the Winsock bench's own tests under Wine, each in a process of its own and bounded in time: one line for each,
# and the totals last. Build first: build/install-wine.sh, build/build-winsock-bench.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=90
tests=artifacts/winsock-bench/rio_bench_tests.exe

if [ ! -e "$tests" ]; then
  echo "There is no $tests; build/build-winsock-bench.sh makes it." >&2
  exit 1
fi
export WINEPREFIX=$PWD/artifacts/wine WINEARCH=win64 WINEDEBUG=-all
unset DISPLAY RIO_BENCH RIO_BENCH_REPORT
exec </dev/null

# Wine's server goes with its last client, and a client that comes just then is lost: this one stays a little longer.
server=$(compgen -G '/usr/lib/wine/wineserver64' || command -v wineserver || true)
[ -z "$server" ] || "$server" -p20 2>/dev/null || true

passed=0 failed=0
names=$(timeout "$seconds" wine "$tests" list 2>/dev/null | tr -d '\r' | sort)
for name in $names; do
  case ${1:-} in
    '' | "$name") ;;
    *) continue ;;
  esac
  code=0
  output=$(timeout "$seconds" wine "$tests" run "$name" 2>/dev/null | tr -d '\r') || code=$?
  if [ "$code" -eq 0 ]; then
    passed=$((passed + 1))
    echo "passed  $name"
  else
    failed=$((failed + 1))
    [ "$code" -ne 124 ] || output+=" did not end within $seconds s"
    echo "FAILED  $name (exit code $code)"
    [ -z "$output" ] || echo "$output"
  fi
done

echo "$passed passed, $failed failed"
# No test at all is no success.
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
