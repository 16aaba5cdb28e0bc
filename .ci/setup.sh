#!/bin/sh
# Makes .venv from the hashed lock. uv installs it in seconds; plain pip does the same more slowly.
set -eu

"$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || {
    echo "setup: $("$PYTHON" --version) found; Python 3.11, 3.12 or 3.13 is needed." \
         "Install one and run: make PYTHON=python3.12 report" >&2
    exit 1
}
here=$(pwd -P)
again=
intact() { "$BIN/python" .ci/intact.py 2>/dev/null; }
if [ "$BIN" != .venv/bin ]; then
    intact || again=yes
# The scripts of .venv and the package it runs are those of the folder that it was made in: one that
# was copied or moved with its project is made anew, as a damaged one is.
elif [ "$(cat "${STAMP:-}" 2>/dev/null || echo "$here")" != "$here" ] || ! intact; then
    rm -rf .venv
    "$PYTHON" -m venv .venv || {
        echo "setup: venv is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
fi
echo "setup: installing the locked environment"
python="$BIN/python"
if "$python" -m uv --version >/dev/null 2>&1 || "$python" -m pip install --quiet uv 2>/dev/null; then
    # uv keeps what it fetches below the home folder, and refuses to work where that is read-only.
    cache=$("$python" -m uv cache dir)
    { mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null || export UV_NO_CACHE=1
    "$python" -m uv pip install --quiet --python "$python" --compile-bytecode \
        ${again:+--reinstall} --require-hashes -r requirements.lock
    "$python" -m uv pip install --quiet --python "$python" --no-deps --no-build-isolation -e .
else
    "$python" -m pip install --quiet ${again:+--force-reinstall} --require-hashes \
        -r requirements.lock
    "$python" -m pip install --quiet --no-deps --no-build-isolation -e .
fi
[ -z "${STAMP:-}" ] || echo "$here" > "$STAMP"
