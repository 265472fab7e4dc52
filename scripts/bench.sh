#!/usr/bin/env bash
# Measures ingest and queries over 2M generated events (or EVENTS, or a tenth of 2M with --quick), and prints the table and
# the path of the JSON report; then measures PostgreSQL and DuckDB with the same events and questions, unless PEERS=0. The
# binaries must be built; `make bench` does both. SEED repeats an earlier run's events.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
seed=${SEED:-$(date +%s)}
# Seed and time determine every byte, so that the peers get the same events as auditlog.
newest=$(date -u +%Y-%m-%dT%H:%M:%SZ)
events=${EVENTS:-2000000}
# Beside the build, because /tmp may be in memory, and the measurement needs a disk.
work=$(mktemp -d "$target/bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

arguments=(--server-binary "$target/release/auditlog" --work-dir "$work/run" --seed "$seed" --newest "$newest")
case "${1:-}" in
    '') ;;
    --quick) events=200000 && arguments+=(--singles-s 5 --rest-s 5) ;;
    *) printf 'usage: %s [--quick]\n' "$0" >&2; exit 2 ;;
esac

"$target/release/hammer" bench "${arguments[@]}" --events "$events" > "$target/bench.json"
printf 'the same as JSON: %s\n' "$target/bench.json"

if [ "${PEERS:-1}" != 0 ]; then
    scripts/bench-peers.sh --events "$events" --seed "$seed" --newest "$newest" --bench "$target/bench.json"
fi
