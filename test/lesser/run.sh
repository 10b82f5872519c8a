#!/bin/sh
# Runs end-to-end tests with system calls refused to the whole supervisor. usage: run.sh quick|all
# quick: a few tests, with all refused that an old kernel lacks. all: all of them, under each filter; FILTERS and VITEST narrow.
set -eu

cd "$(dirname "$0")/../.."
launcher=.cache/lesser/refuse

if ! command -v gcc >/dev/null; then
  echo 'lesser kernels: left out, there is no gcc to compile test/lesser/refuse.c' >&2
  exit 0
fi
mkdir -p .cache/lesser
gcc -O1 -Wall -o "$launcher.$$" test/lesser/refuse.c
mv "$launcher.$$" "$launcher"
if ! "$launcher" ENOSYS splice -- true; then
  echo 'lesser kernels: left out, no seccomp filter can be set here' >&2
  exit 0
fi

newer='pidfd_open pidfd_send_signal pidfd_getfd close_range splice'
filter() {
  case $1 in
    old) echo "ENOSYS $newer netlink" ;;
    old-profile) echo "EPERM $newer netlink" ;;
    no-signals) echo 'EPERM pidfd_send_signal pidfd_getfd' ;;
    odd) echo 'EINVAL close_range_cloexec splice' ;;
    *)
      echo "no filter $1; there are: old old-profile no-signals odd" >&2
      exit 2
      ;;
  esac
}

# One that starts, stops, restarts, loses its keeper and its controller, writes, is upgraded, and passes on sockets.
quick='alone: workers live on|during a stop, a restart|at full speed|a new keeper and a new controller|while the only instance|gets SIGTERM: everything|fifty workers'
files='keeper-lost controller-lost output upgrade sockets signals clean-start'

case ${1:-quick} in
  quick)
    paths=''
    for name in $files; do paths="$paths test/end-to-end/$name.test.ts"; done
    echo "with refused: $(filter old)"
    # shellcheck disable=SC2086 # a list of files
    TEST_UNDER="$PWD/$launcher $(filter old) --" node_modules/.bin/vitest run $paths -t "$quick" --reporter=dot
    ;;
  all)
    failed=''
    for name in ${FILTERS:-old old-profile no-signals odd}; do
      echo "with refused: $(filter "$name")"
      # shellcheck disable=SC2086 # a list of files
      TEST_UNDER="$PWD/$launcher $(filter "$name") --" node_modules/.bin/vitest run ${VITEST:-test/end-to-end} --reporter=dot ||
        failed="$failed $name"
    done
    [ -z "$failed" ] || { echo "failed with:$failed" >&2; exit 1; }
    ;;
  *)
    echo 'usage: run.sh quick|all' >&2
    exit 2
    ;;
esac
