#!/usr/bin/env bash
# Builds the Winsock test bench and its own tests with Debian's mingw-w64, into artifacts/winsock-bench.
set -euo pipefail
cd "$(dirname "$0")/../.."

compiler=x86_64-w64-mingw32-gcc
source=test/winsock-bench
output=artifacts/winsock-bench

if ! command -v "$compiler" >/dev/null; then
  echo "There is no $compiler; build/install.sh wine installs it." >&2
  exit 1
fi

flags=(-std=c11 -O2 -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -D_WIN32_WINNT=0x0602)
mkdir -p "$output"
"$compiler" "${flags[@]}" -shared -static-libgcc -o "$output/rio_bench.dll" \
  "$source"/*.c "$source/rio_bench.def" -lws2_32
if compgen -G "$source/tests/*.c" >/dev/null; then
  "$compiler" "${flags[@]}" -static-libgcc -I"$source" -o "$output/rio_bench_tests.exe" "$source"/tests/*.c -lws2_32
fi
