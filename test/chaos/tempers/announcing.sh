#!/bin/sh
# Is ready when it says so.
. "${0%/*}/say.sh"
sleep 0.2
say begins
while :; do
  sleep 2
  say
done
