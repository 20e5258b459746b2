#!/usr/bin/env bash
# Installs what measurements take: load generators, nginx, what builds the floor, what counts system calls, what draws.
set -euo pipefail
# Without libc's headers gcc builds nothing, and it does not depend on them.
exec "$(dirname "$0")/../build/install-packages.sh" wrk:wrk h2load:nghttp2-client curl:curl taskset:util-linux \
  nginx:nginx-light gcc:gcc gnuplot:gnuplot-nox strace:strace \
  slowhttptest:slowhttptest \
  /usr/include/liburing.h:liburing-dev /usr/include/stdio.h:libc6-dev
