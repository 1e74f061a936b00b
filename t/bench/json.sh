#!/bin/bash
# Instructions per byte of the JSON parser under callgrind, then MB/s beside
# cJSON and jansson.  Usage: t/bench/json.sh [FILE]

set -euo pipefail
cd "$(dirname "$0")/../.."

doc=${1:-t/bench/doc16k.json}
lib=ngx_api_sec_module/core/lib
out=${BUILD:-build}/bench
mkdir -p "$out"

read -ra flags <<< "${CFLAGS-}"
"${CC:-gcc}" -std=c11 -O2 "${flags[@]}" -I$lib -o "$out/bench_json" \
    t/bench/bench_json.c $lib/api_json*.c $lib/api_arena.c $lib/api_base.c \
    $lib/api_utf8.c $lib/api_siphash.c -lcjson -ljansson

count() {
    valgrind --tool=callgrind --callgrind-out-file="$out/callgrind.json.$1" \
        "$out/bench_json" "$doc" "$1" 2>&1 | sed -n 's/.*Collected : //p'
}

few=$(count 10)
many=$(count 110)
size=$(wc -c < "$doc")

echo "$few $many $size" | awk '{
    printf "%.2f instructions per byte (%d bytes)\n", ($2 - $1) / 100 / $3, $3
}'

"$out/bench_json" "$doc"
