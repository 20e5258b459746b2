#!/usr/bin/env bash
# Runs on io_uring while things go wrong below the transport, as a seed has it: requests refused, cut short, failed or held back,
# accepts and registrations that fail, pollers that die. 1,000 seeds from 1, unless it is said otherwise.
#   build/run-fault-seeds.sh [SEEDS [FIRST]]
set -euo pipefail
cd "$(dirname "$0")/.."

export RIO_FAULT_SEEDS=${1:-1000} RIO_FAULT_SEED=${2:-1}
exec dotnet test -c Release --nologo test/Kestrel.Transport.Rio.Tests --filter FullyQualifiedName~Faults.FaultSeeds
