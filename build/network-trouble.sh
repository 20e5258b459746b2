#!/usr/bin/env bash
# The transfers of NetworkTrouble with 64 MiB each, and a link that is gone for 10 s, on every scheduling mode and on Sockets. As
# root, for it makes network namespaces. The functional tests do the same with 4 MiB and 2 s.
#   build/network-trouble.sh [MEBIBYTES [SECONDS]]
set -euo pipefail
cd "$(dirname "$0")/.."
export RIO_TROUBLE_BYTES=$((${1:-64} * 1024 * 1024)) RIO_TROUBLE_OUTAGE_SECONDS=${2:-10}
exec dotnet test -c Release --nologo test/Kestrel.Transport.Rio.FunctionalTests --filter FullyQualifiedName~.NetworkTrouble
