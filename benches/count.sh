#!/usr/bin/env bash
# What a request costs the client, counted and not timed, so the figures do not depend on the
# machine's load: user-space instructions (valgrind's callgrind, the difference between two request
# counts), allocations (a counting allocator), system calls (strace), heap of an idle connection.
# Usage: benches/count.sh
set -euo pipefail
cd "$(dirname "$0")"

target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked --quiet
work=$(mktemp -d)
"$target/release/server" >"$work/port" &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
until [ -s "$work/port" ]; do kill -0 "$server"; done
port=$(cat "$work/port")
failures=0

# report NAME FIGURE BUDGET CEILING: the budget is what we aim at; above the ceiling, which is a little
# above the last figure that landed, something has got worse, and the script fails.
report() {
    local verdict=ok
    if awk "BEGIN { exit !($2 > $4) }"; then
        verdict="WORSE THAN BEFORE (ceiling $4)"
        failures=$((failures + 1))
    elif awk "BEGIN { exit !($2 > $3) }"; then
        verdict="above its budget (ceiling $4)"
    fi
    printf '%-42s %9s   budget %6s  %s\n' "$1" "$2" "$3" "$verdict"
}

# instructions COUNT PATH: all user-space instructions of a run
instructions() {
    valgrind --tool=callgrind --callgrind-out-file="$work/out" "$target/release/client" \
        "$port" "$1" "$2" 2>&1 >/dev/null | awk '/Collected/ { print $NF }'
}

# per_request PATH: instructions of one more request
per_request() {
    local few many
    few=$(instructions 200 "$1")
    many=$(instructions 1200 "$1")
    echo $(((many - few) / 1000))
}

# syscalls COUNT: all system calls of a run
syscalls() {
    strace -f -c -o "$work/calls" "$target/release/client" "$port" "$1" /9 2>/dev/null
    awk '$NF == "total" { print $4 }' "$work/calls"
}

report 'instructions, GET, 9 fields, 200 bytes' "$(per_request /9)" 8500 11300
report 'instructions, GET, 30 fields, 200 bytes' "$(per_request /30)" 16000 17950

few=$(per_request /chunks/100)
many=$(per_request /chunks/1100)
report 'instructions, 64-byte chunk' "$(((many - few) / 1000))" 300 250

calls=$(awk "BEGIN { printf \"%.2f\", ($(syscalls 2200) - $(syscalls 200)) / 2000 }")
report 'system calls, GET' "$calls" 4.01 4.01

"$target/release/allocations" "$port" 2000 /9 >"$work/allocations"
report 'allocations, GET' "$(awk '/^allocations/ { print $2 }' "$work/allocations")" 4 4
report 'heap of an idle connection, bytes' "$(awk '/^idle_heap/ { print $2 }' "$work/allocations")" 1024 1024

exit "$failures"
