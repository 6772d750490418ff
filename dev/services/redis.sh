#!/usr/bin/env bash
# A real Redis on the loopback interface, as Debian packages it (7.0), or whatever redis-server is on
# the PATH: append-only file, every acknowledged write on disk.
#
#   redis.sh install|start|stop|kill|pause|resume|status|destroy
#            [--port N] [--dir DIR] [--set key=value]...
#
# See one-server.sh. Needs Linux; to install the package, root and apt-get. With
# --set cluster-enabled=yes it is a cluster of one node that owns all hash slots.
set -euo pipefail

NAME=redis PORT=16379 WAIT=30
source "$(dirname "${BASH_SOURCE[0]}")/one-server.sh"

installed() { command -v redis-server > /dev/null; }

install_server() {
  [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || die "install the package redis-server"
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y \
    --no-install-recommends redis-server > "$HOME_DIR/install.log" 2>&1 ||
    { tail -n 5 "$HOME_DIR/install.log" >&2; die "apt-get failed"; }
}

launch() {
  exec setsid redis-server --bind 127.0.0.1 --port "$PORT" --dir "$INST/data" --daemonize no \
    --save "" --appendonly yes --appendfsync always --maxmemory-policy noeviction \
    --cluster-port "$((PORT + 1))" --cluster-announce-ip 127.0.0.1 "${SETS[@]}"
}

# Sends one command and gives the first line of its reply.
ask() {
  local reply
  exec 8<> "/dev/tcp/127.0.0.1/$PORT" || return 1
  printf '%s\r\n' "$*" >&8
  IFS= read -r -t 2 reply <&8 || { exec 8>&-; return 1; }
  exec 8>&-
  printf '%s\n' "${reply%$'\r'}"
}

ready() { [ "$(ask PING)" = +PONG ]; }

made_ready() {
  [[ " ${SETS[*]} " == *" --cluster-enabled yes "* ]] || return 0
  ask CLUSTER ADDSLOTSRANGE 0 16383 > /dev/null || true
  until [ "$(ask SET millrace:ready 1 EX 1)" = +OK ]; do sleep 0.05; done
}

server_url() { echo "redis://127.0.0.1:$PORT"; }

run_command "$@"
