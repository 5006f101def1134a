# Shared by the scripts of this folder; sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Of the user, not of the project, so that a second checkout finds the tools built.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/usher/tools"

say() { printf '==> %s\n' "$*"; }
fail() { printf 'usher: %s\n' "$*" >&2; exit 1; }

# The pinned Node. Never in PATH as a whole script's: `npm ci` would delete the Node it runs on.
node() { PATH="$PWD/node_modules/.bin:$PATH" command node "$@"; }

# locked <crate> [lock file]
# The version of a crate in Cargo.lock.
locked() { awk -v name="\"$1\"" '$1 == "name" { found = $3 == name } found && $1 == "version" { gsub(/"/, "", $3); print $3; exit }' "${2:-Cargo.lock}"; }

# Runs a long command in a process group of its own, so that a script that is told to stop ends all that it started:
# bash alone would end and leave cargo and its compilers running.
job=
run() {
  set -m
  "$@" </dev/null &
  job=$!
  set +m
  local status=0
  wait "$job" || status=$?
  job=
  return "$status"
}
stop() {
  trap - TERM INT HUP
  [ -z "$job" ] || kill -TERM -- "-$job" 2>/dev/null || true
  exit "$1"
}
trap 'stop 143' TERM
trap 'stop 130' INT
trap 'stop 129' HUP
