#!/usr/bin/env bash
# Runs one step of a longer job under a name, and says how long it took.
#
#   scripts/step.sh NAME COMMAND...
set -euo pipefail

name=$1
shift
printf '==> %s\n' "$name"
before=$SECONDS
if "$@"; then
    printf '<== %s: %d s\n' "$name" $((SECONDS - before))
else
    status=$?
    printf '<== %s FAILED after %d s (status %d): %s\n' "$name" $((SECONDS - before)) "$status" "$*" >&2
    exit "$status"
fi
