#!/usr/bin/env bash
# Draws the samples of a soak's report: memory, descriptors and threads, and what was done, over time.
#   build/soak.sh plot artifacts/soak.json > soak.svg
set -euo pipefail

# One line for each sample; the report has a figure a line, in this order.
samples=$(awk '
  /"Samples": \[/ { inside = 1; next }
  inside && /^  \]/ { exit }
  inside && /^    }/ { print line; line = "" }
  inside && /": / { sub(/.*": /, ""); sub(/,.*/, ""); line = line " " $0 }
' "$1")
[ -n "$samples" ] || { echo "$1 holds no samples." >&2; exit 1; }

gnuplot <<END
set terminal svg size 900,900 font 'sans-serif,13' background '#ffffff'
\$samples << EOD
$samples
EOD
set multiplot layout 3,1
set grid
set key outside right top
set xlabel 'minutes'
set yrange [0:*]
set title 'Memory, MiB'
plot \$samples using (\$1/60):(\$3/1048576) with lines lw 2 title 'resident', \\
  '' using (\$1/60):(\$2/1048576) with lines lw 2 title 'managed', \\
  '' using (\$1/60):(\$4/1048576) with lines lw 2 title 'registered'
set title 'Descriptors and threads'
plot \$samples using (\$1/60):5 with lines lw 2 title 'descriptors', '' using (\$1/60):6 with lines lw 2 title 'threads'
set title 'Done so far'
plot \$samples using (\$1/60):(\$10/1000) with lines lw 2 title 'actions, thousands', \\
  '' using (\$1/60):7 with lines title 'collections of gen. 0', \\
  '' using (\$1/60):8 with lines title 'of gen. 1', '' using (\$1/60):9 with lines title 'of gen. 2'
END
