#!/usr/bin/env bash
# Installs from Debian what builds and runs the Windows half here: Wine and mingw-w64; and makes a Wine prefix of this
# clone's own under artifacts/wine. Does nothing where all is there already. Needs root only when something is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

build/install-packages.sh wine:wine x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64-win32
# Debian keeps it out of the path, under one name or the other.
command -v wineserver >/dev/null || build/install-packages.sh '/usr/lib/wine/wineserver*:wine64'

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# What it says about wine32 and syswow64 is harmless: everything here is 64-bit.
export WINEPREFIX=$PWD/artifacts/wine WINEARCH=win64 WINEDEBUG=-all
unset DISPLAY
if [ ! -e "$WINEPREFIX/.ready" ]; then
  mkdir -p "$WINEPREFIX"
  if ! { timeout 180 wine wineboot -i && timeout 60 wine winecfg -v win10; } >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "Wine could not make its prefix in artifacts/wine." >&2
    exit 1
  fi
  touch "$WINEPREFIX/.ready"
fi
