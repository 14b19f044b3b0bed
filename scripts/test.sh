#!/bin/sh
# `npm test`. Whatever happens, the last line on stdout is `N passed, N failed`.
cd "${0%/*}/.." || exit 1
sh scripts/setup.sh || {
  echo '0 passed, 1 failed'
  exit 1
}
[ -t 1 ] || export NO_COLOR=1 # vitest colours files and pipes too
exec node_modules/.bin/node scripts/test.ts "$@"
