#!/usr/bin/env bash
# Runs the same benchmark over 1M, 10M and 100M events, or over the given sizes, and prints the figures side by side.
# The binaries must be built; `make bench-growth` does both. 100M take about half an hour and 15 GB.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
sizes=("$@")
[ "${#sizes[@]}" -gt 0 ] || sizes=(1000000 10000000 100000000)
seed=${SEED:-$(date +%s)}
newest=$(date -u +%Y-%m-%dT%H:%M:%SZ)
work=$(mktemp -d "$target/bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

reports=()
for events in "${sizes[@]}"; do
    report=$target/bench-$events.json
    "$target/release/hammer" bench --server-binary "$target/release/auditlog" --work-dir "$work/run" \
        --seed "$seed" --newest "$newest" --events "$events" > "$report"
    reports+=("$report")
done

# One row per figure that all reports have; the number of queries is the same or does not matter.
jq --raw-output --slurp '
    def name: .what | sub(" \\([0-9]+ queries\\)$"; "");
    def shown: if . >= 100 then round else (. * 100 | round / 100) end | tostring;
    def figures: [.figures[] | (.[1] | shown) + " " + .[0]] | join(", ");
    (["what"] + map("\(.events) events") | "| " + join(" | ") + " |"),
    (["---"] + map("---") | "| " + join(" | ") + " |"),
    (map([.rows[] | {key: name, value: figures}] | from_entries) as $all
        | .[-1].rows[] | name as $what | [$what] + [$all[] | .[$what] // ""]
        | "| " + join(" | ") + " |")
' "${reports[@]}"
printf '\nthe same as JSON: %s\n' "${reports[*]}"
