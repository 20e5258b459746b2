#!/usr/bin/env bash
# Installs what is missing, builds everything, and runs the comparison. The arguments are the load driver's:
#   perf/run.sh --quick        5 minutes
#   perf/run.sh                all of it
#   perf/run.sh --help
set -euo pipefail
cd "$(dirname "$0")/.."

# Servers of the build would outlive it, and be somebody else on this machine while it measures.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

build/install.sh load
perf/Floor/build.sh
for project in PlatformBenchmarks ConnectionLoad LoadDriver; do
  dotnet build -c Release --nologo -v quiet -clp:NoSummary "perf/$project" >&2
done

exec perf/LoadDriver/bin/Release/net10.0/LoadDriver "$@"
