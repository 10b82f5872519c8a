/**
 * The anchor: a POSIX sh loop that restarts the keeper unless it ended well. It makes no decisions; it is the fleet's
 * stable pid, and the ancestor that gets all orphans when a keeper dies.
 */

/** Exit statuses of a keeper that end its anchor. On any other status, the anchor starts the next keeper. */
export const KeeperExit = {
  /** Everything has ended and is recorded. */
  done: 0,
  /** The keeper gave up: another supervisor holds this fleet, or a fresh start has failed. */
  refused: 75,
} as const;

/** Returns the pid of the anchor while it lives, or null: a process that adopts an orphaned keeper is no anchor. */
export function parentAnchor(): number | null {
  const {ppid} = process;
  return process.argv.includes(`--anchor=${ppid}`) ? ppid : null;
}

/** Like {@link parentAnchor}, but null for process 1, which also adopts processes from outside this fleet. */
export function livingAnchor(): number | null {
  const anchor = parentAnchor();
  return anchor === 1 ? null : anchor;
}

/**
 * Keepers in a row that may end at once (one a second) after a termination signal, before the loop ends what is left.
 */
const LAST_TRY = 30;

/** The descriptor on which the loop sleeps: a read from it times out after a second. */
export const REST_FD = 4;
export const REST_MS = 1_000;

/** The queue of pipes (pipe-store/store.ts), which the loop holds open and every keeper inherits. */
export const STORE_FDS = {send: 5, receive: 6} as const;

/** Returns the shell's arguments that start the loop. In POSIX, `$0` follows the text of the script. */
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
 * The loop. Its arguments: the shell and this text (for a restart), `--ending` after a termination signal, `--launched`
 * while the launcher waits, the folder of the programs, the fleet's folder, the launch, the folder of the installed
 * programs, and the command for Node. The keeper also gets `--anchor=PID` and `--store`.
 *
 * - `up` chooses the folder of the programs. Once the fleet is up, it is `code/current`, which an upgrade changes.
 * - If the folder of the programs is gone, the installed programs are run; their keeper restores the copy, or ends what
 *   is left if there is no fleet any more. If these are gone as well, the shell itself ends its children: all that is
 *   left of the fleet has become its children by then.
 * - The launcher waits until descriptor 3 is closed. A keeper that is killed before it has come up (Node dies of
 *   signals in its first milliseconds) has a successor that continues the launch. After its report to the launcher, a
 *   keeper sends SIGURG: of two simultaneous signals, bash may lose one that has a trap, and a service manager sends
 *   SIGCONT with SIGTERM.
 * - A trapped signal interrupts `wait` with a status over 128. `kill -0` then checks whether the keeper lives; if not,
 *   a second `wait` fetches its own status. Some shells reap it in their SIGCHLD handler and return the status only
 *   once, so 127 is ignored.
 * - `wait` reaps any child, so orphans that the anchor gets when a keeper dies leave no zombies.
 * - A termination signal between two keepers, before a keeper's pid is known, or in its first milliseconds (Node dies
 *   of it: 130, 131, 143) is remembered and passed on later.
 * - After three keepers that die at once, the loop pauses before the next one, since each costs a second of CPU.
 * - Standard error is a file only if it is the fleet's log (for process 1 it is the container's). The log is reopened
 *   before each keeper that inherits it and before each message, in case it was removed; if the folder is gone,
 *   standard error stays as it is. `true` instead of `:`, since a shell exits when it can't open a file for a special
 *   built-in.
 * - If fork fails (EAGAIN), dash and busybox exit from a script unless the command runs under `command`; bash retries
 *   for 15 s and then exits in any case. The loop then restarts in the same process. To make the keeper the only fork,
 *   time is read from /proc, and the pause is a read (dash has no `-t`, status 2; busybox ignores the timeout of a
 *   socket).
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
    say "the keeper is gone, and its programs are missing in $code and $installed: ending what is left of the fleet"
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
      say 'the keeper no longer starts: ending what is left of the fleet'
      end
      leave 1
    fi
    rest
  fi
done
`;
