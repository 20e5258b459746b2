#!/usr/bin/env bash
# Builds the floor into artifacts/perf/. Needs gcc and liburing-dev, which build/install.sh load installs.
set -euo pipefail
cd "$(dirname "$0")"
if ! [ -e /usr/include/liburing.h ]; then
  echo 'Missing: liburing.h. Debian: apt-get install liburing-dev (or build/install.sh load).' >&2
  exit 1
fi
mkdir -p ../../artifacts/perf
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o ../../artifacts/perf/floor floor.c -luring
