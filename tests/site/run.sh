#!/bin/sh
# The browser tests: `make test-site` runs this file. It builds the site if it is missing or stale,
# builds a second one from samples, and opens pages of both in headless Chromium.
set -eu
cd "$(dirname "$0")/../.."

stop() {
    echo "test-site: $*" >&2
    exit 1
}

if [ -x .venv/bin/metaworkbook ]; then
    BIN=.venv/bin
elif [ -n "${CONDA_PREFIX:-}" ] && [ -x "$CONDA_PREFIX/bin/metaworkbook" ]; then
    BIN=$CONDA_PREFIX/bin
else
    stop "the workbook is not installed. Run: make setup"
fi

install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        stop "$1 is missing. On Debian, as root: apt-get install $2." \
             "Elsewhere install it, and set CHROMIUM to the browser's path."
    echo "test-site: installing $1"
    { apt-get update && apt-get install --yes --no-install-recommends $2; } >/dev/null ||
        stop "$1 could not be installed. Install it and run again."
}
find_chromium() {
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
        [ -n "$name" ] && command -v "$name" && return
    done
    return 1
}
{ command -v node && command -v npm; } >/dev/null || install "Node.js with npm" "nodejs npm"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
    stop "Node.js $(node --version) found; version 20 or newer is needed."
CHROMIUM=$(find_chromium) || {
    install Chromium chromium
    CHROMIUM=$(find_chromium) || stop "Chromium is still missing after its installation."
}
export CHROMIUM

BUILD=${METAWORKBOOK_BUILD:-build}
MODULES=$BUILD/browser
if ! cmp -s tests/site/package-lock.json "$MODULES/node_modules/.installed-lock"; then
    echo "test-site: installing the driver and axe"
    mkdir -p "$MODULES"
    cp tests/site/package.json tests/site/package-lock.json "$MODULES/"
    (cd "$MODULES" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
        stop "npm could not install tests/site/package.json into $MODULES."
    cp tests/site/package-lock.json "$MODULES/node_modules/.installed-lock"
fi

# Nothing happens here when the site is current.
"$BIN/metaworkbook" report || stop "the site could not be built."
"$BIN/python" tests/site/samples.py "$BUILD/site-samples"
"$BIN/python" tests/site/cases.py "$BUILD/pooling-cases.json"

CASES=$(cd "$BUILD" && pwd)/pooling-cases.json
SITE=$(cd "$BUILD/site" && pwd) SAMPLES=$(cd "$BUILD/site-samples" && pwd)
MODULES=$(cd "$MODULES" && pwd)
export CASES SITE SAMPLES MODULES
exec node --test tests/site/*.test.mjs
