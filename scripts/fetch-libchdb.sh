#!/usr/bin/env bash
# Fetches libchdb.so, the ClickHouse engine that the embedded ClickHouse loads at run time, and prints
# its path on standard output (nothing else goes there). Fetches once: the file is kept outside the
# clone, in a folder named by its version and hash, and is never changed.
#
#   TIDEGAUGE_LIBCHDB   a libchdb.so of your own: nothing is fetched, its path is printed
#   TIDEGAUGE_CACHE     where to keep it; default ${XDG_CACHE_HOME:-$HOME/.cache}/tidegauge
#
# Needs npm and 1 GB of disk. The version is pinned by deploy/libchdb/package-lock.json, the file itself
# by deploy/libchdb/libchdb.so.sha256.
set -euo pipefail

say() { printf 'libchdb: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

if [ -n "${TIDEGAUGE_LIBCHDB:-}" ]; then
  [ -f "$TIDEGAUGE_LIBCHDB" ] || die "TIDEGAUGE_LIBCHDB names $TIDEGAUGE_LIBCHDB, which is not a file"
  printf '%s\n' "$TIDEGAUGE_LIBCHDB"
  exit 0
fi

pins=$(cd "$(dirname "${BASH_SOURCE[0]}")/../deploy/libchdb" && pwd)
package=@chdb/lib-linux-x64-gnu
version=$(sed -n "s|.*\"$package\": \"\([^\"]*\)\".*|\1|p" "$pins/package.json")
read -r sha256 _ <"$pins/libchdb.so.sha256"
[ -n "$version" ] && [ "${#sha256}" = 64 ] || die "cannot read the pinned version and hash in $pins"

cache=${TIDEGAUGE_CACHE:-${XDG_CACHE_HOME:-${HOME:?set HOME or TIDEGAUGE_CACHE}/.cache}/tidegauge}
home=$cache/libchdb-$version-${sha256:0:12}
if [ -f "$home/libchdb.so" ]; then
  printf '%s\n' "$home/libchdb.so"
  exit 0
fi

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] ||
  die "only the build for Linux on x86-64 is pinned; elsewhere set TIDEGAUGE_LIBCHDB to a libchdb of version $version"
command -v npm >/dev/null || die "npm is needed to fetch $package; install it (Debian: apt-get install npm)"

mkdir -p "$cache"
work=$(mktemp -d "$cache/.fetch-libchdb-XXXXXX")
npm_pid=
cleanup() {
  [ -z "$npm_pid" ] || kill "$npm_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "fetching $package $version (178 MB, 566 MB unpacked) into $home"
cp "$pins/package.json" "$pins/package-lock.json" "$work/"
(cd "$work" && exec npm ci --ignore-scripts --no-audit --no-fund --no-progress --loglevel=error) \
  </dev/null >"$work/npm.log" 2>&1 &
npm_pid=$!

# A line a second on a terminal, overwritten; one every ten seconds elsewhere.
seconds=0
while kill -0 "$npm_pid" 2>/dev/null; do
  sleep 1
  seconds=$((seconds + 1))
  unpacked=$(du -sm "$work" 2>/dev/null | cut -f1 || true)
  if [ -t 2 ]; then
    printf '\rlibchdb: %s of 566 MB unpacked, %d s ' "${unpacked:-0}" "$seconds" >&2
  elif [ $((seconds % 10)) = 0 ]; then
    say "${unpacked:-0} of 566 MB unpacked, $seconds s"
  fi
done
[ ! -t 2 ] || printf '\n' >&2
if ! wait "$npm_pid"; then
  npm_pid=
  cat "$work/npm.log" >&2
  die "npm could not fetch $package $version (see above); check the network or the npm registry setting"
fi
npm_pid=

mkdir "$work/ready"
mv "$work/node_modules/$package/libchdb.so" "$work/ready/"
say "checking its hash"
(cd "$work/ready" && sha256sum --check --status "$pins/libchdb.so.sha256") ||
  die "libchdb.so of $package $version has not the pinned hash $sha256: it is not used"
chmod 0444 "$work/ready/libchdb.so"

# Renamed as a whole folder: there is never half a file, and of two fetches at once the first stands.
mv -T "$work/ready" "$home" 2>/dev/null || [ -f "$home/libchdb.so" ] || die "cannot move libchdb.so to $home"
say "ready"
printf '%s\n' "$home/libchdb.so"
