#!/usr/bin/env bash
# Builds the server with every sync removed and shows that the power-cut test catches it: this script succeeds only
# where that test fails.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
cycles=${1:-20}

cargo build --release --locked --bin hammer
cargo build --release --locked --bin auditlog --features auditlog-cli/without-sync
cp "$target/release/auditlog" "$target/auditlog-without-sync"
# The ordinary binary goes back to its place, so that nothing later runs the wrong one.
cargo build --release --locked --bin auditlog

if "$target/release/hammer" power-cut --server-binary "$target/auditlog-without-sync" --cycles "$cycles"; then
    printf 'A server without syncs passed %s power cuts: the test proves nothing.\n' "$cycles" >&2
    exit 1
fi
printf 'As it should be: without syncs acknowledged events are lost, and the power-cut test fails.\n'
