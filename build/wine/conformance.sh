#!/usr/bin/env bash
# Runs the contract's conformance suite on the Winsock provider, as a win-x64 build under Wine against the emulation of RIO
# in test/winsock-bench.
#   WINSOCK_TEST_RESULTS=directory build/wine.sh conformance [arguments of the test program, such as -class NAME]
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/wine/suites.sh

project=Kestrel.Transport.Rio.WinsockTests

prepare_wine
publish_suite "$project"
run_suite "$project" conformance 300 '' "$@"
