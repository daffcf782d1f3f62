#!/usr/bin/env bash
# Runs the workspace's tests and gives one count of those that were skipped.
#
#   scripts/cargo-test.sh [ARGUMENT OF cargo test]...
set -euo pipefail

TIDEGAUGE_SKIPPED=$(mktemp)
export TIDEGAUGE_SKIPPED
trap 'rm -f "$TIDEGAUGE_SKIPPED"' EXIT

status=0
cargo test --workspace --locked --no-fail-fast "$@" || status=$?

if [ -s "$TIDEGAUGE_SKIPPED" ]; then
    echo
    echo "$(wc -l <"$TIDEGAUGE_SKIPPED") tests were SKIPPED:"
    cat "$TIDEGAUGE_SKIPPED"
fi
exit "$status"
