#!/usr/bin/env bash
# Prints the path of promtool: the one on the PATH, else Debian's, unpacked into the cache (nothing is installed
# and no service is started).
#
# Exit 69: it cannot be had here now.
set -euo pipefail

say() { echo "fetch-promtool: $*" >&2; }
unavailable() { say "$*"; exit 69; }

if command -v promtool; then
    exit 0
fi
cache=${TIDEGAUGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidegauge}
target=$cache/prometheus-debian
mkdir -p "$cache"
exec 9>"$cache/.promtool.lock"
flock 9
if [ ! -x "$target/usr/bin/promtool" ]; then
    command -v apt-get >/dev/null || unavailable "no promtool on the path; install Prometheus"
    fresh=$(mktemp -d "$cache/prometheus.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    say "fetching Debian's package prometheus (30 MB)"
    # Only root can refresh the package lists; they may be fresh enough.
    [ "$(id -u)" != 0 ] || apt-get update -qq </dev/null >&2 || true
    (cd "$fresh" && apt-get download -qq prometheus </dev/null >apt.log 2>&1) || {
        cat "$fresh/apt.log" >&2
        unavailable "apt-get could not download prometheus; as root: apt-get update && apt-get install prometheus"
    }
    dpkg-deb -x "$fresh"/prometheus_*.deb "$fresh/root"
    chmod 755 "$fresh/root"
    mv -T "$fresh/root" "$target"
fi
echo "$target/usr/bin/promtool"
