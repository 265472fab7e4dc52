#!/usr/bin/env bash
# Measures ingest and queries over 2M generated events (EVENTS of them, or a tenth of 2M with --quick) and prints the table
# and where the JSON is; then measures PostgreSQL and DuckDB with the same events and questions, unless PEERS=0. The
# binaries must be built; `make bench` does both. SEED repeats an earlier run's events.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
seed=${SEED:-$(date +%s)}
# With the seed this fixes every byte, so that the peers get what our server got.
newest=$(date -u +%Y-%m-%dT%H:%M:%SZ)
events=${EVENTS:-2000000}
# Beside the build, because /tmp may be memory and that would measure no disk.
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
