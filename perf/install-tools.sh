#!/usr/bin/env bash
# Installs from Debian what measurements take: load generators, nginx, what builds the floor, what counts system calls,
# what draws. Does nothing where everything is there already. Needs root only when something is missing.
set -euo pipefail

# Debian keeps nginx where only root's path looks.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# command:package
needed=(wrk:wrk h2load:nghttp2-client curl:curl taskset:util-linux nginx:nginx-light gcc:gcc gnuplot:gnuplot-nox
  strace:strace)

missing=()
for pair in "${needed[@]}"; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
[ -e /usr/include/liburing.h ] || missing+=(liburing-dev)
# Without libc's headers gcc builds nothing, and it does not depend on them.
[ -e /usr/include/stdio.h ] || missing+=(libc6-dev)

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
