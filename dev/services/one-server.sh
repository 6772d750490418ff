# What the scripts of servers that are one process have in common; they source it. A script sets
# NAME, PORT and WAIT (seconds until it must be ready), and has functions:
#
#   installed         whether the software is there
#   install_server    gets it
#   launch            replaces the shell by the server, whose data goes to $INST/data
#   ready             whether the server on $PORT answers
#   made_ready        what is to be done once when it has started; may be nothing
#   server_url        what clients connect to
#
#   <script> install
#   <script> start   [--port N] [--dir DIR] [--set key=value]...   prints the URL
#   <script> stop    [--port N | --dir DIR]   SIGTERM, then wait; data is kept
#   <script> kill    [--port N | --dir DIR]   SIGKILL (a crash); data is kept
#   <script> pause   [--port N | --dir DIR]   SIGSTOP: alive, but silent
#   <script> resume  [--port N | --dir DIR]   SIGCONT
#   <script> status  [--port N | --dir DIR]   exit 0 when it runs, 3 otherwise
#   <script> destroy [--port N | --dir DIR]   kill, then delete the instance's data
#
# An instance is a directory: DIR, or one of the home that is named by the port. `start` is
# idempotent; what is set goes to the server as `--key value` (the array SETS).
# Home: ${MILLRACE_SERVICES:-$HOME/.cache/millrace/services}.

die() { echo "$NAME.sh: $*" >&2; exit 1; }
usage() { sed -n '/^# /p' "$0" | sed -n '1,40p' >&2; exit 2; }

# A PID file holds "pid starttime", so that a PID that is used again is never taken for ours.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  set -- ${stat##*) }
  echo "${20}"
}

# A zombie counts only while threads of it still run.
alive() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  [ "${stat%% *}" != Z ] || [ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -gt 1 ]
}

server_pid() {
  local pid started
  [ -s "$INST/pid" ] || return 1
  read -r pid started < "$INST/pid" || return 1
  [ "$(start_time "$pid" || true)" = "$started" ] && alive "$pid" || return 1
  echo "$pid"
}

is_paused() { grep -q '^State:[[:space:]]*T' "/proc/$1/status" 2>/dev/null; }

do_install() {
  installed && return 0
  mkdir -p "$HOME_DIR"
  exec 9> "$HOME_DIR/.lock"
  flock 9
  installed || { echo "installing $NAME (once)" >&2; install_server; }
  installed || die "it is not there after its installation"
  exec 9>&-
}

do_start() {
  local pid deadline
  do_install
  if ! server_pid > /dev/null; then
    if (exec 8<> "/dev/tcp/127.0.0.1/$PORT") 2> /dev/null; then
      die "port $PORT is taken by another server"
    fi
    mkdir -p "$INST/data"
    echo "$PORT" > "$INST/port"
    (launch) >> "$INST/server.log" 2>&1 < /dev/null &
    pid=$!
    disown
    echo "$pid $(start_time "$pid")" > "$INST/pid"
  fi
  deadline=$((SECONDS + WAIT))
  until (ready) 2> /dev/null; do
    if ! server_pid > /dev/null || [ "$SECONDS" -ge "$deadline" ]; then
      tail -n 20 "$INST/server.log" >&2
      die "it did not become ready on port $PORT"
    fi
    sleep 0.05
  done
  made_ready
  server_url
}

do_end() {
  local pid i
  if pid=$(server_pid); then
    kill "-$1" "$pid" 2> /dev/null || true
    kill -CONT "$pid" 2> /dev/null || true
    for ((i = 0; i < 600; i++)); do alive "$pid" || break; sleep 0.05; done
    ! alive "$pid" || die "process $pid does not end"
  fi
  rm -f "$INST/pid"
}

do_signal() {
  local pid
  pid=$(server_pid) || die "no server runs on port $PORT"
  kill "-$1" "$pid"
  until [ "$1" = CONT ] || is_paused "$pid"; do sleep 0.02; done
}

run_command() {
  local command="${1:-}" pid
  [ -n "$command" ] || usage
  shift
  HOME_DIR="${MILLRACE_SERVICES:-$HOME/.cache/millrace/services}/$NAME"
  INST= SETS=()
  while [ $# -gt 0 ]; do
    case "$1" in
      --port) PORT="${2:?}"; shift 2 ;;
      --dir) INST="${2:?}"; shift 2 ;;
      --set) SETS+=("--${2%%=*}" "${2#*=}"); shift 2 ;;
      *) die "unknown option $1" ;;
    esac
  done
  case "$PORT" in '' | *[!0-9]*) die "a port is a number" ;; esac
  INST="${INST:-$HOME_DIR/run/$PORT}"
  case "$INST" in /*) ;; *) INST="$PWD/$INST" ;; esac
  [ "$command" = start ] || [ ! -s "$INST/port" ] || PORT=$(cat "$INST/port")
  case "$command" in
    install) do_install ;;
    start) do_start ;;
    stop) do_end TERM ;;
    kill) do_end KILL ;;
    pause) do_signal STOP ;;
    resume) do_signal CONT ;;
    status)
      pid=$(server_pid) && (ready) 2> /dev/null || { echo "stopped"; exit 3; }
      echo "running pid=$pid url=$(server_url)"
      ;;
    destroy)
      do_end KILL
      # Only a directory that `start` made is deleted.
      [ ! -f "$INST/port" ] || rm -rf "$INST"
      ;;
    *) die "unknown command $command" ;;
  esac
}
