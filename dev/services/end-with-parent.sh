#!/usr/bin/env bash
# end-with-parent.sh DIR: waits for the end of its standard input, then ends every server whose
# directory is below DIR, and deletes DIR. Whoever started it may end in any way, SIGKILL included:
# its end of the pipe closes.
set -uo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

sweep() {
  local dir store
  for dir in "$1"/registry*/; do
    [ ! -d "$dir" ] || "$here/schema-registry.sh" destroy --dir "${dir%/}"
  done
  for store in kafka postgres redis mongodb; do
    for dir in "$1/$store"*/; do
      [ ! -d "$dir" ] || "$here/$store.sh" destroy --dir "${dir%/}"
    done
  done
  rm -rf "$1"
}

farewell="$(cat)"
sweep "$1"
# Without a word of farewell a start may have been under way: it fails in a directory that is gone,
# and what it has left is cleared.
if [ -z "$farewell" ]; then
  sleep 5
  sweep "$1"
fi
