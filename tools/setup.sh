#!/usr/bin/env bash
# Makes .venv from requirements.lock. Installs python3-venv where it is missing and we may, else prints the line.
set -euo pipefail
cd "$(dirname "$0")/.."

python=""
for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.10; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "kitt: no Python 3.10 to 3.13 found. Install one: apt-get install python3 python3-venv, or set PYTHON=/path/to/python" >&2
    exit 2
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    packages="python$version-venv"
    if [ "$(id -u)" = 0 ]; then
        sudo=""
    elif sudo -n true 2>/dev/null; then
        sudo="sudo -n"
    else
        echo "kitt: Python's venv module is missing. Run: sudo apt-get install -y $packages" >&2
        exit 2
    fi
    echo "kitt: installing $packages"
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq "$packages" >/dev/null
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
