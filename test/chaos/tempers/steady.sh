#!/bin/sh
# Runs for ever, with a line now and then.
. "${0%/*}/say.sh"
while :; do
  say
  sleep 2
done
