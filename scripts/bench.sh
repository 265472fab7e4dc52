#!/usr/bin/env bash
# Measures ingest and queries over 2M generated events (a tenth with --quick) and prints the table and where the JSON is.
# The binaries must be built; `make bench` does both.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
# Beside the build, because /tmp may be memory and that would measure no disk.
work=$(mktemp -d "$target/bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

arguments=(--server-binary "$target/release/auditlog" --work-dir "$work/run")
case "${1:-}" in
    '') ;;
    --quick) arguments+=(--events 200000 --singles-s 5 --rest-s 5 --needles 200) ;;
    *) printf 'usage: %s [--quick]\n' "$0" >&2; exit 2 ;;
esac

"$target/release/hammer" bench "${arguments[@]}" > "$target/bench.json"
printf 'the same as JSON: %s\n' "$target/bench.json"
