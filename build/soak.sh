#!/usr/bin/env bash
# Runs the transport for long, stops it again and again, and makes what is below it fail. Each ends with 0 when nothing was wrong.
#   build/soak.sh run [SECONDS [ARGS]]
#       Half an hour of 500 clients that follow random scripts (short, blocking, computing, waiting, streaming, failing and aborting
#       handlers; uploads, slow readers, resets, WebSockets, HTTP/2, TLS, storms of connections), in Adaptive, with the verifier between
#       transport and provider. Every byte is checked, and nothing may be left. Leaves artifacts/soak.json, and artifacts/soak.svg where
#       gnuplot is installed.
#   build/soak.sh stops [STOPS [ARGS]]
#       Stops a Kestrel in the middle of such scripts, 500 times on Sockets and in each scheduling mode. SEED in the environment repeats
#       a run. A stop may take 100 ms longer than on Sockets, by the median of the pairs.
#   build/soak.sh sigterm [STOPS [ARGS]]
#       Sends SIGTERM to a server process under 1,000 busy connections, 15 times on Sockets and in each scheduling mode. No byte may be
#       wrong, no answer cut, and of the requests under way no more lost than on Sockets allows.
#   build/soak.sh network [MEBIBYTES [SECONDS]]
#       Transfers 64 MiB each over a network that loses and delays packets, with a link that is gone for 10 s. Needs root.
#   build/soak.sh faults [SEEDS [FIRST]]
#       Makes io_uring refuse, cut short, fail and hold back requests, 1,000 seeds long.
#   build/soak.sh plot REPORT.json > SVG
# ARGS are those of the soak program: `dotnet run --project test/Kestrel.Transport.Rio.SoakTests -- --help`.
set -euo pipefail
cd "$(dirname "$0")/.."

project=test/Kestrel.Transport.Rio.SoakTests
program=$project/bin/Release/net10.0/Kestrel.Transport.Rio.SoakTests

build_program() {
  dotnet build -c Release --nologo -v quiet -clp:NoSummary "$project" >&2
}

case ${1:-} in
  run)
    build_program
    mkdir -p artifacts
    result=0
    "$program" --seconds "${2:-1800}" --report artifacts/soak.json "${@:3}" || result=$?
    if command -v gnuplot >/dev/null; then
      build/soak/plot.sh artifacts/soak.json > artifacts/soak.svg
    fi
    exit "$result" ;;
  stops)
    build_program
    exec build/soak/stops.sh "$program" "${@:2}" ;;
  sigterm)
    ulimit -n 4096 2>/dev/null || [ "$(ulimit -n)" -ge 4096 ] || { echo '4096 open files are needed.' >&2; exit 1; }
    build_program
    exec "$program" --terminations "${2:-15}" --clients 1000 "${@:3}" ;;
  network)
    export RIO_TROUBLE_BYTES=$((${2:-64} * 1024 * 1024)) RIO_TROUBLE_OUTAGE_SECONDS=${3:-10}
    exec dotnet test -c Release --nologo test/Kestrel.Transport.Rio.FunctionalTests --filter FullyQualifiedName~.NetworkTrouble ;;
  faults)
    export RIO_FAULT_SEEDS=${2:-1000} RIO_FAULT_SEED=${3:-1}
    exec dotnet test -c Release --nologo test/Kestrel.Transport.Rio.Tests --filter FullyQualifiedName~Faults.FaultSeeds ;;
  plot)
    exec build/soak/plot.sh "$2" ;;
  *)
    sed -n '2,20s/^# \{0,1\}//p' "$0" >&2
    exit 2 ;;
esac
