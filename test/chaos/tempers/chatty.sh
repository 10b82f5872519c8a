#!/bin/sh
# As many lines as CHAOS_LINES every half second.
exec awk -v run="$BROOD_RUN" -v pid=$$ -v lines="$CHAOS_LINES" \
  -v ledger="$CHAOS_LEDGER/${BROOD_WORKER%/*}.${BROOD_WORKER#*/}" -f "${0%/*}/chatty.awk" "$@"
