/**
 * The anchor: a POSIX sh loop that starts the keeper again unless it ended well. It decides nothing; it is the fleet's
 * stable pid, and the ancestor to which everything falls when a keeper dies.
 */

/** Exit statuses by which a keeper tells its anchor what to do; any other: start me again. */
export const KeeperExit = {
  /** All is ended and recorded. */
  done: 0,
  /** Another supervisor holds this fleet: there is nothing to do here. */
  refused: 75,
} as const;

/** The anchor, while it lives: whoever takes its place as the parent of an orphaned keeper is none. Null as process 1, too,
 * since not all that such a one gets has come from this fleet. */
export function livingAnchor(): number | null {
  const {ppid} = process;
  return ppid !== 1 && process.argv.includes(`--anchor=${ppid}`) ? ppid : null;
}

/**
 * The loop, for `sh -c LOOP anchor CODE FOLDER LAUNCH NODE FLAG...`; a keeper is started as `NODE FLAG...
 * CODE/keeper.cjs --launch=LAUNCH FOLDER --anchor=PID`, while the launcher waits with `--launched`, and after a signal
 * to end with `--ending`.
 *
 * - CODE is the folder that `up` chose; once the fleet is up it is the one that is current, which an upgrade changes.
 * - The launcher waits until descriptor 3 is closed. A keeper that may be killed before it has come up (Node dies of
 *   signals in its first milliseconds) has a successor that takes up the launch; when one has come up, it says so by
 *   SIGCONT.
 * - `wait` is interrupted by a trapped signal, with a status over 128, while the keeper lives: `kill -0` tells (and is
 *   true for one that has ended and was not waited for yet, so its own status is fetched by the next round).
 * - `wait` reaps any child, so orphans that fall to the anchor when a keeper dies leave no zombies.
 * - A signal to end that comes between two keepers, or in a keeper's first milliseconds (of which Node dies: 130, 131,
 *   143), is remembered and told to the next one.
 * - A keeper that dies at once is started again after a pause, since each costs a second of CPU.
 */
export const ANCHOR_LOOP = `
code=$1 folder=$2 launch=$3 keeper= ending= quick=0 launched=--launched
shift 3
pass() { [ -z "$keeper" ] || kill -"$1" "$keeper" 2>/dev/null; }
for signal in HUP USR1 USR2 ALRM; do trap "pass $signal" "$signal"; done
for signal in INT TERM QUIT; do trap "ending=--ending; pass TERM" "$signal"; done
trap 'launched=; exec 3>&-' CONT
trap '' PIPE TSTP TTIN TTOU
while :; do
  began=$(date +%s)
  [ -n "$launched" ] || [ ! -e "$folder/code/current/keeper.cjs" ] || code=$folder/code/current
  "$@" "$code/keeper.cjs" "--launch=$launch" "$folder" --anchor=$$ $ending $launched &
  keeper=$!
  while :; do
    wait "$keeper"; status=$?
    kill -0 "$keeper" 2>/dev/null || break
  done
  keeper=
  case $status in 130|131|143) ending=--ending ;; esac
  echo "brood anchor: keeper ended with status $status" >&2
  case $status in ${KeeperExit.done}|${KeeperExit.refused}) exit "$status" ;; esac
  if [ $(($(date +%s) - began)) -lt 2 ]; then quick=$((quick + 1)); else quick=0; fi
  if [ "$quick" -gt 2 ]; then
    [ -z "$launched" ] || exit 1
    sleep 1 & wait $!
  fi
done
`;
