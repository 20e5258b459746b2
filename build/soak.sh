#!/usr/bin/env bash
# Half an hour of 500 clients that follow random scripts (short, blocking, computing, waiting, streaming, failing and aborting
# handlers; uploads, slow readers, resets, WebSockets, HTTP/2, TLS, storms of connections), Adaptive, with the verifier between
# transport and provider. Ends with 0 when no byte was wrong and nothing is left.
# Leaves artifacts/soak.json, and artifacts/soak.svg with the course of memory, descriptors and threads where gnuplot is.
#   build/soak.sh [SECONDS [other arguments of test/Kestrel.Transport.Rio.Torture]]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-1800}
project=test/Kestrel.Transport.Rio.Torture
dotnet build -c Release --nologo -v quiet -clp:NoSummary "$project" >&2
mkdir -p artifacts
result=0
"$project/bin/Release/net10.0/Kestrel.Transport.Rio.Torture" --seconds "$seconds" --report artifacts/soak.json "${@:2}" || result=$?
if command -v gnuplot >/dev/null; then
  build/plot-soak.sh artifacts/soak.json > artifacts/soak.svg
fi
exit "$result"
