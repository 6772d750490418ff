#!/usr/bin/env bash
# A server of MongoDB's wire protocol on the loopback interface: SecantusDB, on the storage engine
# WiredTiger, as a replica set of one node, with transactions. It is not mongod, which no package
# registry has; compose.yaml starts that one.
#
#   mongodb.sh install|start|stop|kill|pause|resume|status|destroy
#              [--port N] [--dir DIR] [--set key=value]...
#
# See one-server.sh. Needs Linux and Python 3 with pip; 89 MB.
#
# MILLRACE_MONGODB_VERSION  the wheel secantusdb (0.7.0b3)
set -euo pipefail

NAME=mongodb PORT=17017 WAIT=60
VERSION="${MILLRACE_MONGODB_VERSION:-0.7.0b3}"
source "$(dirname "${BASH_SOURCE[0]}")/one-server.sh"

software() { echo "$HOME_DIR/$VERSION"; }
installed() { [ -f "$(software)/.complete" ]; }

install_server() {
  local part
  part="$(software).part"
  rm -rf "$part"
  python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore \
    --only-binary :all: --no-compile --target "$part" "secantusdb==$VERSION" \
    > "$HOME_DIR/install.log" 2>&1 || { tail -n 5 "$HOME_DIR/install.log" >&2; die "pip failed"; }
  touch "$part/.complete"
  rm -rf "$(software)"
  mv "$part" "$(software)"
}

launch() {
  cd "$INST"
  : > secantusd.toml # no settings from elsewhere
  PYTHONPATH="$(software)" exec setsid python3 -c \
    'import sys; from secantus.cli import main; sys.exit(main())' \
    --config "$INST/secantusd.toml" --host 127.0.0.1 --port "$PORT" --storage-path "$INST/data" \
    --cache-size 256M --sync-on-commit "${SETS[@]}"
}

# Sends {ping: 1, $db: "admin"}: it is ready when the reply begins.
ready() {
  exec 8<> "/dev/tcp/127.0.0.1/$PORT" || return 1
  printf '%b' '\x33\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00' \
    '\x00\x00\x00\x00\x00\x1e\x00\x00\x00\x10ping\x00\x01\x00\x00\x00' \
    '\x02$db\x00\x06\x00\x00\x00admin\x00\x00' >&8
  [ -n "$(timeout 3 head -c 16 <&8 | od -An -tx1)" ]
}

made_ready() { :; }

server_url() { echo "mongodb://127.0.0.1:$PORT/?directConnection=true"; }

run_command "$@"
