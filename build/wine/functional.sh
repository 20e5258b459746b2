#!/usr/bin/env bash
# Runs the transport's functional tests as a win-x64 build under Wine on the Winsock test bench, once with registration by
# slab and once by block; the bench must be clean at the end of each.
#   WINSOCK_TEST_RESULTS=directory build/wine.sh functional [arguments of the test program, such as -class NAME]
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/wine/suites.sh

project=Kestrel.Transport.Rio.FunctionalTests
seconds=420
started=$SECONDS failed=0

prepare_wine
publish_suite "$project"

# Sockets, the control on Linux, is left out: Wine refuses it sends that gather more than 1,024 buffers (10040), does not end a
# send that is cancelled, and forgets resets.
engines=(-class- '*+OnSockets')

# owner: every request comes from its poller's thread. checksum, which is on by itself: no byte of a send changes under it.
run_suite "$project" slab "$seconds" 'owner=1' "${engines[@]}" "$@" || failed=1

# strict: no registration is in flight twice, which with one for each block must hold, and with slabs cannot. stay: calls take
# a little longer, so that two threads in one queue would meet. With application code on the thread pool, where most threads do; the
# scheduling modes do not know how memory is registered.
Kestrel__Rio__RegistrationGranularity=Block \
  run_suite "$project" block "$seconds" 'owner=1;strict=1;stay=5' "${engines[@]}" -class- '*+OnRioInline' -class- '*+OnRioAdaptive' "$@" \
  || failed=1

echo "The functional tests under Wine took $((SECONDS - started)) s."
exit "$failed"
