#!/bin/bash
# Parse and check bodies against a schema: nanoseconds, beside ajv in the same
# run; instructions a byte; the cost of a byte of large and of hostile bodies.

set -euo pipefail
cd "$(dirname "$0")/../.."

lib=ngx_api_sec_module/core/lib
sec=ngx_api_sec_module/lib
out=${BUILD:-build}/bench
missed=0
mkdir -p "$out"

read -ra flags <<< "${CFLAGS-}"
"${CC:-gcc}" -std=c11 -O2 "${flags[@]}" -I$lib -I$sec -o "$out/bench_schema" \
    t/bench/bench_schema.c $lib/*.c \
    $sec/api_{schema,regex,format,doc,tape,value,decimal,uri,problem}*.c \
    -lyaml -lpcre2-8 -lz

# compare NAME SCHEMA DOC NS: the budget is NS nanoseconds for both together.

compare() {
    local ours ajv

    ours=$("$out/bench_schema" "$2" "$3")
    ajv=$(node t/bench/schema.mjs "$2" "$3" 2>/dev/null || echo "0 0 0 0")

    echo "$1 $4 $ours $ajv" | awk '{
        printf "%s, %d bytes: parse %d ns, check %d ns, both %d ns" \
               " (%.0f MB/s; budget %d ns)\n", $1, $3, $4, $5, $6,
               $3 / $6 * 1000, $2
        if ($10 > 0) {
            printf "    ajv: parse %d ns, check %d ns, both %d ns;" \
                   " ours is %.1f x as fast (budget 3)\n", $8, $9, $10,
                   $10 / $6
        } else {
            print "    ajv is not here (make deps, .ci/node)"
        }
        exit $6 > $2 || ($10 > 0 && $10 / $6 < 3)
    }' || missed=1
}

size=$(wc -c <t/bench/doc16k.json)
compare order t/bench/order.schema.json t/bench/order1k.json 2500
compare array t/bench/orders.schema.json t/bench/doc16k.json $((size * 2))

count() {
    valgrind --tool=callgrind \
        --callgrind-out-file="$out/callgrind.schema.$1" \
        "$out/bench_schema" t/bench/orders.schema.json t/bench/doc16k.json \
        "$1" 2>&1 | sed -n 's/.*Collected : //p'
}

echo "$(count 10) $(count 110) $size" | awk '{
    printf "%.1f instructions a byte, parse and check together\n",
           ($2 - $1) / 100 / $3
}'

"$out/bench_schema" || missed=1

exit $missed
