# Sourced by the scripts that run a test suite of ours as a win-x64 build under Wine, on the Winsock test bench.
# WINSOCK_TEST_RESULTS is the directory for TRX files, reports of the bench and logs.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
results=$(realpath -m "${WINSOCK_TEST_RESULTS:-$root/artifacts/winsock-test-results}")

prepare_wine() {
  dotnet build "$root/test/Kestrel.Transport.Rio.WinsockHook" -c Release -o "$root/artifacts/winsock-hook" -clp:ErrorsOnly
  mkdir -p "$results"
}

# publish_suite PROJECT
publish_suite() {
  dotnet publish "$root/test/$1" -c Release -r win-x64 --self-contained -o "$root/artifacts/win-x64/$1" -clp:ErrorsOnly
}

# run_suite PROJECT RUN SECONDS BENCH-SETTINGS [ARGUMENT...]: fails when a test does, when it takes longer, and when the bench
# has anything to say at the end of the process, of which what is left outstanding is a part.
run_suite() {
  local project=$1 run=$2 seconds=$3 settings=$4 code=0
  local name=$results/$project.$run
  shift 4
  rm -f "$name".*
  echo "+ $project ($run): RIO_BENCH='$settings' $*"
  start_suite "$@" || code=$?
  # Once in some thousand times Wine does not start a program, without a word: no test has run then.
  if [ "$code" -ne 0 ] && [ ! -s "$name.log" ]; then
    echo "AGAIN: Wine did not start it (exit code $code)"
    code=0
    start_suite "$@" || code=$?
  fi

  tr -d '\r' <"$name.log" | awk '/^    [^ ]/ { failed = /\[FAIL\]$/ } /^[^ ]/ { failed = 0 } failed || / Total: [0-9]/'
  if [ "$code" -eq 124 ] || [ "$code" -eq 137 ]; then
    echo "FAILED: it did not end within $seconds s; $name.log has the rest"
  elif [ "$code" -ne 0 ]; then
    echo "FAILED: exit code $code; $name.log has the rest"
  fi
  check_report "$name.bench.txt" || code=1
  [ "$code" -eq 0 ]
}

start_suite() {
  RIO_BENCH=$settings RIO_BENCH_REPORT=$(windows_path "$name.bench.txt") \
    timeout --kill-after=10 "$seconds" "$root/build/wine/run.sh" "$root/artifacts/win-x64/$project/$project.exe" \
    -noLogo -noColor -trx "$(windows_path "$name.trx")" "$@" >"$name.log" 2>&1
}

check_report() {
  if [ ! -e "$1" ]; then
    echo "FAILED: the bench wrote no $1"
    return 1
  fi
  local wrong
  wrong=$(tr -d '\r' <"$1" | grep '^breach' || true)
  tr -d '\r' <"$1" | grep '^verdict' | sed 's/^/bench: /' || true
  if [ -n "$wrong" ] || ! tr -d '\r' <"$1" | grep -qx 'verdict clean'; then
    echo "FAILED: $1 is not clean"
    echo "$wrong"
    return 1
  fi
}

# As Wine sees a path of ours, which need not exist yet.
windows_path() {
  printf 'Z:%s' "$(realpath -m "$1")" | tr / '\\'
}
