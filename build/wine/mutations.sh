#!/usr/bin/env bash
# Shows that the Winsock suite sees what it is there for: makes each change of test/winsock-mutations in a scratch clone of
# the last commit, and runs the tests under Wine that must fail of it. Ends with 1 when a change is not caught.
#   build/wine.sh mutations [NAME...]
# A mutation is a patch. Above it stand what it does, the tests to run, and (grep -E) what they must say.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=180
mutations=test/winsock-mutations

dotnet build test/Kestrel.Transport.Rio.WinsockHook -c Release -o artifacts/winsock-hook -clp:ErrorsOnly -v quiet

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git clone -q --shared . "$scratch/clone"
output=$scratch/output

# The header line of a patch that begins so.
header() {
  sed -n "s/^$1: //p;/^diff --git/q" "$patch"
}

run_tests() {
  local -a tests
  read -ra tests <<<"$(header Tests)"
  timeout "$seconds" build/wine/run.sh "$scratch/tests/Kestrel.Transport.Rio.WinsockTests.exe" \
    -noColor -stopOnFail "${tests[@]}" >"$output" 2>/dev/null
}

survivors=0
[ $# -gt 0 ] || set -- $(basename -s .patch "$mutations"/*.patch)
for name in "$@"; do
  patch=$PWD/$mutations/$name.patch
  git -C "$scratch/clone" checkout -q .
  git -C "$scratch/clone" apply "$patch"
  dotnet publish "$scratch/clone/test/Kestrel.Transport.Rio.WinsockTests" -c Release -r win-x64 --self-contained \
    -o "$scratch/tests" -clp:ErrorsOnly -v quiet
  if run_tests; then
    outcome='NOT CAUGHT'
  elif grep -qE "$(header Expected)" "$output"; then
    outcome=caught
  else
    outcome='failed for another reason'
  fi
  printf '%s: %s\n  %s\n' "$name" "$outcome" "$(head -1 "$patch")"
  { grep -F -m 1 '[FAIL]' "$output" || true; } | sed 's/^ */  /'
  { grep -E -m 1 "$(header Expected)" "$output" || true; } | sed 's/^ */  /' | cut -c1-300
  [ "$outcome" = caught ] || { survivors=$((survivors + 1)); tail -20 "$output"; }
done

echo "$# mutations, $survivors not caught"
[ "$survivors" -eq 0 ]
