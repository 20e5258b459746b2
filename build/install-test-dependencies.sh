#!/usr/bin/env bash
# Installs from Debian what the tests use and the .NET SDK does not bring: clients that nobody here wrote.
# Does nothing where everything is there already. Needs root only when something is missing.
set -euo pipefail

# command:package
needed=(curl:curl h2load:nghttp2-client)

missing=()
for pair in "${needed[@]}"; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
  echo "Missing: ${missing[*]}. Run this as root: sudo $0" >&2
  exit 1
fi

if ! command -v apt-get >/dev/null; then
  echo "Missing: ${missing[*]}. There is no apt-get here; install them in this system's own way." >&2
  exit 1
fi

# Quiet, unless it fails.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
  cat "$log" >&2
  echo "apt-get could not install: ${missing[*]}." >&2
  exit 1
fi
