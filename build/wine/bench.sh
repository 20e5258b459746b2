#!/usr/bin/env bash
# Runs the Winsock bench's own tests under Wine, each in a process of its own and bounded in time: one line for each,
# and the totals last.
#   WINSOCK_TEST_RESULTS=directory build/wine.sh bench [NAME]     with a TRX file there; one test only
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=90
tests=artifacts/winsock-bench/rio_bench_tests.exe
results=${WINSOCK_TEST_RESULTS:-}

# What Wine's loader itself has to say is kept, for when it does not start a program.
export WINEPREFIX=$PWD/artifacts/wine WINEARCH=win64 WINEDEBUG=-all,err+module,err+seh,err+process
unset DISPLAY RIO_BENCH RIO_BENCH_REPORT
exec </dev/null

# Wine's server goes with its last client, and a client that comes just then is lost: this one stays a little longer.
server=$(compgen -G '/usr/lib/wine/wineserver64' || command -v wineserver || true)
[ -z "$server" ] || "$server" -p20 2>/dev/null || true

xml() {
  printf '%s' "$1" | tr -d '\000-\010\013\014\016-\037' | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'
}

said=$(mktemp) wine_said=$(mktemp)
trap 'rm -f "$said" "$wine_said"' EXIT

run_test() {
  code=0
  timeout "$seconds" wine "$tests" run "$1" >"$said" 2>"$wine_said" || code=$?
}

# Seen once in some thousand starts, on busy machines, before any code of ours ran: exit code 66, the low byte of
# STATUS_DLL_INIT_FAILED, or 1. A test whose program was not started has shown nothing, so that it is run again, once.
was_not_started() {
  [ "$code" -ne 0 ] && [ "$code" -ne 124 ] && [ ! -s "$said" ]
}

passed=0 failed=0 entries=
names=$(timeout "$seconds" wine "$tests" list 2>/dev/null | tr -d '\r' | sort)
for name in $names; do
  case ${1:-} in
    '' | "$name") ;;
    *) continue ;;
  esac
  run_test "$name"
  if was_not_started; then
    echo "AGAIN   $name (Wine did not start it: exit code $code)"
    cat "$wine_said"
    run_test "$name"
  fi
  output=$(tr -d '\r' <"$said" | sed 1d)
  if [ "$code" -eq 0 ]; then
    passed=$((passed + 1))
    echo "passed  $name"
    entries+="<UnitTestResult testName=\"winsock-bench.$name\" outcome=\"Passed\" />"
  else
    failed=$((failed + 1))
    [ "$code" -ne 124 ] || output+=" did not end within $seconds s"
    echo "FAILED  $name (exit code $code)"
    [ -z "$output" ] || echo "$output"
    cat "$wine_said"
    entries+="<UnitTestResult testName=\"winsock-bench.$name\" outcome=\"Failed\"><Output><ErrorInfo>"
    entries+="<Message>exit code $code: $(xml "$output")</Message></ErrorInfo></Output></UnitTestResult>"
  fi
done

if [ -n "$results" ]; then
  mkdir -p "$results"
  cat >"$results/winsock-bench.trx" <<TRX
<?xml version="1.0" encoding="utf-8"?>
<TestRun name="winsock-bench" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>
$entries
</Results><TestDefinitions><UnitTest name="winsock-bench" storage="$tests" /></TestDefinitions>
<ResultSummary outcome="Completed"><Counters total="$((passed + failed))" passed="$passed" failed="$failed" /></ResultSummary></TestRun>
TRX
fi

echo "$passed passed, $failed failed"
# No test at all is no success.
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
