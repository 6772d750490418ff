#!/usr/bin/env bash
# A real schema registry with the Confluent REST API, kept in Kafka: Apicurio Registry, from Maven
# Central only.
#
#   schema-registry.sh install
#   schema-registry.sh start   [--port N] [--dir DIR] [--kafka HOST:PORT[,...]] [--heap 384m]
#                              [--compatibility LEVEL]
#   schema-registry.sh stop    [--port N | --dir DIR]   SIGTERM, then wait
#   schema-registry.sh kill    [--port N | --dir DIR]   SIGKILL
#   schema-registry.sh status  [--port N | --dir DIR]   exit 0 when it runs, 3 otherwise
#   schema-registry.sh destroy [--port N | --dir DIR]   kill, then delete its directory
#
# Its Confluent API lives under a path, http://127.0.0.1:N/apis/ccompat/v7 (start prints it as
# url=...). Schemas live in topics of the given Kafka (kafkasql-journal, kafkasql-snapshots,
# registry-events) and outlive the registry. Start Kafka first (kafka.sh start).
#
# Home: ${MILLRACE_SERVICES:-$HOME/.cache/millrace/services}. Needs Linux, Java 17 or newer, curl,
# and Maven for `install`, which `start` does by itself where the registry is not installed.
#
# MILLRACE_APICURIO_VERSION   3.0.9, which runs on Java 17; 3.3.3 wants Java 21 and refuses the
#                             Protobuf form that Confluent's clients register
# MILLRACE_REGISTRY_JAVA      java
# MILLRACE_REGISTRY_WAIT      seconds until it must be ready (120)
set -euo pipefail

VERSION="${MILLRACE_APICURIO_VERSION:-3.0.9}"
JAVA_BIN="${MILLRACE_REGISTRY_JAVA:-java}"
HOME_DIR="${MILLRACE_SERVICES:-$HOME/.cache/millrace/services}"
PORT=18081 INST='' KAFKA='127.0.0.1:19092' HEAP=384m COMPAT=BACKWARD
WAIT="${MILLRACE_REGISTRY_WAIT:-120}"

die() { echo "schema-registry.sh: $*" >&2; exit 1; }
now_ms() { local t; t=$(date +%s%N); echo $((t / 1000000)); }

usage() { sed -n '2,24p' "$0"; }

CMD="${1:-}"; [ -n "$CMD" ] || { usage; exit 2; }
shift
while [ $# -gt 0 ]; do
  case "$1" in
    --port) PORT="${2:?}"; shift 2 ;;
    --dir) INST="${2:?}"; shift 2 ;;
    --kafka) KAFKA="${2:?}"; shift 2 ;;
    --heap) HEAP="${2:?}"; shift 2 ;;
    --compatibility) COMPAT="${2:?}"; shift 2 ;;
    -h|--help) usage; exit 0 ;;
    *) die "unknown option $1" ;;
  esac
done
case "$PORT" in *[!0-9]*) die "a port is a number" ;; esac

DIST="$HOME_DIR/apicurio/$VERSION"
INST="${INST:-$HOME_DIR/apicurio/run/$PORT}"
case "$INST" in /*) ;; *) INST="$PWD/$INST" ;; esac
CDS="$DIST/registry.jsa"
URL="http://127.0.0.1:$PORT/apis/ccompat/v7"

install_registry() {
  if [ -f "$DIST/.complete" ]; then echo "apicurio $VERSION already installed"; return 0; fi
  command -v mvn >/dev/null || die "Maven (mvn) is needed to install the registry"
  command -v "$JAVA_BIN" >/dev/null || die "Java 17 or newer is needed"
  mkdir -p "$HOME_DIR/apicurio"
  exec 9>"$HOME_DIR/apicurio/.lock"
  flock -n 9 || { echo "waiting for another installation of the registry"; flock 9; }
  if [ -f "$DIST/.complete" ]; then exec 9>&-; return 0; fi
  echo "installing Apicurio Registry $VERSION with Maven into $HOME_DIR (once)"
  local tmp="$DIST.part" artifact="io.apicurio:apicurio-registry-app:$VERSION:tar.gz:all"
  rm -rf "$tmp" "$DIST"; mkdir -p "$tmp"
  # Version 2.8 of the plugin fetches the file alone; later ones read the parent POM, which is not
  # published for 3.0.9.
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:2.8:get -Dtransitive=false \
    "-Dartifact=$artifact" > "$tmp/mvn.log" 2>&1 \
    || { cat "$tmp/mvn.log" >&2; die "Maven could not resolve Apicurio Registry $VERSION"; }
  local repo="$HOME/.m2/repository" dir="io/apicurio/apicurio-registry-app/$VERSION"
  local rel="$dir/apicurio-registry-app-$VERSION-all.tar.gz"
  if [ ! -f "$repo/$rel" ]; then
    repo=$(mvn -q -B org.apache.maven.plugins:maven-help-plugin:3.4.0:evaluate \
      -Dexpression=settings.localRepository -DforceStdout | tail -n 1)
  fi
  [ -f "$repo/$rel" ] || die "Maven did not leave $rel in its local repository"
  tar xzf "$repo/$rel" -C "$tmp"
  mv "$tmp" "$DIST"; touch "$DIST/.complete"
  exec 9>&-
  echo "apicurio $VERSION installed ($(du -sm "$DIST" | cut -f1) MiB)"
}

main_jar() {
  if [ -f "$DIST/quarkus-run.jar" ]; then echo "$DIST/quarkus-run.jar"; else ls "$DIST"/*-runner.jar; fi
}

reg_pid() {
  [ -f "$INST/pid" ] || return 0
  local pid; pid=$(cat "$INST/pid")
  [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ] || return 0
  if tr '\0' '\n' < "/proc/$pid/cmdline" | grep -qxF -- "-Dmillrace.instance=$INST"; then
    echo "$pid"
  fi
}

rss_mib() { awk '/^VmRSS/{printf "%d", $2/1024}' "/proc/$1/status" 2>/dev/null || echo 0; }

gone() {
  local st; st=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c1) || true
  [ -z "$st" ] || { [ "$st" = Z ] && [ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -le 1 ]; }
}

stop_it() {
  local pid t=0; pid=$(reg_pid)
  if [ -n "$pid" ]; then
    kill "-$1" "$pid" 2>/dev/null || true
    until gone "$pid"; do
      sleep 0.1; t=$((t + 1))
      if [ "$t" -ge 600 ]; then
        kill -KILL "$pid" 2>/dev/null || true
        rm -f "$INST/classes.jsa"
      fi
    done
  fi
  rm -f "$INST/pid"
  # Others may be reading the archive of this name: it appears whole, or not at all.
  if [ -s "$INST/classes.jsa" ]; then mv "$INST/classes.jsa" "$CDS"; fi
}

# An archive of the loaded classes makes starts quicker; the first clean stop leaves it.
class_archive() {
  if [ -s "$CDS" ]; then echo "-XX:SharedArchiveFile=$CDS"
  else echo "-XX:ArchiveClassesAtExit=$INST/classes.jsa"; fi
}

launch() {
  local k="${KAFKA%%,*}"
  if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then
    die "port $PORT is already taken by another process"
  fi
  (exec 3<>"/dev/tcp/${k%:*}/${k##*:}") 2>/dev/null || die "no Kafka answers on $k"
  mkdir -p "$INST"
  local archive jar; archive="$(class_archive)" jar="$(main_jar)"
  APICURIO_STORAGE_KIND=kafkasql APICURIO_KAFKASQL_BOOTSTRAP_SERVERS="$KAFKA" \
  APICURIO_UI_ENABLED=false QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT="$PORT" \
  QUARKUS_HTTP_ACCESS_LOG_ENABLED=false \
    setsid nohup "$JAVA_BIN" "$archive" -Xlog:cds=off -Xlog:cds+dynamic=off \
    -Xms64m "-Xmx$HEAP" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
    "-Dmillrace.instance=$INST" -jar "$jar" \
    > "$INST/registry.log" 2>&1 < /dev/null 9>&- &
  echo $! > "$INST/pid"
}

wait_ready() {
  local deadline; deadline=$(($(date +%s) + WAIT))
  until [ "$(curl -s -m 2 -o /dev/null -w '%{http_code}' "$URL/subjects" || true)" = 200 ]; do
    # Not reg_pid: a process that has just started may not show its arguments yet.
    if gone "$(cat "$INST/pid")"; then
      tail -n 20 "$INST/registry.log" >&2; die "the registry ended while starting"
    fi
    if [ "$(date +%s)" -ge "$deadline" ]; then
      tail -n 20 "$INST/registry.log" >&2; die "not ready in ${WAIT}s"
    fi
    sleep 0.3
  done
}

# It answers before it can write: the first schemas may wait for its journal.
wait_writable() {
  local deadline; deadline=$(($(date +%s) + WAIT))
  until curl -fs -m 10 -o /dev/null -H 'Content-Type: application/vnd.schemaregistry.v1+json' \
    -d '{"schema":"\"string\""}' "$URL/subjects/millrace-ready/versions"; do
    if [ "$(date +%s)" -ge "$deadline" ]; then
      tail -n 20 "$INST/registry.log" >&2; die "takes no schema within ${WAIT}s"
    fi
    sleep 0.3
  done
  curl -fs -m 10 -o /dev/null -X DELETE "$URL/subjects/millrace-ready" ||
    die "could not remove the subject it was tried with"
}

case "$CMD" in
  install) install_registry ;;

  start)
    [ -f "$DIST/.complete" ] || install_registry >&2
    t0=$(now_ms)
    if [ -z "$(reg_pid)" ]; then launch; fi
    wait_ready
    # Out of the box it accepts any change; Confluent's own default is BACKWARD.
    curl -fs -m 10 -o /dev/null -X PUT -H 'Content-Type: application/vnd.schemaregistry.v1+json' \
      -d "{\"compatibility\":\"$COMPAT\"}" "$URL/config" ||
      die "could not set the compatibility level"
    wait_writable
    p=$(reg_pid)
    echo "url=$URL version=$VERSION pid=$p rss_mib=$(rss_mib "$p")" \
      "ready_ms=$(($(now_ms) - t0))"
    ;;

  stop) stop_it TERM; echo "stop done" ;;
  kill) stop_it KILL; echo "kill done" ;;

  destroy)
    # Nothing is lost by SIGKILL but the archive of classes.
    if [ -s "$CDS" ]; then stop_it KILL; else stop_it TERM; fi
    # Only a directory that `start` made is deleted.
    [ ! -f "$INST/registry.log" ] || rm -rf "$INST"
    echo "destroyed"
    ;;

  status)
    p=$(reg_pid)
    if [ -n "$p" ]; then echo "running pid=$p url=$URL rss_mib=$(rss_mib "$p")"
    else echo "stopped"; exit 3; fi
    ;;

  *) die "unknown command $CMD" ;;
esac
