#!/bin/sh
# Ends by SIGKILL alone, and its child as well. Speaks on stderr.
trap '' TERM INT HUP QUIT USR1 USR2 ALRM
. "${0%/*}/say.sh"
sleep 1000 &
while :; do
  say >&2
  sleep 3
done
