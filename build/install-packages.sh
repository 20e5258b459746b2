#!/usr/bin/env bash
# Installs from Debian what is missing of what it is asked for: build/install-packages.sh COMMAND:PACKAGE... or FILE:PACKAGE...
# A command may also be one that Debian keeps where only root's path looks; a file may be a pattern. Does nothing where
# everything is there already. Needs root only when something is missing.
set -euo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

missing=()
for pair in "$@"; do
  what=${pair%%:*}
  case $what in
    /*) [ -n "$(compgen -G "$what")" ] || missing+=("${pair##*:}") ;;
    *) command -v "$what" >/dev/null || missing+=("${pair##*:}") ;;
  esac
done

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
  echo "Missing: ${missing[*]}. As root: apt-get install ${missing[*]}" >&2
  exit 1
fi

if ! command -v apt-get >/dev/null; then
  echo "Missing: ${missing[*]}. There is no apt-get here; install them in this system's own way." >&2
  exit 1
fi

# Quiet, unless it fails.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
  cat "$log" >&2
  echo "apt-get could not install: ${missing[*]}." >&2
  exit 1
fi
