#!/bin/sh
# Makes a clone runnable: installs what the lock file names and builds dist/, each only when its inputs changed. All of
# `npm start`, `npm test` and the other scripts come through here, with any Node that can run npm.
# Prints nothing on stdout; on stderr one line while it works, and the whole log when it fails.
set -u
cd "${0%/*}/.." || exit 1

log=build/setup.log
lock=build/setup.lock
installed=node_modules/.installed # in the folder that it vouches for, so that it goes when that goes
built=dist/.built
longest_wait_s=900

# Contents, not times: a checkout or a copy changes times only. The platform, since packages hold native programs.
install_inputs() {
  { cat package-lock.json .npmrc; uname -sm; } | cksum
}

# The commit too: the build carries it.
build_inputs() {
  {
    find src bin scripts/build scripts/build.ts package.json package-lock.json tsconfig.json \
      -type f ! -name '*.test.ts' -exec cksum {} + | LC_ALL=C sort
    [ ! -e .git ] || git rev-parse HEAD 2>/dev/null
  } | cksum
}

# Is what the stamp vouches for made from these inputs?
current() {
  [ -f "$1" ] && read -r stamp <"$1" && [ "$stamp" = "$2" ]
}

fail() {
  echo "runtime: $1 failed:" >&2
  cat "$log" >&2
  exit 1
}

[ "${1-}" != --rebuild ] || rm -f "$built"
current "$installed" "$(install_inputs)" && current "$built" "$(build_inputs)" && exit 0

# One set-up at a time in a folder. The link names its owner, so that a killed one is seen.
mkdir -p build
waited_s=0
until ln -s $$ "$lock" 2>/dev/null; do
  owner=$(readlink "$lock") || continue
  if ! kill -0 "$owner" 2>/dev/null; then
    rm -f "$lock"
  elif [ "$waited_s" -ge "$longest_wait_s" ]; then
    echo "runtime: set-up of process $owner has held $lock for too long; end it and try again" >&2
    exit 1
  else
    [ "$waited_s" -gt 0 ] || echo 'waiting for another set-up …' >&2
    sleep 1
    waited_s=$((waited_s + 1))
  fi
done
trap 'rm -f "$lock"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

inputs=$(install_inputs)
if ! current "$installed" "$inputs"; then
  if [ -d node_modules ]; then echo 'setting up (dependencies changed) …' >&2; else echo 'setting up (first run) …' >&2; fi
  # What we need is among the development and platform packages, whatever the user's npm leaves out by default.
  npm ci --include=dev --include=optional --loglevel=warn </dev/null >"$log" 2>&1 || fail 'npm ci'
  [ -x node_modules/.bin/node ] || { echo 'no pinned Node for this platform among the packages' >>"$log"; fail 'npm ci'; }
  echo "$inputs" >"$installed"
elif ! current "$built" "$(build_inputs)"; then
  echo 'building …' >&2
fi

# Taken before the build: what changes meanwhile is built next time.
inputs=$(build_inputs)
if ! current "$built" "$inputs"; then
  node_modules/.bin/node scripts/build.ts </dev/null >"$log" 2>&1 || fail 'the build'
  echo "$inputs" >"$built"
fi
