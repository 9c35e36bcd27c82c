#!/bin/sh
# Makes or mends .venv and installs what is asked for, from the committed locks: `sh deploy/venv.sh demo|test`.
#
# demo: the engine, the local platform and the warehouse. test: everything in the lock. Every file that is installed
# must have the hash in the lock, the tools that install it and build the package included.
# A stamp remembers for which Python, place and lock the work was done, so that a second run does nothing. A .venv
# of another machine, another place or a Python that is gone is made anew.
set -eu
cd "$(dirname "$0")/.."

wanted=$1
stamp=.venv/tollgate-installed

fits() { # a Python that runs, is one of ours, and can make environments
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.12 python3.13 python3.11; do
        if fits "$candidate"; then echo "$candidate"; return; fi
    done
    echo "Tollgate needs Python 3.11, 3.12 or 3.13 with its venv module (Debian: apt install python3-venv)." >&2
    echo "None was found as ${PYTHON:+$PYTHON, }python3, python3.12, python3.13 or python3.11; set PYTHON=/path." >&2
    return 1
}

state() { # what an installation depends on; empty where the environment does not run
    .venv/bin/python - <<'EOF' 2>/dev/null || true
import hashlib, os, pathlib, sys
LOCKS = ("requirements.lock", "deploy/demo.lock", "deploy/uv.lock", "pyproject.toml")
inputs = b"".join(pathlib.Path(name).read_bytes() for name in LOCKS)
if (3, 11) <= sys.version_info[:2] <= (3, 13):
    print(sys.version.split()[0], hashlib.sha256(inputs).hexdigest()[:16], os.getcwd())
EOF
}

place() { sed -n 's/^made in //p' "$stamp" 2>/dev/null || true; }

now=$(state)
if [ -n "$now" ] && [ -f "$stamp" ] && grep -qxF "test $now" "$stamp"; then exit 0; fi
if [ -n "$now" ] && [ -f "$stamp" ] && grep -qxF "$wanted $now" "$stamp"; then exit 0; fi

if [ -z "$now" ] || [ "$(place)" != "$PWD" ]; then
    python=$(find_python)
    if [ -e .venv ]; then echo "making .venv anew: it is of another place, machine or Python" >&2; fi
    rm -rf .venv
    "$python" -m venv .venv
    echo "made in $PWD" > "$stamp"
fi

export PIP_DISABLE_PIP_VERSION_CHECK=1
python=.venv/bin/python
if $python -m uv --version >/dev/null 2>&1 || $python -m pip install -q --require-hashes -r deploy/uv.lock 2>/dev/null; then
    install="$python -m uv pip install -q --python .venv/bin/python"
else
    install="$python -m pip install -q"
fi

echo "installing what 'make $wanted' needs into .venv (a minute or two the first time)" >&2
case $wanted in
    demo) lock=deploy/demo.lock ;;
    test) lock=requirements.lock ;;
    *) echo "usage: deploy/venv.sh demo|test" >&2; exit 2 ;;
esac
$install --require-hashes -r "$lock"
$install --no-deps --no-build-isolation -e .
{ echo "made in $PWD"; echo "$wanted $(state)"; } > "$stamp"
