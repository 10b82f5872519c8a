#!/bin/sh
# Runs within the virtual machine, as a service of systemd with Delegate=yes: prints TAP.
set -u
cd "$(dirname "$0")/../.."
echo "# $(uname -r), systemd $(systemctl --version | awk 'NR == 1 {print $2}'), Node.js $(node --version)"
status=0
node --test --test-concurrency=1 --test-reporter=tap test/vm/smoke.mjs || status=1
if [ "${TESTS-auto}" = auto ]; then
  TESTS=''
  [ "$(systemd-detect-virt)" != kvm ] ||
    TESTS='test/end-to-end/stop.test.ts test/end-to-end/keeper-lost.test.ts test/end-to-end/clean-start.test.ts'
fi
if [ -n "$TESTS" ]; then
  # shellcheck disable=SC2086 # a list of files
  node node_modules/vitest/vitest.mjs run --reporter=tap-flat $TESTS || status=1
fi
exit "$status"
