# shellcheck shell=sh
# Lines with the run's own counter. The ledger is told of a line once it has been written, so the log must have it.
number=0
ledger=$CHAOS_LEDGER/${BROOD_WORKER%/*}.${BROOD_WORKER#*/}
say() {
  number=$((number + 1))
  echo "$BROOD_RUN $$ $number${1:+ $1}"
  echo "$BROOD_RUN $number" >>"$ledger"
}
