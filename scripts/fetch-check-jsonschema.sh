#!/usr/bin/env bash
# Prints the path of check-jsonschema, which knows the schema of compose files; from PyPI into a virtual
# environment in the cache, versions pinned by check-jsonschema.txt beside this script.
#
# Exit 69: it cannot be had here now.
set -euo pipefail

say() { echo "fetch-check-jsonschema: $*" >&2; }
unavailable() { say "$*"; exit 69; }

pins=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/check-jsonschema.txt
cache=${TIDEGAUGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidegauge}
target=$cache/check-jsonschema-$(sha256sum "$pins" | cut -c1-12)
mkdir -p "$cache"
exec 9>"$cache/.check-jsonschema.lock"
flock 9
# A virtual environment knows its own path, so it is made in place; the mark at the end says it is whole.
if [ ! -e "$target/complete" ]; then
    rm -rf "$target"
    say "installing $(head -n 1 "$pins") from PyPI"
    python3 -m venv "$target" >&2 || unavailable "python3 -m venv does not work; install python3-venv"
    "$target/bin/pip" install --quiet --no-input --disable-pip-version-check -r "$pins" </dev/null >&2 ||
        unavailable "pip could not install check-jsonschema; try again with a way to PyPI"
    touch "$target/complete"
fi
echo "$target/bin/check-jsonschema"
