#!/usr/bin/env bash
# Runs the contract's conformance suite on the Winsock provider, as a win-x64 build under Wine against the emulation of RIO
# in test/winsock-bench. Not part of .ci/run yet: docs/windows.md says what is open.
#   build/run-winsock-tests.sh [arguments of the test program, such as -class NAME]
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=5
tests=artifacts/winsock-tests

build/install-wine.sh
build/build-winsock-bench.sh
dotnet publish test/Kestrel.Transport.Rio.WinsockTests -c Release -r win-x64 --self-contained -o "$tests" -clp:ErrorsOnly
dotnet build test/Kestrel.Transport.Rio.WinsockHook -c Release -o artifacts/winsock-hook -clp:ErrorsOnly

export WINEPREFIX=$PWD/artifacts/wine WINEARCH=win64 WINEDEBUG=-all
unset DISPLAY
# Wine maps no memory twice, which the runtime does to keep code and data apart; it dies of that in a finalizer.
export DOTNET_EnableWriteXorExecute=0
# Wine's name for the path.
export RIO_BENCH_LIBRARY="Z:$PWD/artifacts/winsock-bench/rio_bench.dll"
# Points the product's own import of ws2_32 at that library.
export DOTNET_STARTUP_HOOKS="Z:$PWD/artifacts/winsock-hook/Kestrel.Transport.Rio.WinsockHook.dll"

# Wine's server goes with its last client, and a client that comes just then is lost: this one stays a little longer.
server=$(compgen -G '/usr/lib/wine/wineserver64' || command -v wineserver || true)
[ -z "$server" ] || "$server" -p20 2>/dev/null || true

timeout "${minutes}m" wine "$tests/Kestrel.Transport.Rio.WinsockTests.exe" -noColor "$@" </dev/null 2>/dev/null
