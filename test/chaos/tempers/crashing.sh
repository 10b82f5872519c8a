#!/bin/sh
# Ends in one way or another, soon.
. "${0%/*}/say.sh"
# shellcheck disable=SC3045 # dash, bash and busybox have it
ulimit -c 0
say
case $(($$ % 7)) in
  0) exit 0 ;;
  1) sleep 0.3 && exit 3 ;;
  2) kill -KILL $$ ;;
  3) sleep 1 && kill -SEGV $$ ;;
  4) sleep 1000 & say && exit 1 ;;
  5) sleep 4 && say && exit 1 ;;
  6) (sleep 0.2 && sleep 1000) & sleep 2 && kill -TERM $$ ;;
esac
sleep 1000
