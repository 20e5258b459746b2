#!/usr/bin/env bash
# Installs from Debian what builds and runs the Windows half here: Wine and mingw-w64; and makes a Wine prefix of this
# clone's own under artifacts/wine. Does nothing where all is there already. Needs root only when something is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

# command:package
needed=(wine:wine wineserver:wine64 x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64-win32)
packages=(wine64 wine libwine gcc-mingw-w64-x86-64-win32)

log=$(mktemp)
trap 'rm -f "$log"' EXIT

missing=()
for pair in "${needed[@]}"; do
  # Debian keeps wineserver out of the path.
  command -v "${pair%%:*}" >/dev/null || [ -n "$(compgen -G "/usr/lib/wine/${pair%%:*}*")" ] || missing+=("${pair##*:}")
done

if [ ${#missing[@]} -ne 0 ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "Missing: ${missing[*]}. Run this as root: sudo $0" >&2
    exit 1
  fi
  if ! command -v apt-get >/dev/null; then
    echo "Missing: ${missing[*]}. There is no apt-get here; install them in this system's own way." >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}"; } >"$log" 2>&1 </dev/null
  then
    cat "$log" >&2
    echo "apt-get could not install: ${packages[*]}." >&2
    exit 1
  fi
fi

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
