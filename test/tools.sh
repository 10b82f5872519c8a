#!/bin/sh
# Installs what is missing of the programs that tests or benchmarks run beside brood, where that disturbs nobody: as root,
# on Debian and its like, in a container. Elsewhere it says what is missing, and what needs it is left out.
# usage: tools.sh WHAT COMMAND:PACKAGE...
set -eu

what=$1
shift
packages=''
for need in "$@"; do
  command=${need%%:*}
  command -v "$command" >/dev/null || [ -x "/usr/sbin/$command" ] || packages="$packages ${need#*:}"
done
[ -n "$packages" ] || exit 0

say() { echo "$what: missing:$packages; $1" >&2; }
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  say 'what needs them is left out'
  exit 0
fi
# There, a package that is a service would be started at every boot from now on.
if [ -d /run/systemd/system ]; then
  say "what needs them is left out (apt-get install$packages)"
  exit 0
fi

# invoke-rc.d(8) asks this program whether a service may be started; 101: no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
say 'installing them'
install() {
  # shellcheck disable=SC2086 # a list of names
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages >/dev/null 2>&1
}
if ! install; then
  apt-get update -qq >/dev/null 2>&1 || :
  install || say 'they could not be installed: what needs them is left out'
fi
