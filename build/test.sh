#!/usr/bin/env bash
# Installs what the tests need, where it is missing, and runs them. The arguments are those of `dotnet test`.
#   build/test.sh
#   build/test.sh --filter FullyQualifiedName~Shutdown
set -euo pipefail
cd "$(dirname "$0")/.."

build/install.sh tests || {
  command -v sudo >/dev/null && [ "$(id -u)" -ne 0 ] || exit 1
  sudo build/install.sh tests
}
exec dotnet test -c Release "$@"
