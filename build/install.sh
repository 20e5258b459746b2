#!/usr/bin/env bash
# Installs from Debian what is missing, and nothing where everything is there. Needs root only when something is missing.
#   build/install.sh tests   clients that the tests use
#   build/install.sh wine    Wine and mingw-w64, which build and run the Windows half; a Wine prefix under artifacts/wine
#   build/install.sh load    load generators, nginx, a compiler for the floor, tools that count system calls and draw
#   build/install.sh COMMAND:PACKAGE... or FILE:PACKAGE...
# A command may be one that Debian keeps where only root's path looks. A file may be a pattern.
set -euo pipefail
cd "$(dirname "$0")/.."

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Quiet, unless it fails.
quietly() {
  local failure=$1
  shift
  "$@" >"$log" 2>&1 </dev/null || { cat "$log" >&2; echo "$failure" >&2; exit 1; }
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"
}

packages() {
  local pair what missing=()
  for pair in "$@"; do
    what=${pair%%:*}
    case $what in
      /*) [ -n "$(compgen -G "$what")" ] || missing+=("${pair##*:}") ;;
      *) command -v "$what" >/dev/null || missing+=("${pair##*:}") ;;
    esac
  done

  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "Missing: ${missing[*]}. As root: apt-get install ${missing[*]}" >&2
    exit 1
  elif ! command -v apt-get >/dev/null; then
    echo "Missing: ${missing[*]}. There is no apt-get here; install them with this system's own tool." >&2
    exit 1
  fi

  quietly "apt-get could not install: ${missing[*]}." apt_install "${missing[@]}"
}

make_prefix() {
  timeout 180 wine wineboot -i && timeout 60 wine winecfg -v win10
}

case ${1:-} in
  tests)
    packages curl:curl h2load:nghttp2-client ;;
  wine)
    packages wine:wine x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64-win32
    # Debian keeps it out of the path, under one name or the other.
    command -v wineserver >/dev/null || packages '/usr/lib/wine/wineserver*:wine64'

    # What it says about wine32 and syswow64 is harmless: everything here is 64-bit.
    export WINEPREFIX=$PWD/artifacts/wine WINEARCH=win64 WINEDEBUG=-all
    unset DISPLAY
    if [ ! -e "$WINEPREFIX/.ready" ]; then
      mkdir -p "$WINEPREFIX"
      quietly "Wine could not make its prefix in artifacts/wine." make_prefix
      touch "$WINEPREFIX/.ready"
    fi ;;
  load)
    # Without libc's headers gcc builds nothing, and it does not depend on them.
    packages wrk:wrk h2load:nghttp2-client curl:curl taskset:util-linux nginx:nginx-light gcc:gcc gnuplot:gnuplot-nox \
      strace:strace slowhttptest:slowhttptest /usr/include/liburing.h:liburing-dev /usr/include/stdio.h:libc6-dev ;;
  *:*)
    packages "$@" ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2 ;;
esac
