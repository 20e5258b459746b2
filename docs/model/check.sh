#!/bin/sh
# Checks the model exhaustively, and then that each mutation of it is caught. Needs Debian's packages spin and gcc.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Searches the whole state space; prints spin's summary into the file named by the first argument.
search() {
    out=$1
    shift
    spin -a "$@" "$here/leadership.pml" > spin.log || { cat spin.log >&2; exit 2; }
    gcc -O2 -DSAFETY -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=6000 -w -o pan pan.c
    ./pan -m2000000 > "$out" 2>&1 || true
}

failed=0
for size in "-DTHREADS=2 -DWORK=3 -DRECONSIDERS" "-DTHREADS=3 -DWORK=3"; do
    # shellcheck disable=SC2086
    search result $size
    if grep -q 'errors: 0' result && ! grep -q -e 'Search not completed' -e 'max search depth too small' result; then
        echo "holds: $size, $(grep 'states, stored' result | tr -s ' ' | sed 's/ (.*//; s/^ //')"
    else
        grep -v '^Depth=' result >&2
        echo "FAILS: $size"
        failed=1
    fi
done

# A mutation is caught when any of the sizes shows it.
for mutation in $(grep -o 'MUTATION_[A-Z_]*' "$here/leadership.pml" | sort -u | grep -v '^MUTATION_$'); do
    caught=
    for threads in 2 3; do
        search result "-DTHREADS=$threads" -DWORK=3 "-D$mutation"
        if grep -q 'errors: [1-9]' result; then
            caught="$threads threads, $(grep -m1 -o -e 'assertion violated.*' -e 'invalid end state' result)"
            break
        fi
    done
    if [ -n "$caught" ]; then
        echo "caught: $mutation, $caught"
    else
        echo "NOT CAUGHT: $mutation"
        failed=1
    fi
done
exit $failed
