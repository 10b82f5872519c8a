#!/bin/sh
# Sends off daemons: one with a session of its own, and one that has also emptied its environment (where CHAOS_SHED is set).
. "${0%/*}/say.sh"
setsid sh -c 'sleep 1000 & sleep 1000 & exit' &
if [ -n "$CHAOS_SHED" ]; then
  env -i PATH="$PATH" setsid sh "${0%/*}/daemon.sh" "$CHAOS_FOLDER" "$BROOD_WORKER" "$BROOD_RUN" &
else
  setsid sh "${0%/*}/daemon.sh" "$CHAOS_FOLDER" "$BROOD_WORKER" "$BROOD_RUN" &
fi
while :; do
  say
  sleep 2
done
