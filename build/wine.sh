#!/usr/bin/env bash
# Tests the Windows half on Linux: win-x64 builds under Wine, against the emulation of Winsock RIO in test/winsock-bench. Installs and
# builds what is missing.
#   build/wine.sh bench [NAME]            the emulation's own tests
#   build/wine.sh conformance [ARGS]      the contract's suite; the arguments are the test program's, such as -class NAME
#   build/wine.sh functional [ARGS]       the functional tests, with registration by slab and by block
#   build/wine.sh sample serve            the sample as HelloRio.exe, with Linux programs as its clients
#   build/wine.sh sample transitions      what the sample asks of Winsock for 1,000 requests, as a table (10 minutes, two cores)
#   build/wine.sh mutations [NAME...]     faults put into the code, each of which the tests must find
# WINSOCK_TEST_RESULTS names a directory for TRX files, reports of the bench and logs.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
  bench | conformance | functional | sample | mutations)
    build/install.sh wine
    build/wine/build-bench.sh
    exec "build/wine/$1.sh" "${@:2}" ;;
  *)
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2 ;;
esac
