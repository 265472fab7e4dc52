#!/usr/bin/env bash
# Builds the server with every sync removed and shows that the power-cut test catches it: this script succeeds only
# if that test fails.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
cycles=${1:-20}

cargo build --release --locked --bin hammer
cargo build --release --locked --bin auditlog --features auditlog-cli/without-sync
cp "$target/release/auditlog" "$target/auditlog-without-sync"
# Restores the ordinary binary, so that later steps do not run the wrong one.
cargo build --release --locked --bin auditlog

status=0
"$target/release/hammer" power-cut --server-binary "$target/auditlog-without-sync" --cycles "$cycles" \
    --sync-first-start || status=$?

# Only exit code 1 means that a promise was broken; 2 and 3 mean that nothing was tested.
case "$status" in
    1) printf 'As expected: without syncs acknowledged events are lost, and the power-cut test fails.\n' ;;
    0)
        printf 'A server without syncs passed %s power cuts: the test proves nothing.\n' "$cycles" >&2
        exit 1
        ;;
    *)
        printf 'The power-cut test could not run (exit code %s).\n' "$status" >&2
        exit "$status"
        ;;
esac
