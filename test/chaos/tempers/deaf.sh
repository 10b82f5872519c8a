#!/bin/sh
# Ends by SIGKILL alone, and its child as well. Speaks on stderr, where the shell says nothing of its own.
trap '' TERM INT HUP QUIT USR1 USR2 ALRM
. "${0%/*}/say.sh"
exec 3>&2 2>/dev/null
sleep 1000 &
while :; do
  say >&3
  sleep 3
done
