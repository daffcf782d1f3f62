#!/usr/bin/env bash
# Checks for the tools and Debian packages a purpose needs; as root it installs what is missing, else it
# prints the one command that does.
#
#   scripts/setup.sh build|demo|test
#
# build: Rust, a C and C++ compiler, pkg-config, OpenSSL's and zlib's headers (librdkafka is built with them).
# demo:  and npm, which fetches the embedded ClickHouse.
# test:  and Java and Maven for a real Kafka, Python to check the compose file.
set -euo pipefail

purpose=${1:?usage: scripts/setup.sh build|demo|test}
case $purpose in build | demo | test) ;; *)
    echo "setup: unknown purpose $purpose: build, demo or test" >&2
    exit 2
    ;;
esac
missing=()

# need PACKAGE CHECK...: notes the package as missing if the check fails.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

# -v as an external check: `command -v` in a function is what `need` can run.
has() { command -v "$1"; }

need gcc has cc
need g++ has c++
need make has make
need libc6-dev test -e /usr/include/stdio.h
if has pkg-config >/dev/null; then
    need libssl-dev pkg-config --exists openssl
    need zlib1g-dev pkg-config --exists zlib
else
    missing+=(pkg-config libssl-dev zlib1g-dev)
fi
if [ "$purpose" != build ]; then
    need npm has npm
    need ca-certificates test -d /etc/ssl/certs
fi
if [ "$purpose" = test ]; then
    need openjdk-17-jre-headless has java
    need openjdk-17-jre-headless has keytool
    need maven has mvn
    need python3-venv python3 -c 'import ensurepip, venv'
    need util-linux has flock
fi

if [ ${#missing[@]} -gt 0 ]; then
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
    if ! has apt-get >/dev/null; then
        echo "setup: not a Debian system; please install what these packages bring: ${missing[*]}" >&2
        exit 1
    fi
    install="apt-get install --yes --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        echo "setup: packages are missing; install them and try again:" >&2
        echo "    sudo apt-get update && sudo $install" >&2
        exit 1
    fi
    echo "setup: installing ${missing[*]}" >&2
    apt-get update -qq </dev/null >&2
    DEBIAN_FRONTEND=noninteractive $install -qq </dev/null >&2
fi

if ! has cargo >/dev/null; then
    echo "setup: cargo is not on the path; install Rust (at least $(
        sed -n 's/^rust-version = "\(.*\)"/\1/p' "$(dirname "$0")/../Cargo.toml" | head -n 1
    )) with rustup and try again" >&2
    exit 1
fi
if [ "$purpose" = test ]; then
    for component in fmt clippy; do
        cargo "$component" --version >/dev/null 2>&1 || {
            echo "setup: cargo $component is missing: rustup component add rustfmt clippy" >&2
            exit 1
        }
    done
fi
