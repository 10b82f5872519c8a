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

/** The anchor, while it lives: whoever takes its place as the parent of an orphaned keeper is none. */
export function parentAnchor(): number | null {
  const {ppid} = process;
  return process.argv.includes(`--anchor=${ppid}`) ? ppid : null;
}

/** The same, but null as process 1, too, since not all that such a one gets has come from this fleet. */
export function livingAnchor(): number | null {
  const anchor = parentAnchor();
  return anchor === 1 ? null : anchor;
}

/** So many keepers that end at once after a signal to end, one a second: the loop ends what is left itself. */
const LAST_TRY = 30;

/** The descriptor on which the loop rests: a read from it comes back without anything after a second. */
export const REST_FD = 4;
export const REST_MS = 1_000;

/** The queue of pipes (pipe-store/store.ts), which the loop holds open and every keeper inherits. */
export const STORE_FDS = {send: 5, receive: 6} as const;

/** The words after the shell with which the loop is begun: as POSIX has it, `$0` follows the text. */
export const anchorArguments = (shell: string, rest: readonly string[]): string[] => [
  '-c',
  ANCHOR_LOOP,
  'brood-anchor',
  shell,
  ANCHOR_LOOP,
  '',
  '--launched',
  ...rest,
];

/**
 * The loop. Its arguments: the shell and this text (to begin again), `--ending` after a signal to end, `--launched` while
 * the launcher waits, the folder of the programs, the fleet's folder, the launch, where the programs are installed, and how
 * Node is called. To the keeper it adds `--anchor=PID` and `--store`.
 *
 * - The folder of the programs is the one that `up` chose; once the fleet is up it is the one that is current, which an
 *   upgrade changes.
 * - Where the folder of the programs is gone, the installed ones are run: such a keeper finds no fleet, and ends what is
 *   left. Where these are gone as well, the shell itself ends its children, which all that the fleet has left have become.
 * - The launcher waits until descriptor 3 is closed. A keeper that may be killed before it has come up (Node dies of
 *   signals in its first milliseconds) has a successor that takes up the launch; when one has come up, it says so by
 *   SIGURG: of two signals that come at the same time, bash may lose one that it has a trap for, and a service manager
 *   sends SIGCONT with SIGTERM.
 * - `wait` is interrupted by a trapped signal, with a status over 128. Then `kill -0` tells whether the keeper lives, and
 *   if not, its own status is asked for once more: some shells have it from their SIGCHLD handler, and give it away
 *   once, so 127 adds nothing.
 * - `wait` reaps any child, so orphans that fall to the anchor when a keeper dies leave no zombies.
 * - A signal to end that comes between two keepers, before a keeper's pid is known, or in its first milliseconds (of
 *   which Node dies: 130, 131, 143), is remembered and told to the next one.
 * - A keeper that dies at once is started again after a rest, since each costs a second of CPU.
 * - Standard error is a file only where it is the fleet's log (as process 1 it is the container's). That is opened anew before
 *   each keeper that inherits it and each word, should it have been removed; where the folder is gone, it stays what it was.
 *   `true` and no `:`, since a shell leaves when it can't open a file for a special built-in.
 * - Where no process can be made (EAGAIN), dash and busybox leave a script, unless the command is one of `command`;
 *   bash tries for 15 s and then leaves it in any case. Then the loop begins again in the same process. So that this is
 *   all that forks, time is read from /proc, and the rest is a read (dash knows no `-t`, status 2; busybox no timeout
 *   that a socket has).
 */
export const ANCHOR_LOOP = `
shell=$1 loop=$2 ending=$3 launched=$4 code=$5 folder=$6 launch=$7 installed=$8 keeper= quick=0
shift 8
pass() { [ -z "$keeper" ] || kill -"$1" "$keeper" 2>/dev/null; }
for signal in HUP USR1 USR2 ALRM; do trap "pass $signal" "$signal"; done
for signal in INT TERM QUIT; do trap "ending=--ending; pass TERM" "$signal"; done
trap 'launched=; exec 3>&-' URG
trap '' PIPE TSTP TTIN TTOU
trap '[ -n "$keeper" ] || exec "$shell" -c "$loop" brood-anchor "$shell" "$loop" "$ending" "$launched" "$code" "$folder" "$launch" "$installed" "$@"' EXIT
leave() { trap - EXIT; exit "$1"; }
rest() { read -r -t 1 nothing <&${REST_FD}; [ "$?" -ne 2 ] || read -r nothing <&${REST_FD}; } 2>/dev/null
log() {
  [ "$$" -ne 1 ] && [ -f "/proc/$$/fd/2" ] || return 0
  [ ! -e "$folder/supervisor.log" ] || [ -f "$folder/supervisor.log" ] || return 0
  { true >>"$folder/supervisor.log"; } 2>/dev/null && exec >>"$folder/supervisor.log" 2>&1
}
say() { log; echo "brood anchor: $1" >&2; }
now() { read -r up nothing </proc/uptime; up=\${up%.*}; }
end() {
  for signal in TERM CONT KILL KILL; do
    children=
    read -r children </proc/$$/task/$$/children
    [ -n "$children" ] || break
    kill -s "$signal" $children 2>/dev/null
    [ "$signal" = TERM ] || rest
  done
} 2>/dev/null
while :; do
  log
  now; began=$up
  [ -n "$launched" ] || [ ! -e "$folder/code/current/keeper.cjs" ] || code=$folder/code/current
  if [ ! -e "$code/keeper.cjs" ] && [ -z "$launched" ]; then
    [ ! -e "$installed/keeper.cjs" ] || code=$installed
  fi
  if [ ! -e "$code/keeper.cjs" ]; then
    say "the keeper is gone, and so are its programs in $code and $installed: what is left of the fleet is ended"
    end
    leave 1
  fi
  keeper= asked=$ending
  command eval '"$@" "$code/keeper.cjs" "--launch=$launch" "$folder" --anchor=$$ --store $asked $launched ${REST_FD}<&- & keeper=$!'
  if [ -n "$keeper" ]; then
    [ "$asked" = "$ending" ] || pass TERM
    status=1
    while :; do
      wait "$keeper" 2>/dev/null; told=$?
      [ "$told" -ne 127 ] || break
      status=$told
      [ "$told" -gt 128 ] || break
      kill -0 "$keeper" 2>/dev/null && continue
      wait "$keeper" 2>/dev/null; told=$?
      [ "$told" -eq 127 ] || status=$told
      break
    done
    keeper=
    case $status in 130|131|143) ending=--ending ;; esac
    say "keeper ended with status $status"
    case $status in ${KeeperExit.done}|${KeeperExit.refused}) leave "$status" ;; esac
  fi
  now
  if [ $((up - began)) -lt 2 ]; then quick=$((quick + 1)); else quick=0; fi
  if [ "$quick" -gt 2 ]; then
    [ -z "$launched" ] || leave 1
    if [ -n "$ending" ] && [ "$quick" -gt ${LAST_TRY} ]; then
      say 'no keeper starts any more: what is left of the fleet is ended'
      end
      leave 1
    fi
    rest
  fi
done
`;
