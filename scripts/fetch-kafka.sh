#!/usr/bin/env bash
# Fetches the jars of a whole Apache Kafka broker from Maven Central into the cache and prints their folder.
#
#   scripts/fetch-kafka.sh
#
# Progress goes to standard error, the path alone to standard output. A second run only prints the path.
# Exit 69: Kafka cannot be had here now (no Java, no Maven, no network). Exit 1: what came is not what is pinned.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pom=$root/crates/kafka-harness/pom.xml
sums=$root/crates/kafka-harness/jars.sha256
version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$pom")
cache=${TIDEGAUGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidegauge}
# The list of jars is part of the name: another list is another folder.
target=$cache/kafka-$version-$(sha256sum "$sums" | cut -c1-12)

say() { echo "fetch-kafka: $*" >&2; }
unavailable() { say "$*"; exit 69; }

command -v java >/dev/null || unavailable "no java on the path: apt-get install openjdk-17-jre-headless"

mkdir -p "$cache"
# One fetch at a time: test binaries may ask side by side.
exec 9>"$cache/.kafka.lock"
flock 9

if [ ! -d "$target" ]; then
    command -v mvn >/dev/null || unavailable "no mvn on the path: apt-get install maven"
    say "fetching Apache Kafka $version (45 MB) from Maven Central"
    fresh=$(mktemp -d "$cache/kafka.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    # -U: a download that failed once is tried again.
    if ! mvn -U -B -ntp -q -f "$pom" dependency:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory="$fresh/libs" </dev/null >"$fresh/mvn.log" 2>&1; then
        tail -n 20 "$fresh/mvn.log" >&2
        unavailable "Maven could not fetch Kafka $version; try again with a way to Maven Central"
    fi
    listed=$(awk '{print $2}' "$sums" | sort)
    fetched=$(cd "$fresh/libs" && printf '%s\n' *.jar | sort)
    if [ "$listed" != "$fetched" ]; then
        diff <(echo "$listed") <(echo "$fetched") >&2 || true
        say "the jars differ from $sums (< listed, > fetched)"
        exit 1
    fi
    if ! (cd "$fresh/libs" && sha256sum --quiet --strict -c "$sums") >&2; then
        say "a jar's checksum differs from $sums; remove the folder of that artifact under ~/.m2/repository and try again"
        exit 1
    fi
    rm "$fresh/mvn.log"
    # The folder comes into being whole or not at all.
    chmod 755 "$fresh"
    mv -T "$fresh" "$target"
    trap - EXIT
    say "done: $(du -sh "$target" | cut -f1) in $target"
fi
echo "$target"
