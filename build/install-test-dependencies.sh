#!/usr/bin/env bash
# Installs what the tests use and the .NET SDK does not bring: clients that nobody here wrote.
set -euo pipefail
exec "$(dirname "$0")/install-packages.sh" curl:curl h2load:nghttp2-client
