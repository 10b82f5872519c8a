#!/bin/sh
# Has children that stay, has others that come and leave orphans, and forks once more when it is asked to end.
. "${0%/*}/say.sh"
trap 'for _ in 1 2 3; do sleep 1000 & done; exit 0' TERM
sleep 1000 &
(sleep 1000 & exec sleep 1000) &
while :; do
  say
  (sleep 0.4 & exec sleep 0.1) &
  sleep 3
done
