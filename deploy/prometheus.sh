#!/bin/sh
# Debian's (or Ubuntu's) own Prometheus with promtool, unpacked into ~/.cache/tollgate/prometheus: nothing is installed,
# and no root is needed. apt checks the package by the distribution's signature. Prints the folder of the programs.
set -eu
folder=${XDG_CACHE_HOME:-$HOME/.cache}/tollgate/prometheus
mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
! command -v flock >/dev/null || flock 9 # who asks meanwhile waits: tests run in several processes
if [ ! -x "$folder/usr/bin/promtool" ]; then
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
        echo "no apt here: install Prometheus 2.42 or later, so that promtool and prometheus are on the PATH" >&2
        exit 1
    }
    rm -rf "$folder.new"
    mkdir -p "$folder.new"
    cd "$folder.new"
    if ! apt-get -qq download prometheus 2>/dev/null; then
        apt-get -qq update >&2
        apt-get -qq download prometheus >&2
    fi
    dpkg-deb -x prometheus_*.deb .
    rm -f prometheus_*.deb
    rm -rf "$folder"
    mv "$folder.new" "$folder"
fi
echo "$folder/usr/bin"
