#!/usr/bin/env bash
# Prints the path of a tool of Prometheus or Alertmanager: the one on the PATH, else Debian's, unpacked into the
# cache (nothing is installed and no service is started).
#
#   scripts/fetch-prometheus.sh promtool|prometheus|amtool|prometheus-alertmanager
#
# Exit 69: it cannot be had here now.
set -euo pipefail

say() { echo "fetch-prometheus: $*" >&2; }
unavailable() { say "$*"; exit 69; }

tool=${1:?usage: scripts/fetch-prometheus.sh promtool|prometheus|amtool|prometheus-alertmanager}
case $tool in
    promtool | prometheus) package=prometheus ;;
    amtool | prometheus-alertmanager) package=prometheus-alertmanager ;;
    *) say "unknown tool $tool"; exit 2 ;;
esac

if command -v "$tool"; then
    exit 0
fi
cache=${TIDEGAUGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidegauge}
target=$cache/debian-$package
mkdir -p "$cache"
exec 9>"$cache/.$package.lock"
flock 9
if [ ! -x "$target/usr/bin/$tool" ]; then
    command -v apt-get >/dev/null || unavailable "no $tool on the path; install $package"
    fresh=$(mktemp -d "$cache/$package.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    say "fetching Debian's package $package"
    # Only root can refresh the package lists, and they may be fresh enough. Root's downloads run as the user
    # _apt where the folder lets it; a note that it does not is no failure.
    [ "$(id -u)" != 0 ] || apt-get update -qq </dev/null >&2 || true
    (cd "$fresh" && apt-get download -qq "$package" </dev/null >apt.log 2>&1) || {
        cat "$fresh/apt.log" >&2
        unavailable "apt-get could not download $package; as root: apt-get update && apt-get install $package"
    }
    dpkg-deb -x "$fresh/$package"_*.deb "$fresh/root"
    chmod 755 "$fresh/root"
    rm -rf "$target"
    mv -T "$fresh/root" "$target"
fi
echo "$target/usr/bin/$tool"
