#!/usr/bin/env bash
# Builds the floor into artifacts/perf/. Needs gcc and liburing-dev, which perf/install-tools.sh installs.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p ../../artifacts/perf
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o ../../artifacts/perf/floor floor.c -luring
