#!/usr/bin/env bash
# Runs one of our win-x64 programs under Wine, on the Winsock test bench:  build/wine/run.sh PROGRAM.exe [ARGUMENT...]
# RIO_BENCH is the bench's own settings. WITHOUT_RIO_BENCH=1 runs without the bench: then Winsock has no registered I/O.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

# As Wine sees a path of ours.
windows_path() {
  printf 'Z:%s' "$(realpath "$1")" | tr / '\\'
}

export WINEPREFIX=$root/artifacts/wine WINEARCH=win64 WINEDEBUG=-all
unset DISPLAY
DOTNET_STARTUP_HOOKS=$(windows_path "$root/artifacts/winsock-hook/Kestrel.Transport.Rio.WinsockHook.dll")
export DOTNET_STARTUP_HOOKS
if [ -z "${WITHOUT_RIO_BENCH:-}" ]; then
  RIO_BENCH_LIBRARY=$(windows_path "$root/artifacts/winsock-bench/rio_bench.dll")
  export RIO_BENCH_LIBRARY
fi

# Wine's server goes with its last client, and a client that comes just then is lost: this one stays a little longer.
server=$(compgen -G '/usr/lib/wine/wineserver64' || command -v wineserver || true)
[ -z "$server" ] || "$server" -p20 2>/dev/null || true

# With the two mappings of code that this stands for, .NET does not survive under Wine 8 that a dynamic method is collected.
export DOTNET_EnableWriteXorExecute=0
program=$(realpath "$1")
shift
cd "$(dirname "$program")"
exec wine "$program" "$@" </dev/null
